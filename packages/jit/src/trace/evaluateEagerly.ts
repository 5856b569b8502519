/** @file What is traced, evaluated on the active backend instead. */
import * as tf from '@tensorflow/tfjs-core';
import { at } from '../graph/shape.ts';
import type { Recording } from './recording.ts';

/** What a function gives on the active backend. */
export interface EagerResults {
  /** Those of the function, of its update, and what the variables of its state hold in the end. */
  readonly outputs: readonly ArrayLike<number>[];
  /** How many of them are the function's own. */
  readonly numResults: number;
  readonly gradients: readonly (ArrayLike<number> | undefined)[];
}

/**
 * Runs the function, its gradients and its update on the active backend. Variables of its state have their own data back
 * afterwards, even if it throws.
 *
 * @param values - one array an argument; what comes after them is left unread.
 */
export function evaluateEagerly(recording: Recording, values: readonly tf.TypedArray[]): EagerResults {
  let evaluated: EagerResults = { outputs: [], numResults: 0, gradients: [] };
  tf.tidy(() => {
    // They share the variables' own data, which go back to them.
    const before = recording.state.map((variable) => tf.clone<tf.Tensor>(variable));
    try {
      evaluated = evaluate(recording, values, before);
    } finally {
      recording.state.forEach((variable, i) => variable.assign(at(before, i)));
    }
  });
  return evaluated;
}

function evaluate(
  { fn, inputs: specs, withGradients, update, state }: Recording,
  values: readonly tf.TypedArray[],
  before: readonly tf.Tensor[],
): EagerResults {
  const inputs = specs.map(({ shape, dtype }, i) => tf.tensor(at(values, i), [...shape], dtype));
  // What a gradient is taken of is disposed of afterwards.
  const results: { readonly values: tf.TypedArray; readonly shape: number[]; readonly dtype: tf.DataType }[] = [];
  const run = (): tf.Tensor => {
    const tensors = [fn(...inputs)].flat();
    for (const tensor of tensors) results.push({ values: tensor.dataSync(), shape: tensor.shape, dtype: tensor.dtype });
    return at(tensors, 0);
  };
  const wanted = inputs.filter((_, i) => withGradients && at(specs, i).grad);
  // Typed otherwise, but undefined where the value does not depend on the input.
  const grads: readonly (tf.Tensor | undefined)[] =
    wanted.length === 0 ? [] : tf.engine().gradients(run, wanted, undefined, true).grads;
  if (wanted.length === 0) run();
  const outputs = results.map((result) => result.values);
  const numResults = outputs.length;
  if (update !== null) {
    const tensors = results.map((result) => tf.tensor(result.values, result.shape, result.dtype));
    const ofInputs = inputs.map((input) => {
      const place = wanted.indexOf(input);
      return place < 0 ? null : (grads[place] ?? tf.zerosLike(input));
    });
    for (const tensor of update(tensors, ofInputs, [...inputs, ...before])) outputs.push(tensor.dataSync());
  }
  for (const variable of state) outputs.push(variable.dataSync().slice());
  return { outputs, numResults, gradients: inputs.map((input) => grads[wanted.indexOf(input)]?.dataSync()) };
}
