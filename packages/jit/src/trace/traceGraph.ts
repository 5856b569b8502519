/** @file From a tfjs function to a graph. */
import * as tf from '@tensorflow/tfjs-core';
import type { Graph } from '../graph/graph.ts';
import type { NodeId } from '../graph/node.ts';
import { pruneLoops } from '../graph/pruneLoops.ts';
import { at, formatShape, sizeOf } from '../graph/shape.ts';
import { checkOptions } from '../util/options.ts';
import type { ConstantReading, TraceBackend } from './backend.ts';
import { compareWithEager } from './check.ts';
import { TraceError } from './error.ts';
import { dtypeOf } from './lower/lowering.ts';
import { withTraceBackend } from './scope.ts';
import type { Tape } from './tape.ts';
import { backpropagate, recordTape } from './tape.ts';

/** What can be traced: a function of tensors that uses tfjs ops only, and gives a tensor or several. */
export type TraceableFunction = (...inputs: tf.Tensor[]) => tf.Tensor | tf.Tensor[];

/** An argument of the traced function. */
export interface TraceInput {
  readonly shape: readonly number[];
  /** Default `'float64'`. The function sees float32 tensors for both kinds of floats. */
  readonly dtype?: 'float64' | 'float32' | 'int32' | 'bool';
  /** Whether the gradient in this input is wanted; by default it is in floats. */
  readonly grad?: boolean;
}

/** Options of {@link traceGraph}. */
export interface TraceOptions {
  /** The function's arguments. */
  readonly inputs: readonly TraceInput[];
  /** Record the gradients of the first result, which must be a float scalar, too. Default false. */
  readonly valueAndGrad?: boolean;
  /**
   * One flat array an input: where the graph is then compared with an eager evaluation on the active backend. By default
   * nothing is compared.
   */
  readonly point?: readonly ArrayLike<number>[];
  /**
   * How float32 constants are read as float64: `'intended'`, the default, takes the shortest decimal number that rounds to
   * them (0.1 for tfjs's 0.10000000149; π for 3.1415927), `'float32'` takes them as they are. What `data` made is exact
   * anyway.
   */
  readonly constants?: ConstantReading;
}

const OPTIONS: readonly (keyof TraceOptions)[] = ['inputs', 'valueAndGrad', 'point', 'constants'];

/**
 * Runs a tfjs function once, with tensors that stand for its arguments, and gives the graph of the kernels that it runs,
 * with its gradients if asked. Nothing is computed that depends on the arguments; what does not is computed at once, in
 * float64, and becomes a constant.
 *
 * The function must not read the values of its tensors, draw random numbers, or change variables.
 *
 * @throws TypeError for unknown or malformed options.
 * @throws TraceError when the function cannot be traced, naming the line and the cure; when its gradient cannot be taken;
 * and when, at `point`, the graph and an eager evaluation differ.
 */
export function traceGraph(fn: TraceableFunction, options: TraceOptions): Graph {
  checkOptions('traceGraph', options, OPTIONS);
  const { valueAndGrad = false, point, constants = 'intended' } = options;
  if (!Array.isArray(options.inputs)) throw new TypeError('traceGraph: inputs must be an array, one entry an argument');
  if (!['intended', 'float32'].includes(constants)) {
    throw new TypeError(`traceGraph: constants must be "intended" or "float32", got ${JSON.stringify(constants)}`);
  }
  const inputs = options.inputs.map(checkInput);
  const graph = withTraceBackend(constants, (backend) => record(fn, inputs, valueAndGrad, backend));
  if (point !== undefined) compareWithEager(fn, graph, point);
  return graph;
}

/** An input with its defaults filled in. */
interface CheckedInput {
  readonly shape: readonly number[];
  readonly dtype: 'float32' | 'int32' | 'bool';
  readonly grad: boolean;
}

function checkInput(input: TraceInput, i: number): CheckedInput {
  const where = `traceGraph: inputs[${i}]`;
  checkOptions(where, input, ['shape', 'dtype', 'grad']);
  const { shape, dtype = 'float64', grad } = input;
  if (!Array.isArray(shape) || !shape.every((n) => Number.isInteger(n) && n >= 0)) {
    throw new TypeError(`${where}: shape must be an array of whole numbers, got ${JSON.stringify(shape)}`);
  }
  const tfjs = dtype === 'float64' ? 'float32' : dtype;
  if (!['float32', 'int32', 'bool'].includes(tfjs)) {
    throw new TypeError(`${where}: dtype must be float64, float32, int32 or bool, got ${String(dtype)}`);
  }
  if (grad === true && tfjs !== 'float32') throw new TypeError(`${where}: there is no gradient in ${dtype} numbers`);
  return { shape, dtype: tfjs, grad: grad ?? tfjs === 'float32' };
}

function record(fn: TraceableFunction, inputs: readonly CheckedInput[], withGradients: boolean, backend: TraceBackend): Graph {
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
