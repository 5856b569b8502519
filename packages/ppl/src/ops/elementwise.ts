/** @file Float64 functions of numbers made into differentiable tfjs kernels. */
import type { GradConfig, KernelBackend, Tensor, TensorInfo, TensorLike, TypedArray } from '@tensorflow/tfjs-core';
import * as tf from '@tensorflow/tfjs-core';
import { broadcastShapes, format, sizeOf } from '../util/shape.ts';
import { ensureKernel } from './kernel.ts';
import { toFloat } from './toFloat.ts';

/** What an op takes: a tensor (cast to float32), or numbers to make one of. */
export type Operand = Tensor | TensorLike;

/** An elementwise op of one argument: the result has its shape. */
export type UnaryOp = (x: Operand) => Tensor;

/** An elementwise op of two arguments: the result has their broadcast shape. */
export type BinaryOp = (a: Operand, b: Operand) => Tensor;

/** An elementwise op of three arguments: the result has their broadcast shape. */
export type TernaryOp = (a: Operand, b: Operand, c: Operand) => Tensor;

/** A function of one to four numbers. */
export type ScalarFunction = (a: number, b: number, c: number, d: number) => number;

/** The derivatives of an elementwise op, one an input: that input's derivative times `dy`, at the full broadcast shape. */
export type Derivatives = (dy: Tensor, a: Tensor, b: Tensor, c: Tensor) => readonly (() => Tensor)[];

/** What {@link defineElementwise} takes. */
export interface ElementwiseSpec {
  /** The tfjs kernel's name, as TensorFlow calls the op where it has it. */
  readonly kernelName: string;
  /** The names of its one to four inputs. */
  readonly inputs: readonly string[];
  /** The value, in float64. */
  readonly f: ScalarFunction;
  /** The derivatives; without them the op cannot be differentiated. */
  readonly derivatives?: Derivatives;
}

const specs = new Map<string, ElementwiseSpec>();

/** Every elementwise op defined so far, by kernel name: what a compiler of tfjs programs needs to know of them. */
export const elementwiseOps: ReadonlyMap<string, ElementwiseSpec> = specs;

/**
 * Makes a tfjs op of a function of numbers.
 *
 * The op broadcasts its inputs as tfjs does, reads them as float32, computes in float64 and stores float32. Its kernel
 * runs on whatever backend is active; its gradient is registered with tfjs, so every order of differentiation for which
 * the derivatives are themselves differentiable ops is right.
 */
export function defineElementwise(spec: ElementwiseSpec): (...inputs: Operand[]) => Tensor {
  const { kernelName, inputs: names } = spec;
  specs.set(kernelName, spec);
  if (spec.derivatives) tf.registerGradient(gradientOf(spec, spec.derivatives));
  const run = (tensors: Tensor[]): Tensor =>
    tf.engine().runKernel(kernelName, Object.fromEntries(names.map((name, i) => [name, tensors[i] as Tensor])));
  return (...inputs) => {
    ensureKernel(kernelName, (backend) => kernel(spec, backend));
    if (inputs.every((input) => input instanceof tf.Tensor && input.dtype === 'float32')) return run(inputs as Tensor[]);
    return tf.tidy(() => run(inputs.map((input) => toFloat(input))));
  };
}

function kernel(spec: ElementwiseSpec, backendName: string): tf.KernelConfig {
  const { kernelName, inputs: names, f } = spec;
  return {
    kernelName,
    backendName,
    kernelFunc: ({ inputs, backend: storage }) => {
      const backend = storage as KernelBackend;
      const infos = names.map((name) => inputs[name] as TensorInfo);
      const shape = outputShape(kernelName, infos);
      const values = infos.map((info) => backend.readSync(info.dataId) as TypedArray);
      const out = new Float32Array(sizeOf(shape));
      if (infos.length === 1) mapOne(f, values[0] as TypedArray, out);
      else mapMany(f, values, infos.map((info) => strides(info.shape, shape)), shape, out);
      return { dataId: backend.write(out, shape, 'float32'), shape, dtype: 'float32' };
    },
  };
}

function outputShape(kernelName: string, infos: readonly TensorInfo[]): number[] {
  try {
    return broadcastShapes(...infos.map((info) => info.shape));
  } catch {
    throw new Error(`${kernelName}: shapes ${infos.map((info) => format(info.shape)).join(', ')} do not broadcast`);
  }
}

function mapOne(f: ScalarFunction, x: TypedArray, out: Float32Array): void {
  for (let i = 0; i < out.length; i++) out[i] = f(x[i] as number, 0, 0, 0);
}

/** For each axis of the output, how far a step along it moves in the input: 0 where the input is broadcast. */
function strides(from: readonly number[], to: readonly number[]): number[] {
  const result = to.map(() => 0);
  let stride = 1;
  for (let axis = from.length - 1; axis >= 0; axis--) {
    if (from[axis] !== 1) result[axis + to.length - from.length] = stride;
    stride *= from[axis] as number;
  }
  return result;
}

function mapMany(
  f: ScalarFunction,
  [a, b, c, d]: readonly TypedArray[],
  [stepsA, stepsB, stepsC, stepsD]: readonly number[][],
  shape: readonly number[],
  out: Float32Array,
): void {
  if (a === undefined || b === undefined || stepsA === undefined || stepsB === undefined) return;
  const [third, fourth] = [c ?? ZERO, d ?? ZERO];
  const last = shape.length - 1;
  const inner = shape[last] ?? 1;
  const [stepA, stepB, stepC, stepD] = [stepsA, stepsB, stepsC, stepsD].map((steps) => steps?.[last] ?? 0) as [number, number, number, number];
  const index = shape.map(() => 0);
  for (let start = 0; start < out.length; start += inner) {
    let [i, j, k, l] = [0, 0, 0, 0];
    for (let axis = 0; axis < last; axis++) {
      const at = index[axis] as number;
      i += at * (stepsA[axis] as number);
      j += at * (stepsB[axis] as number);
      k += at * (stepsC?.[axis] ?? 0);
      l += at * (stepsD?.[axis] ?? 0);
    }
    for (let offset = 0; offset < inner; offset++, i += stepA, j += stepB, k += stepC, l += stepD) {
      out[start + offset] = f(a[i] as number, b[j] as number, third[k] as number, fourth[l] as number);
    }
    for (let axis = last - 1; axis >= 0; axis--) {
      index[axis] = (index[axis] as number) + 1;
      if ((index[axis] as number) < (shape[axis] as number)) break;
      index[axis] = 0;
    }
  }
}

const ZERO = Float32Array.of(0);

function gradientOf(spec: ElementwiseSpec, derivatives: Derivatives): GradConfig {
  return {
    kernelName: spec.kernelName,
    inputsToSave: [...spec.inputs],
    gradFunc: (dy, saved) => {
      const [a, b, c] = saved as [Tensor, Tensor, Tensor];
      const parts = derivatives(dy as Tensor, a, b, c);
      return Object.fromEntries(
        spec.inputs.map((name, i) => [name, () => sumTo((parts[i] as () => Tensor)(), (saved[i] as Tensor).shape)]),
      );
    },
  };
}

/** Sums over the axes along which a tensor of the given shape was broadcast. */
export function sumTo(x: Tensor, shape: number[]): Tensor {
  const offset = x.rank - shape.length;
  // Not tfjs's own getReductionAxes, which overlooks an axis that was broadcast to length 0.
  const axes = x.shape.flatMap((size, axis) => (axis < offset || shape[axis - offset] !== size ? [axis] : []));
  return tf.reshape(axes.length > 0 ? tf.sum(x, axes) : x, shape);
}
