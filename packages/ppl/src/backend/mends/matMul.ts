/** @file Matrix products. */
import type { BackendWasm } from '@tensorflow/tfjs-backend-wasm';
import type { TensorInfo } from '@tensorflow/tfjs-core';
import * as tf from '@tensorflow/tfjs-core';
import { batchIndices } from '../../ops/matrices.ts';
import { sameShape } from '../../util/shape.ts';
import type { Kernel, KernelCall, RunKernel } from '../kernels.ts';
import { composedKernel, mendKernel, withShape } from '../kernels.ts';

/** Multiplications in one product below which WASM's slow way is as fast as transposing and going the fast way. */
const WORTHWHILE = 5000;

const PLAIN = { transposeA: false, transposeB: false };

/**
 * WASM's fast product (XNNPACK) takes two plain matrices. Anything transposed, as in every gradient of a product, or
 * batched falls to a loop that is some thirteen times slower. Here both are brought into the form that is fast.
 *
 * Wrong in the original and right here: the bias of a transposed fused product, products over an inner dimension of
 * length 0, (on the cpu and WebGL too) batches that broadcast against one another, and a right side that was one before
 * in another shape, see {@link PackedSides}.
 */
export function mendMatMul(): void {
  mendKernel('wasm', tf.BatchMatMul, (original) => (original === null ? missing : batchMatMul(original)));
  mendKernel('wasm', tf._FusedMatMul, (original) => (original === null ? missing : fusedMatMul(original)));
  for (const backend of ['cpu', 'webgl']) {
    mendKernel(backend, tf.BatchMatMul, (original) => (original === null ? missing : tiled(backend, original)));
  }
}

const missing: Kernel = () => {
  throw new Error('this version of the backend has no matrix product');
};

/**
 * XNNPACK packs the right side of a product when it first meets it, and keeps what it packed by the data's id. Reshaped, the
 * same data have the same id: XNNPACK would multiply by the matrix that they were before, and write as much, beyond the
 * end of the result.
 */
class PackedSides {
  private readonly shapes = new WeakMap<object, string>();

  /** `matrix`, or a copy of it where it was packed in another shape. */
  fit(matrix: TensorInfo, storage: KernelCall['backend'], own: (made: TensorInfo) => TensorInfo): TensorInfo {
    const shape = matrix.shape.slice(-2).join();
    const known = this.shapes.get(matrix.dataId);
    if (known === undefined) this.shapes.set(matrix.dataId, shape);
    if (known === undefined || known === shape) return matrix;
    const backend = storage as unknown as BackendWasm;
    const fresh = own(backend.makeOutput(matrix.shape, 'float32'));
    copy(backend, matrix, 0, fresh, 0, tf.util.sizeFromShape(matrix.shape));
    return fresh;
  }
}

const packedSides = new PackedSides();

function batchMatMul(original: Kernel): Kernel {
  return composedKernel('wasm', (call, run, own) => {
    const { a, b } = call.inputs as Record<'a' | 'b', TensorInfo>;
    const transposeA = call.attrs['transposeA'] === true;
    const transposeB = call.attrs['transposeB'] === true;
    const [batchA, m, k] = dimensions(a, transposeA);
    const [batchB, , n] = dimensions(b, transposeB);
    const batch = tf.broadcast_util.assertAndGetBroadcastShape(batchA, batchB);
    const shape = [...batch, m, n];
    if (k === 0 || tf.util.sizeFromShape(shape) === 0) return run(tf.Fill, {}, { shape, value: 0, dtype: 'float32' });
    const isFast = !transposeA && !transposeB && tf.util.sizeFromShape(batch) === 1;
    if (isFast) return original({ ...call, inputs: { a, b: packedSides.fit(b, call.backend, own) } });
    if (m * k * n < WORTHWHILE && sameShape(batchA, batchB)) return original(call);
    const left = transposeA ? swapped(run, a) : a;
    const right = transposeB ? swapped(run, b) : b;
    if (tf.util.sizeFromShape(batchB) > 1) return slabBySlab(original, call, left, right, shape);
    // One matrix on the right: a batch is only more rows on the left.
    const rows = withShape(run, left, [1, tf.util.sizeFromShape(batch) * m, k]);
    const out = original({
      inputs: { a: rows, b: packedSides.fit(withShape(run, right, [1, k, n]), call.backend, own) },
      attrs: PLAIN,
      backend: call.backend,
    });
    return { ...out, shape };
  });
}

