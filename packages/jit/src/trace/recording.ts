/** @file What is to be traced: a function, its arguments, and whether gradients and an update come with it. */
import * as tf from '@tensorflow/tfjs-core';
import { checkOptions } from '../util/options.ts';
import type { ConstantReading } from './constant.ts';

/** What can be traced: a function of tensors that uses tfjs ops only, and gives a tensor or several. */
export type TraceableFunction = (...inputs: tf.Tensor[]) => tf.Tensor | tf.Tensor[];

/**
 * What is done with a function's results and gradients: a function of tensors, too, that gives further results.
 *
 * @param results - those of the function.
 * @param gradients - one an input; null where none was asked for.
 * @param inputs - the arguments of the function, and then what each variable of its state held before.
 */
export type UpdateFunction = (results: tf.Tensor[], gradients: (tf.Tensor | null)[], inputs: tf.Tensor[]) => tf.Tensor[];

/** An argument of the traced function. */
export interface TraceInput {
  readonly shape: readonly number[];
  /**
   * Default `'float64'`. The function sees float32 tensors for both kinds of floats. Programs keep whole numbers as floats
   * of their precision: in float64 every int32 is exact, in float32 those up to 2²⁴.
   */
  readonly dtype?: 'float64' | 'float32' | 'int32' | 'bool';
  /** Whether the gradient in this input is wanted; by default it is in floats. */
  readonly grad?: boolean;
}

/** Options of `traceGraph`. */
export interface TraceOptions {
  /** The function's arguments. */
  readonly inputs: readonly TraceInput[];
  /** Record the gradients of the first result, which must be a float scalar, too. Default false. */
  readonly valueAndGrad?: boolean;
  /**
   * Traced after the gradients, which it is given: its results become results of the graph, after the function's own. With
   * it, the gradients are no results by themselves; it may give them as its own. Needs `valueAndGrad`.
   */
  readonly update?: UpdateFunction;
  /**
   * Variables that the function reads and may assign, such as moving averages. What they hold before is an input of the graph,
   * one each after the function's arguments; what they hold in the end are its last results. The variables themselves stay
   * as they are. A variable that is none of these is a constant.
   */
  readonly state?: readonly tf.Variable[];
  /**
   * One flat array an argument: where the graph is then compared with an eager evaluation on the active backend. By default
   * nothing is compared. Variables of the state are at what they hold.
   */
  readonly point?: readonly ArrayLike<number>[];
  /**
   * How float32 constants are read as float64: `'intended'`, the default, takes the shortest decimal number that rounds to
   * them (0.1 for tfjs's 0.10000000149; π for 3.1415927), `'float32'` takes them as they are. What `data` made is exact
   * anyway.
   */
  readonly constants?: ConstantReading;
}

/** An argument of the function: a tensor of this shape and type, and whether the gradient in it is wanted. */
export interface RecordedInput {
  readonly shape: readonly number[];
  readonly dtype: 'float32' | 'int32' | 'bool';
  readonly grad: boolean;
}

/** Everything that decides what is traced. */
export interface Recording {
  readonly fn: TraceableFunction;
  readonly inputs: readonly RecordedInput[];
  /** Whether the gradients of the first result in the inputs that ask for them are wanted. */
  readonly withGradients: boolean;
  readonly update: UpdateFunction | null;
  readonly state: readonly tf.Variable[];
  readonly constants: ConstantReading;
}

const OPTIONS: readonly (keyof TraceOptions)[] = ['inputs', 'valueAndGrad', 'update', 'state', 'point', 'constants'];

/** Checks what a user asks to be traced. @param where - the function that was called. @throws TypeError naming what is wrong. */
export function checkRecording(where: string, fn: TraceableFunction, options: TraceOptions): Recording {
  if (typeof fn !== 'function') throw new TypeError(`${where}: takes a function of tensors first, got ${typeof fn}`);
  checkOptions(where, options, OPTIONS);
  const { valueAndGrad = false, update = null, state = [], constants = 'intended' } = options;
  if (!Array.isArray(options.inputs)) throw new TypeError(`${where}: inputs must be an array, one entry an argument`);
  if (!['intended', 'float32'].includes(constants)) {
    throw new TypeError(`${where}: constants must be "intended" or "float32", got ${JSON.stringify(constants)}`);
  }
  if (update !== null && typeof update !== 'function') {
    throw new TypeError(`${where}: update must be a function of results, gradients and inputs, got ${typeof update}`);
  }
  if (update !== null && !valueAndGrad) throw new TypeError(`${where}: update is given gradients, so it needs valueAndGrad: true`);
  checkState(where, state);
  const inputs = options.inputs.map((input, i) => checkInput(`${where}: inputs[${i}]`, input));
  return { fn, inputs, withGradients: valueAndGrad, update, state, constants };
}

function checkInput(where: string, input: TraceInput): RecordedInput {
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

function checkState(where: string, state: readonly tf.Variable[]): void {
  if (!Array.isArray(state)) throw new TypeError(`${where}: state must be an array of variables`);
  state.forEach((variable: unknown, i) => {
    if (!(variable instanceof tf.Variable)) throw new TypeError(`${where}: state[${i}] must be a tf.Variable, got ${describe(variable)}`);
    if (variable.isDisposed) throw new TypeError(`${where}: state[${i}], the variable "${variable.name}", has been disposed of`);
    if (!['float32', 'int32', 'bool'].includes(variable.dtype)) {
      throw new TypeError(`${where}: state[${i}], the variable "${variable.name}", is of type ${variable.dtype}`);
    }
    if (state.indexOf(variable) < i) throw new TypeError(`${where}: state[${i}], the variable "${variable.name}", is there twice`);
  });
}

function describe(value: unknown): string {
  return value instanceof tf.Tensor ? 'a tensor that is none' : typeof value;
}
