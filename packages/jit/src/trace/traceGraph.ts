/** @file From a tfjs function to a graph. */
import { exact } from '../graph/evaluate/rounding.ts';
import type { Graph } from '../graph/graph.ts';
import { checkOptions } from '../util/options.ts';
import type { ConstantReading } from './constant.ts';
import { compareWithEager } from './check.ts';
import type { RecordedInput, TraceableFunction } from './record.ts';
import { recordGraph } from './record.ts';

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
  if (typeof fn !== 'function') throw new TypeError(`traceGraph: takes a function of tensors first, got ${typeof fn}`);
  checkOptions('traceGraph', options, OPTIONS);
  const { valueAndGrad = false, point, constants = 'intended' } = options;
  if (!Array.isArray(options.inputs)) throw new TypeError('traceGraph: inputs must be an array, one entry an argument');
  if (!['intended', 'float32'].includes(constants)) {
    throw new TypeError(`traceGraph: constants must be "intended" or "float32", got ${JSON.stringify(constants)}`);
  }
  const inputs = options.inputs.map(checkInput);
  const graph = recordGraph(fn, inputs, valueAndGrad, { reading: constants, round: exact });
  if (point !== undefined) compareWithEager(fn, graph, point);
  return graph;
}

function checkInput(input: TraceInput, i: number): RecordedInput {
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
