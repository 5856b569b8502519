/** @file Stochastic variational inference: fitting a guide to a model by gradient descent. */
import { randomStream } from '../../primitives.ts';
import type { Optimizer } from '../../optim/optimizer.ts';
import { currentStack } from '../../runtime/stack.ts';
import { breathe } from '../../util/breathe.ts';
import { checkOptions } from '../../util/options.ts';
import { progressSink } from '../../util/progress.ts';
import { isValidationOn } from '../../util/validation.ts';
import { checkInteger } from '../mcmc/checks.ts';
import type { Batches } from './batches.ts';
import { cycle } from './batches.ts';
import type { Loss, Program } from './loss.ts';
import type { Objective } from './sviStep.ts';
import { evaluate, takeStep } from './sviStep.ts';

export interface SviOptions<A extends unknown[]> {
  readonly model: Program<A>;
  /** Samples every latent site of the model, from distributions whose parameters are `param`s. */
  readonly guide: Program<A>;
  /** Such as `optim.adam({ lr: 0.01 })`. It keeps its state, so that training can go on with another SVI. */
  readonly optim: Optimizer;
  /** Such as `new infer.TraceELBO()`. */
  readonly loss: Loss;
}

/** How far a run has come. */
export interface SviProgress {
  /** Number of steps done. */
  readonly step: number;
  readonly steps: number;
  /** The loss that the last step began with. */
  readonly loss: number;
}

export interface SviRunOptions<A extends unknown[]> {
  readonly steps: number;
  /** The arguments of model and guide, the same at every step; none by default. */
  readonly args?: A;
  /** Or else the arguments of each step: argument tuples, gone through again from the start whenever they end. */
  readonly batches?: Batches<A>;
  readonly onProgress?: (progress: SviProgress) => void;
  /** Ends the run with the signal's reason, an `AbortError` by default. What has been learnt stays. */
  readonly signal?: AbortSignal;
  /** Shows a line of progress on standard error; by default if that is a terminal. */
  readonly progressBar?: boolean;
}

const RUN_OPTIONS: readonly string[] = ['steps', 'args', 'batches', 'onProgress', 'signal', 'progressBar'];

/** The event loop gets its turn after this many milliseconds. */
const BREATHE_MS = 30;

/**
 * Fits the parameters of a guide, and of a model, by stochastic gradient descent on a loss such as -ELBO.
 *
 * A step trains the parameters that are read in it, also those that come into being in it. It runs under the handlers in
 * force when `step` or `run` was called. A step that fails leaves parameters and tensors as they were.
 *
 * Source: Hoffman, Blei, Wang and Paisley, "Stochastic variational inference" (JMLR 2013); Wingate and Weber, "Automated
 * variational inference in probabilistic programming" (2013).
 */
export class SVI<A extends unknown[] = unknown[]> {
  private readonly objective: Objective<A>;
  private readonly optim: Optimizer;
  private hasStepped = false;

  /** @throws TypeError when an option is missing, unknown or of the wrong kind. */
  constructor(options: SviOptions<A>) {
    checkOptions('infer.SVI', options, ['model', 'guide', 'optim', 'loss']);
    checkKinds(options);
    this.objective = options;
    this.optim = options.optim;
  }

  /**
   * Takes one step. Distribution parameters and values are checked in the first one only, and when a loss is not finite.
   *
   * @returns the loss, as it was before the parameters moved.
   * @throws Error when the loss or a gradient is not finite, naming the site or parameter; whatever model, guide and loss
   * throw, such as SiteError.
   */
  async step(...args: A): Promise<number> {
    const validate = !this.hasStepped && isValidationOn();
    const loss = await takeStep(this.objective, this.optim, { stack: currentStack(), stream: randomStream('svi.step'), validate }, args);
    this.hasStepped = true;
    return loss;
  }

  /** An estimate of the loss; nothing is learnt. @throws Error when it is NaN, naming the site or parameter. */
  async evaluateLoss(...args: A): Promise<number> {
    const stream = randomStream('svi.evaluateLoss');
    return evaluate(this.objective, { stack: currentStack(), stream, validate: isValidationOn() }, args);
  }

  /**
   * Takes many steps, letting the event loop turn every 30 ms.
   *
   * @returns the loss of each step.
   * @throws the signal's reason when it is aborted; RangeError for a number of steps that is none; else what {@link step}
   * throws.
   */
  async run(options: SviRunOptions<A>): Promise<{ losses: number[] }> {
    checkOptions('svi.run', options, RUN_OPTIONS);
    const { steps, args, batches, onProgress, signal } = options;
    checkInteger('svi.run', 'steps', steps, 0);
    if (args !== undefined && batches !== undefined) throw new TypeError('svi.run: give args or batches, not both');
    const stack = currentStack();
    const stream = randomStream('svi.run');
    const supply = batches === undefined ? null : cycle(batches);
    const sink = progressSink(options);
    const losses: number[] = [];
    let lastBreath = performance.now();
    try {
      for (let i = 0; i < steps; i++) {
        signal?.throwIfAborted();
        const batch = supply === null ? (args ?? ([] as unknown[] as A)) : (await supply.next()).value;
        const context = { stack, stream: stream.fold(i), validate: i === 0 && isValidationOn() };
        const loss = await takeStep(this.objective, this.optim, context, batch);
        losses.push(loss);
        onProgress?.({ step: i + 1, steps, loss });
        sink.update({ label: 'svi', current: i + 1, total: steps, metrics: { loss } });
        if (performance.now() - lastBreath > BREATHE_MS) {
          await breathe();
          lastBreath = performance.now();
        }
      }
    } finally {
      sink.finish();
      await supply?.return(undefined as never);
    }
    return { losses };
  }
}

function checkKinds<A extends unknown[]>({ model, guide, optim, loss }: SviOptions<A>): void {
  if (typeof model !== 'function') throw new TypeError(`infer.SVI: model must be a function, got ${typeof model}`);
  if (typeof guide !== 'function') {
    throw new TypeError(`infer.SVI: guide must be a function, or one of \`guides\` such as new guides.AutoNormal(model), got ${typeof guide}`);
  }
  if (typeof optim?.step !== 'function') {
    throw new TypeError('infer.SVI: optim must be made by one of `optim`, such as optim.adam({ lr: 0.01 }); optimisers of tf.train do not fit');
  }
  if (typeof loss?.lossAndGradients !== 'function') {
    throw new TypeError('infer.SVI: loss must be an object such as new infer.TraceELBO()');
  }
}