/** Batches that broadcast against one another are written out first. */
function tiled(backendName: string, original: Kernel): Kernel {
  return composedKernel(backendName, (call, run) => {
    const { a, b } = call.inputs as Record<'a' | 'b', TensorInfo>;
    const [batchA, batchB] = [a.shape.slice(0, -2), b.shape.slice(0, -2)];
    const sizes = [batchA, batchB].map((shape) => tf.util.sizeFromShape(shape));
    if (sizes.includes(1) || sameShape(batchA, batchB)) return original(call);
    const batch = tf.broadcast_util.assertAndGetBroadcastShape(batchA, batchB);
    const spread = (x: TensorInfo): TensorInfo => {
      const shape = [...Array.from({ length: batch.length + 2 - x.shape.length }, () => 1), ...x.shape];
      const reps = shape.map((size, axis) => (axis < batch.length ? (batch[axis] as number) / size : 1));
      return run(tf.Tile, { x: withShape(run, x, shape) }, { reps });
    };
    return original({ ...call, inputs: { a: spread(a), b: spread(b) } });
  });
}

/** One fast product after the other. */
function slabBySlab(original: Kernel, call: KernelCall, a: TensorInfo, b: TensorInfo, shape: number[]): TensorInfo {
  const backend = call.backend as unknown as BackendWasm;
  const batch = shape.slice(0, -2);
  const [m, k] = a.shape.slice(-2) as [number, number];
  const n = shape.at(-1) as number;
  const fromA = batchIndices(a.shape.slice(0, -2), batch);
  const fromB = batchIndices(b.shape.slice(0, -2), batch);
  const out = backend.makeOutput(shape, 'float32');
  const left = backend.makeOutput([1, m, k], 'float32');
  for (let i = 0; i < fromA.length; i++) {
    // The fast product packs its right side once for each tensor, so each slab has to be a new one.
    const right = backend.makeOutput([1, k, n], 'float32');
    copy(backend, a, (fromA[i] as number) * m * k, left, 0, m * k);
    copy(backend, b, (fromB[i] as number) * k * n, right, 0, k * n);
    const product = original({ inputs: { a: left, b: right }, attrs: PLAIN, backend: call.backend });
    copy(backend, product, 0, out, i * m * n, m * n);
    backend.disposeData(right.dataId);
    backend.disposeData(product.dataId);
  }
  backend.disposeData(left.dataId);
  return out;
}

function copy(backend: BackendWasm, from: TensorInfo, start: number, to: TensorInfo, at: number, length: number): void {
  // Views are made anew each time: whenever WASM's memory grows, the old ones go dead.
  backend.typedArrayFromHeap(to).set(backend.typedArrayFromHeap(from).subarray(start, start + length), at);
}

/** The batch dimensions, rows and columns of a matrix, transposed or not. */
function dimensions(x: TensorInfo, transpose: boolean): [batch: number[], rows: number, columns: number] {
  const [rows, columns] = x.shape.slice(-2) as [number, number];
  return transpose ? [x.shape.slice(0, -2), columns, rows] : [x.shape.slice(0, -2), rows, columns];
}

function swapped(run: RunKernel, x: TensorInfo): TensorInfo {
  const rank = x.shape.length;
  const perm = x.shape.map((_, axis) => (axis < rank - 2 ? axis : 2 * rank - 3 - axis));
  return run(tf.Transpose, { x }, { perm });
}

/** Plain products of one matrix stay fused; the rest is put together from the mended product and what follows it. */
function fusedMatMul(original: Kernel): Kernel {
  return composedKernel('wasm', (call, run, own) => {
    const { a, b, bias, preluActivationWeights } = call.inputs as Record<string, TensorInfo | undefined> &
      Record<'a' | 'b', TensorInfo>;
    const { transposeA, transposeB, activation, leakyreluAlpha } = call.attrs;
    const isPlain = transposeA !== true && transposeB !== true && a.shape[0] === 1 && b.shape[0] === 1;
    if (isPlain && a.shape[2] !== 0 && (bias === undefined || bias.shape.length === 1)) {
      return original({ ...call, inputs: { ...call.inputs, b: packedSides.fit(b, call.backend, own) } });
    }
    const product = run(tf.BatchMatMul, { a, b }, { transposeA, transposeB });
    const x = bias === undefined ? product : run(tf.Add, { a: product, b: bias });
    switch (activation) {
      case 'relu':
        return run(tf.Relu, { x });
      case 'relu6':
        return run(tf.Relu6, { x });
      case 'sigmoid':
        return run(tf.Sigmoid, { x });
      case 'elu':
        return run(tf.Elu, { x });
      case 'leakyrelu':
        return run(tf.LeakyRelu, { x }, { alpha: leakyreluAlpha });
      case 'prelu':
        return run(tf.Prelu, { x, alpha: preluActivationWeights as TensorInfo });
      default:
        return x;
    }
  });
}
