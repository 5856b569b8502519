/** @file Parameters to the last bit: as they are unconstrained, which is how a store keeps them. */
import * as tf from '@tensorflow/tfjs-core';
import type { Constraint } from '../constraints/constraint.ts';
import { canReadSynchronously } from '../distributions/parameter.ts';
import { biject } from '../transforms/biject.ts';
import type { ParamStore } from './store.ts';

/** An array of numbers. */
export interface Numbers {
  readonly shape: readonly number[];
  /** In row-major order. */
  readonly values: Float32Array;
}

/** One parameter, its numbers copied. Constrained values alone would not do: through the bijection and back, they are rounded. */
export interface ExactParam {
  readonly constraint: Constraint;
  /** What optimisers move. */
  readonly unconstrained: Numbers;
}

/** Parameters by their names. */
export type ExactParams = ReadonlyMap<string, ExactParam>;

/** The parameters of `store` called `names`, all of them by default, as they are now. */
export async function exactParams(store: ParamStore, names: Iterable<string> = store.names()): Promise<ExactParams> {
  const params = new Map<string, Promise<ExactParam>>();
  for (const name of names) params.set(name, exactParam(store, name));
  return new Map(await Promise.all([...params].map(async ([name, param]) => [name, await param] as const)));
}

async function exactParam(store: ParamStore, name: string): Promise<ExactParam> {
  const variable = store.variable(name);
  const constraint = store.constraint(name);
  const values = (canReadSynchronously() ? variable.dataSync() : await variable.data()) as Float32Array;
  return { constraint, unconstrained: { shape: [...variable.shape], values: values.slice() } };
}

/** The value as models see it. */
export async function constrainedValue({ constraint, unconstrained: { shape, values } }: ExactParam): Promise<Numbers> {
  const tensor = tf.tidy(() => tf.clone(biject(constraint).forward(tf.tensor(values.slice(), [...shape]))));
  try {
    const value = (canReadSynchronously() ? tensor.dataSync() : await tensor.data()) as Float32Array;
    return { shape: [...tensor.shape], values: value.slice() };
  } finally {
    tensor.dispose();
  }
}
