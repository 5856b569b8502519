/** @file One run of a function on the recording backend. */
import * as tf from '@tensorflow/tfjs-core';
import type { Rounding } from '../graph/evaluate/rounding.ts';
import type { Graph } from '../graph/graph.ts';
import type { NodeId } from '../graph/node.ts';
import { pruneLoops } from '../graph/pruneLoops.ts';
import { at, formatShape, sizeOf } from '../graph/shape.ts';
import type { TraceBackend } from './backend.ts';
import { TraceError } from './error.ts';
import { dtypeOf } from './lower/lowering.ts';
import type { Recording } from './recording.ts';
import { withTraceBackend } from './scope.ts';
import type { Tape } from './tape.ts';
import { backpropagate, recordTape } from './tape.ts';

/**
 * Traces a function.
 *
 * @param round - what becomes of each constant, and of what is worked out from them.
 * @throws TraceError when the function cannot be traced.
 */
export function recordGraph(recording: Recording, round: Rounding): Graph {
  return withTraceBackend({ reading: recording.constants, round }, (backend) => record(recording, backend));
}

function record(recording: Recording, backend: TraceBackend): Graph {
  const { fn, inputs, withGradients, update, state: variables } = recording;
  const placeholders = inputs.map((input) => backend.placeholder({ ...input, shape: [...input.shape] }));
  const held = backend.state.begin(variables);
  const run = (): tf.Tensor[] => checkResults('the traced function', fn(...placeholders));
  const wanted = placeholders.filter((_, i) => withGradients && inputs[i]?.grad === true);
  const nodesOf = (tensors: readonly tf.Tensor[]): NodeId[] => tensors.map((tensor) => backend.nodeOf(tensor));
  const { value: results, tape } = wanted.length === 0 ? { value: run(), tape: [] } : recordTape(run);
  backend.own(tape);
  const outputs = nodesOf(results);
  const ofWanted = wanted.length === 0 ? [] : gradientsOf(results, wanted, tape);
  const gradients = placeholders.map((placeholder) => ofWanted[wanted.indexOf(placeholder)] ?? null);
  if (update !== null) outputs.push(...nodesOf(checkResults('update', update(results, gradients, [...placeholders, ...held]))));
  outputs.push(...backend.state.results);
  return pruneLoops({
    inputs: [...[...inputs, ...variables].map(({ shape, dtype }) => ({ shape, dtype: dtypeOf(dtype) })), ...backend.captured],
    nodes: backend.graph.nodes,
    outputs,
    gradients: [
      ...gradients.map((gradient) => (gradient === null || update !== null ? null : backend.nodeOf(gradient))),
      ...[...variables, ...backend.captured].map(() => null),
    ],
    kernels: backend.kernels,
  });
}

function checkResults(who: string, results: unknown): tf.Tensor[] {
  if (results instanceof Promise) throw new TraceError(`${who} gave a promise: it must not be async`);
  const list = Array.isArray(results) ? (results as unknown[]) : [results];
  for (const result of list) {
    if (!(result instanceof tf.Tensor)) {
      throw new TraceError(`${who} must give a tensor or an array of tensors, got ${String(result)}`);
    }
  }
  if (list.length === 0) throw new TraceError(`${who} gave an empty array: it must give a tensor`);
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
