/** @file The updates that an optimisation algorithm makes, as part of a program. */
import * as tf from '@tensorflow/tfjs-core';
import type { Tensor } from '@tensorflow/tfjs-core';
import type { RandomStream } from '../random/stream.ts';
import { normalTensor } from '../random/tensors.ts';
import type { FusedGradient, FusedNext, FusedUpdate } from './optimizer.ts';
import type { Rule } from './rule.ts';
import { atRate } from './rule.ts';
import type { Remembered } from './state.ts';

/** A fused update, and how it is ended when the optimiser has its moments back. */
export interface Fusion {
  readonly update: FusedUpdate;
  end(): void;
}

/**
 * @param owns - what is remembered of each parameter; its `updates` are counted on.
 * @param onStep - called for each step that the program has done.
 */
export function fuseRule<S extends { readonly lr: number }>(rule: Rule<S>, owns: readonly Remembered<S>[], onStep: () => void): Fusion {
  const scalarsOf = (own: Remembered<S>, rate: number): readonly number[] => rule.scalars(atRate(own.settings, rate), own.updates + 1);
  const counts = owns.map((own) => scalarsOf(own, 1).length);
  let over = false;
  function checkOngoing(): void {
    if (!over) return;
    throw new Error(`${rule.name}: this fused update is over, for the optimiser was asked for its state, a step or another update; fuse again`);
  }
  const update: FusedUpdate = {
    moments: owns.map(({ moments }) => moments),
    numScalars: counts.reduce((sum, each) => sum + each, 0),
    scalars: (out, rate = 1) => {
      checkOngoing();
      let at = 0;
      for (const own of owns) for (const scalar of scalarsOf(own, rate)) out[at++] = scalar;
    },
    next: (parameters, scalars, stream) => {
      checkOngoing();
      let at = 0;
      return owns.map(({ name, settings }, i): FusedNext => {
        const parameter = parameters[i] as FusedGradient;
        const own = Array.from({ length: counts[i] ?? 0 }, () => scalarAt(scalars, at++));
        const noise = rule.isRandom === true ? { noise: normalTensor(streamFor(rule, name, stream), parameter.value.shape) } : {};
        return rule.next({ ...parameter, ...noise }, own, settings);
      });
    },
    advance: () => {
      checkOngoing();
      for (const own of owns) own.updates++;
      onStep();
    },
  };
  return {
    update,
    end: () => {
      over = true;
    },
  };
}

/** What the noise of one parameter is drawn from. @throws TypeError when a random step was given nothing to draw from. */
export function streamFor({ name }: { readonly name: string }, parameter: string, stream: RandomStream | undefined): RandomStream {
  if (stream === undefined) throw new TypeError(`${name}: its updates are random, and need a stream to draw from`);
  return stream.fold(parameter);
}

function scalarAt(scalars: Tensor, index: number): Tensor {
  return tf.reshape(tf.slice(scalars, [index], [1]), []);
}
