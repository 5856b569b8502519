/** @file A Hessian that is a Kronecker product, or has its eigenvectors. */
import * as tf from '@tensorflow/tfjs-core';
import type { Tensor2D } from '@tensorflow/tfjs-core';
import type { OutputVariance, ProductParts, Spectrum } from './spectrum.ts';
import { contrasts } from './spectrum.ts';

/** Eigenvectors that are all products of one over the outputs and one over the features. */
export class ProductSpectrum implements Spectrum {
  readonly values: Float64Array;
  readonly parts: ProductParts;

  constructor(parts: ProductParts) {
    this.parts = parts;
    // What should be zero may come out a little below.
    this.values = parts.values.map((value) => Math.max(0, value));
  }

  /** A V Bᵀ, for V [outputs, features]. */
  toBasis(v: Float64Array): Float64Array {
    const { a, b, outputs, features } = this.parts;
    const rows = a === null ? v : product(a, v, outputs, features, (i, k) => i * outputs + k);
    return b === null ? rows.slice() : productTransposed(rows, b, outputs, features, (j, k) => j * features + k);
  }

  /** Aᵀ V B. */
  fromBasis(v: Float64Array): Float64Array {
    const { a, b, outputs, features } = this.parts;
    const rows = a === null ? v : product(a, v, outputs, features, (i, k) => k * outputs + i);
    return b === null ? rows.slice() : productTransposed(rows, b, outputs, features, (j, k) => k * features + j);
  }

  /** Σ_jk A_jc² (B φ)_k² v_jk. */
  outputVariance(variances: Float64Array, isContrast: boolean): OutputVariance {
    const { a, b, outputs, features } = this.parts;
    const own = a ?? identity(outputs);
    const squares = (isContrast ? contrasts(own, outputs, 1) : own).map((x) => x * x);
    const mixed = product(squares, variances, outputs, features, (c, j) => j * outputs + c);
    const [mix, basis] = [Float32Array.from(mixed), b === null ? null : Float32Array.from(b)];
    return (phi) =>
      tf.tidy(() => {
        const rotated = basis === null ? phi : tf.matMul(phi, tf.tensor2d(basis, [features, features]), false, true);
        return tf.matMul(tf.square(rotated), tf.tensor2d(mix, [outputs, features]), false, true) as Tensor2D;
      });
  }
}

function identity(size: number): Float64Array {
  return Float64Array.from({ length: size * size }, (_, i) => Number(i % (size + 1) === 0));
}

/** Σ_k m[at(i, k)] v[k, j], for v [rows, columns]. */
function product(m: Float64Array, v: Float64Array, rows: number, columns: number, at: (i: number, k: number) => number): Float64Array {
  const result = new Float64Array(rows * columns);
  for (let i = 0; i < rows; i++) {
    for (let k = 0; k < rows; k++) {
      const factor = m[at(i, k)] ?? 0;
      for (let j = 0; j < columns; j++) result[i * columns + j] = (result[i * columns + j] ?? 0) + factor * (v[k * columns + j] ?? 0);
    }
  }
  return result;
}

/** Σ_k v[i, k] m[at(j, k)], for v [rows, columns]. */
function productTransposed(v: Float64Array, m: Float64Array, rows: number, columns: number, at: (j: number, k: number) => number): Float64Array {
  const result = new Float64Array(rows * columns);
  for (let i = 0; i < rows; i++) {
    for (let j = 0; j < columns; j++) {
      let sum = 0;
      for (let k = 0; k < columns; k++) sum += (v[i * columns + k] ?? 0) * (m[at(j, k)] ?? 0);
      result[i * columns + j] = sum;
    }
  }
  return result;
}
