/** @file One run of a function on the recording backend. */
import * as tf from '@tensorflow/tfjs-core';
import type { Graph } from '../graph/graph.ts';
import type { NodeId } from '../graph/node.ts';
import { pruneLoops } from '../graph/pruneLoops.ts';
import { at, formatShape, sizeOf } from '../graph/shape.ts';
import type { TraceBackend } from './backend.ts';
import type { TracedConstants } from './constant.ts';
import { TraceError } from './error.ts';
import { dtypeOf } from './lower/lowering.ts';
import { withTraceBackend } from './scope.ts';
import type { Tape } from './tape.ts';
import { backpropagate, recordTape } from './tape.ts';

/** What can be traced: a function of tensors that uses tfjs ops only, and gives a tensor or several. */
export type TraceableFunction = (...inputs: tf.Tensor[]) => tf.Tensor | tf.Tensor[];

/** An argument of the function: a tensor of this shape and type, and whether the gradient in it is wanted. */
export interface RecordedInput {
  readonly shape: readonly number[];
  readonly dtype: 'float32' | 'int32' | 'bool';
  readonly grad: boolean;
}

/**
 * Traces a function.
 *
 * @param withGradients - record the gradients of the first result in the inputs that ask for them, too.
 * @throws TraceError when the function cannot be traced.
 */
export function recordGraph(
  fn: TraceableFunction,
  inputs: readonly RecordedInput[],
  withGradients: boolean,
  constants: TracedConstants,
): Graph {
  return withTraceBackend(constants, (backend) => record(fn, inputs, withGradients, backend));
}

function record(fn: TraceableFunction, inputs: readonly RecordedInput[], withGradients: boolean, backend: TraceBackend): Graph {
  const placeholders = inputs.map((input) => backend.placeholder({ ...input, shape: [...input.shape] }));
  const run = (): tf.Tensor[] => checkResults(fn(...placeholders));
  const wanted = placeholders.filter((_, i) => withGradients && inputs[i]?.grad === true);
  const nodesOf = (tensors: readonly tf.Tensor[]): NodeId[] => tensors.map((tensor) => backend.nodeOf(tensor));
  const { value: results, tape } = wanted.length === 0 ? { value: run(), tape: [] } : recordTape(run);
  backend.own(tape);
  const outputs = nodesOf(results);
  const gradients = wanted.length === 0 ? [] : nodesOf(gradientsOf(results, wanted, tape));
  return pruneLoops({
    inputs: [...inputs.map(({ shape, dtype }) => ({ shape, dtype: dtypeOf(dtype) })), ...backend.captured],
    nodes: backend.graph.nodes,
    outputs,
    gradients: [
      ...placeholders.map((placeholder) => gradients[wanted.indexOf(placeholder)] ?? null),
      ...backend.captured.map(() => null),
    ],
    kernels: backend.kernels,
  });
}

function checkResults(results: unknown): tf.Tensor[] {
  if (results instanceof Promise) throw new TraceError('the traced function gave a promise: it must not be async');
  const list = Array.isArray(results) ? (results as unknown[]) : [results];
  for (const result of list) {
    if (!(result instanceof tf.Tensor)) {
      throw new TraceError(`the traced function must give a tensor or an array of tensors, got ${String(result)}`);
    }
  }
  if (list.length === 0) throw new TraceError('the traced function gave an empty array: it must give a tensor');
  return list as tf.Tensor[];
}

/** The gradients of the first result, a scalar, in `wanted`: zero where it does not depend on them. */
function gradientsOf(results: readonly tf.Tensor[], wanted: readonly tf.Tensor[], tape: Tape): tf.Tensor[] {
  const value = at(results, 0);
  if (sizeOf(value.shape) !== 1 || value.dtype !== 'float32') {
    const got = `shape ${formatShape(value.shape)}, type ${value.dtype}`;
    throw new TraceError(`valueAndGrad needs a function whose first result is one float, got ${got}: sum it, say`);
  }
  const gradients = backpropagate(tape, new Map([[value.id, tf.onesLike(value)]]), wanted);
  return gradients.map((gradient, i) => gradient ?? tf.zerosLike(at(wanted, i)));
}
