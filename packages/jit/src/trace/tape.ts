/** @file Gradients from tfjs's tape, walked by ourselves: from several results at once, and in time linear in its length. */
import * as tf from '@tensorflow/tfjs-core';
import { formatShape, sameShape } from '../graph/shape.ts';
import { TraceError } from './error.ts';

/** What tfjs notes of one operation. */
export type TapeNode = ReturnType<typeof tf.engine>['state']['activeTape'][number];

/** Operations in the order of their running. */
export type Tape = readonly TapeNode[];

/** Runs `body` as if no gradient were being taken around it. */
export function withoutTape<T>(body: () => T): T {
  return withTape(null, body);
}

/** Runs `body` and gives, with what it gives, the tape of what it did; {@link disposeTape} it in the end. */
export function recordTape<T>(body: () => T): { readonly value: T; readonly tape: Tape } {
  const tape: TapeNode[] = [];
  try {
    return { value: withTape(tape, body), tape };
  } catch (error) {
    disposeTape(tape);
    throw error;
  }
}

/** Disposes of the tensors that the tape keeps. */
export function disposeTape(tape: Tape): void {
  for (const { saved } of tape) for (const tensor of saved ?? []) tensor.dispose();
}

function withTape<T>(tape: TapeNode[] | null, body: () => T): T {
  const { state } = tf.engine();
  const { activeTape, gradientDepth } = state;
  // Typed otherwise, but null when no gradient is being taken.
  state.activeTape = tape as TapeNode[];
  state.gradientDepth = tape === null ? 0 : 1;
  try {
    return body();
  } finally {
    state.activeTape = activeTape;
    state.gradientDepth = gradientDepth;
  }
}

/**
 * Reverse-mode differentiation of what the tape holds.
 *
 * @param seeds - by tensor id, the gradients in the results.
 * @param wanted - the tensors whose gradients are asked for.
 * @returns one an entry of `wanted`; undefined where no result depends on it.
 * @throws TraceError when tfjs has no gradient for a kernel on the way, or one of the wrong shape or type.
 */
export function backpropagate(
  tape: Tape,
  seeds: ReadonlyMap<number, tf.Tensor>,
  wanted: readonly tf.Tensor[],
): (tf.Tensor | undefined)[] {
  const dependent = new Set(wanted.map(({ id }) => id));
  for (const { inputs, outputs } of tape) {
    for (const name in inputs) {
      if (!dependent.has(inputs[name]?.id ?? -1)) continue;
      for (const { id } of outputs) dependent.add(id);
      break;
    }
  }
  const gradients = new Map(seeds);
  for (let i = tape.length - 1; i >= 0; i--) {
    const node = tape[i];
    if (node !== undefined) backpropagateNode(node, gradients, dependent);
  }
  return wanted.map(({ id }) => gradients.get(id));
}

function backpropagateNode(node: TapeNode, gradients: Map<number, tf.Tensor>, dependent: ReadonlySet<number>): void {
  if (!node.outputs.some(({ id }) => gradients.has(id))) return;
  const inputs = Object.entries(node.inputs).filter(([, { id }]) => dependent.has(id));
  if (inputs.length === 0) return;
  if (node.gradient === undefined) throw new TraceError(missingGradient(node.kernelName));
  // Typed otherwise, but tfjs puts zeros for undefined.
  const ofInputs = node.gradient(node.outputs.map(({ id }) => gradients.get(id) as tf.Tensor));
  for (const [name, x] of inputs) {
    const gradient = ofInputs[name]?.();
    if (gradient === undefined) throw new TraceError(`tfjs has no gradient for the kernel ${node.kernelName} in its input "${name}"`);
    if (gradient.dtype !== 'float32' || !sameShape(gradient.shape, x.shape)) {
      throw new TraceError(
        `the gradient that tfjs gives for the kernel ${node.kernelName} in its input "${name}" of shape ${formatShape(x.shape)} ` +
          `has shape ${formatShape(gradient.shape)} and type ${gradient.dtype}`,
      );
    }
    const known = gradients.get(x.id);
    gradients.set(x.id, known === undefined ? gradient : tf.add(known, gradient));
  }
}

/** What is to be done about a kernel without a gradient. */
function missingGradient(kernelName: string): string {
  return (
    `tfjs has no gradient for the kernel ${kernelName}. tfjs-core alone has none at all in Node: import ` +
    `@tensorflow/tfjs-layers (or @tychejs/ppl), or register one with tf.registerGradient.`
  );
}
