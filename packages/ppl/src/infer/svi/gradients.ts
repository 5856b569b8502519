/** @file Gradients by whatever parameters turn out to be read. */
import * as tf from '@tensorflow/tfjs-core';
import type { Scalar, Tensor, Variable } from '@tensorflow/tfjs-core';
import type { LossAndGradients } from './loss.ts';
import { ParamRecorder } from './paramRecorder.ts';

/**
 * Runs `loss` and differentiates what it returns by the parameters that were read meanwhile.
 *
 * @throws what `loss` throws; no tensors are left then.
 */
export function lossAndGradients(loss: () => Scalar): LossAndGradients {
  const params: { readonly name: string; readonly variable: Variable }[] = [];
  // The engine looks at this list only when `loss` has run and the recorder has filled it, so that parameters may come
  // into being on the way. It must not be empty to begin with.
  const placeholder = tf.scalar(0);
  const inputs: Tensor[] = [placeholder];
  const recorder = new ParamRecorder((name, variable) => {
    params.push({ name, variable });
    inputs.push(variable);
  });
  let result: Scalar | null = null;
  const forward = (): Scalar => (result = recorder.run(loss));
  try {
    const { value, grads } = tf.engine().gradients(forward, inputs, undefined, true);
    const slopes: (Tensor | undefined)[] = grads.slice(1);
    return {
      loss: value,
      gradients: params.flatMap((param, i) => {
        const gradient = slopes[i];
        return gradient === undefined ? [] : [{ ...param, gradient }];
      }),
    };
  } catch (error) {
    tf.dispose(result ?? []);
    freeTape();
    throw error;
  } finally {
    placeholder.dispose();
  }
}

/** Disposes what the engine has put aside for a backward pass that, after an error, will not come. */
function freeTape(): void {
  const { state } = tf.engine();
  if (state.gradientDepth > 0) return;
  const tape: typeof state.activeTape | null = state.activeTape;
  for (const node of tape ?? []) tf.dispose(node.saved ?? []);
  Object.assign(state, { activeTape: null });
}

/** `x` as a constant: gradients do not look behind it. */
export function detach<T extends Tensor>(x: T): T {
  // To the tape it is a function of nothing, so that what leads to `x` is not differentiated in vain.
  const constant = tf.customGrad(() => ({ value: tf.clone(x), gradFunc: () => [] }));
  return constant() as T;
}

/** The number `value`, with the gradient of `surrogate`. */
export function withGradientOf(value: Scalar, surrogate: Scalar): Scalar {
  if (value === surrogate) return value;
  const swap = tf.customGrad(() => ({ value: tf.clone(value), gradFunc: (dy: Tensor) => tf.clone(dy) }));
  return swap(surrogate) as Scalar;
}
