/** @file What takes the steps of training. */
import type { Tensor } from '@tensorflow/tfjs-core';
import { Handler, infer, withStack } from '@tychejs/ppl';
import type { Engine, Message, RandomStream, Stack, SviResult, optim } from '@tychejs/ppl';
import type { NetInput } from './lift/net.ts';

/** How steps are taken. */
export interface StepOptions {
  /** Such as `optim.adam({ lr: 1e-3 })`; it keeps its state from one call of `fit` to the next. */
  readonly optim: optim.Optimizer;
  /** Draws of the weights that each step averages over; 1 by default. */
  readonly numParticles?: number;
  /** Whether divergences from the prior are computed in closed form where there is one; true by default. */
  readonly closedFormKl?: boolean;
  /** Whether steps are compiled, once for each shape of a batch; `'auto'`, the default, where that can be done. */
  readonly engine?: Engine;
}

type Svi = InstanceType<typeof infer.SVI<[NetInput, Tensor, number]>>;

/** Takes the steps of training. They stay compiled from one call of `fit` to the next, if that has the same settings. */
export class Trainer {
  private readonly model: (x: NetInput, y: Tensor, datasetSize: number) => unknown;
  private readonly guide: () => unknown;
  private readonly streams = new StepStreams();
  private last: { readonly settings: readonly unknown[]; readonly svi: Svi } | null = null;

  constructor(model: Trainer['model'], guide: Trainer['guide']) {
    this.model = model;
    this.guide = guide;
  }

  /** Steps with these settings, under the handlers of `stack`. */
  steps({ optim, numParticles = 1, closedFormKl = true, engine = 'auto' }: StepOptions, stack: Stack): Steps {
    const settings = [optim, numParticles, closedFormKl, engine];
    if (this.last?.settings.every((setting, i) => setting === settings[i]) !== true) {
      const Objective = closedFormKl ? infer.TraceMeanFieldELBO : infer.TraceELBO;
      const { model, guide } = this;
      const svi: Svi = new infer.SVI<[NetInput, Tensor, number]>({ model, guide, optim, loss: new Objective({ numParticles }), engine });
      this.last = { settings, svi };
    }
    const { svi } = this.last;
    svi.review();
    return new Steps(svi, this.streams, stack);
  }
}

/** Steps under the same handlers. */
export class Steps {
  private readonly svi: Svi;
  private readonly streams: StepStreams;
  private readonly stack: Stack;

  constructor(svi: Svi, streams: StepStreams, stack: Stack) {
    this.svi = svi;
    this.streams = streams;
    this.stack = { handler: streams, outer: stack };
  }

  get stats(): SviResult['stats'] {
    return this.svi.stats;
  }

  /** Takes one with the draws of `stream`. @returns the loss. */
  take(stream: RandomStream, x: NetInput, y: Tensor, datasetSize: number): Promise<number> {
    // The step asks for its stream before it waits for anything.
    this.streams.next = stream;
    return withStack(this.stack, () => this.svi.step(x, y, datasetSize));
  }
}

/** Law: the step draws from the stream that is next, and nothing else changes. One for all steps, which programs are made for. */
class StepStreams extends Handler {
  next: RandomStream | null = null;

  override process(message: Message): void {
    if (message.type === 'stream' && message.name === 'svi.step') message.stream ??= this.next;
  }
}
