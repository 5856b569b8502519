/** @file The Hessian of the last layer as a Kronecker product, and its diagonal alone. */
import * as tf from '@tensorflow/tfjs-core';
import type { Tensor2D } from '@tensorflow/tfjs-core';
import { symmetricEigen } from '@tychejs/ppl';
import { WeightedGram } from './gram.ts';
import type { CurvatureBatch, CurvatureShape, CurvatureSum, OutputVariance, Spectrum } from './spectrum.ts';

/**
 * H ≈ (Σ_n Λ_n / N) ⊗ (Σ_n φ_n φ_nᵀ): exact where Λ is the same for all data, as with Gaussian noise (Ritter, Botev and Barber, "A scalable
 * Laplace approximation for neural networks", ICLR 2018). N D² / 2 multiplications, and some 10 (D³ + C³) for the eigenvalues.
 */
export class KroneckerCurvature implements CurvatureSum {
  private readonly shape: CurvatureShape;
  private readonly features: WeightedGram;
  /** Σ_n Λ_n, [outputs, outputs]. */
  private readonly outputs: Float64Array;
  private count = 0;

  constructor(shape: CurvatureShape) {
    this.shape = shape;
    this.features = new WeightedGram(shape.features);
    this.outputs = new Float64Array(shape.outputs ** 2);
  }

  add({ count, columns, weights }: CurvatureBatch): void {
    this.features.add(columns, new Float64Array(count).fill(1));
    this.count += count;
    const { outputs, isCoupled } = this.shape;
    for (let a = 0; a < outputs; a++) {
      for (let b = 0; b < outputs; b++) {
        let sum = 0;
        for (let n = 0; n < count; n++) {
          const w = weights[a * count + n] ?? 0;
          if (a === b) sum += w;
          if (isCoupled) sum -= w * (weights[b * count + n] ?? 0);
        }
        this.outputs[a * outputs + b] = (this.outputs[a * outputs + b] ?? 0) + sum;
      }
    }
  }

  spectrum(): Spectrum {
    const { features, outputs } = this.shape;
    const left = symmetricEigen(this.outputs.map((x) => x / this.count), outputs);
    const right = symmetricEigen(this.features.matrix(), features);
    const values = outer(left.values, right.values);
    return new ProductSpectrum(values, left.vectors, right.vectors, outputs, features);
  }
}

/** The diagonal of H alone: all weights independent. N C D multiplications. */
export class DiagonalCurvature implements CurvatureSum {
  private readonly shape: CurvatureShape;
  private readonly diagonal: Float64Array;

  constructor(shape: CurvatureShape) {
    this.shape = shape;
    this.diagonal = new Float64Array(shape.outputs * shape.features);
  }

  add({ count, columns, weights }: CurvatureBatch): void {
    const { features, outputs, isCoupled } = this.shape;
    for (let c = 0; c < outputs; c++) {
      for (let k = 0; k < features; k++) {
        let sum = 0;
        for (let n = 0; n < count; n++) {
          const w = weights[c * count + n] ?? 0;
          sum += (isCoupled ? w * (1 - w) : w) * (columns[k * count + n] ?? 0) ** 2;
        }
        this.diagonal[c * features + k] = (this.diagonal[c * features + k] ?? 0) + sum;
      }
    }
  }

  spectrum(): Spectrum {
    const { features, outputs } = this.shape;
    return new ProductSpectrum(this.diagonal, null, null, outputs, features);
  }
}

/** Q = A ⊗ B, with A [outputs, outputs] and B [features, features]; `null` is the identity. */
class ProductSpectrum implements Spectrum {
  readonly values: Float64Array;
  private readonly a: Float64Array | null;
  private readonly b: Float64Array | null;
  private readonly outputs: number;
  private readonly features: number;

  constructor(values: Float64Array, a: Float64Array | null, b: Float64Array | null, outputs: number, features: number) {
    this.values = values.map((value) => Math.max(0, value));
    this.a = a;
    this.b = b;
    this.outputs = outputs;
    this.features = features;
  }

  /** A V Bᵀ, for V [outputs, features]. */
  toBasis(v: Float64Array): Float64Array {
    const { a, b, outputs, features } = this;
    const rows = a === null ? v : product(a, v, outputs, features, (i, k) => i * outputs + k);
    return b === null ? rows.slice() : productTransposed(rows, b, outputs, features, (j, k) => j * features + k);
  }

  /** Aᵀ V B. */
  fromBasis(v: Float64Array): Float64Array {
    const { a, b, outputs, features } = this;
    const rows = a === null ? v : product(a, v, outputs, features, (i, k) => k * outputs + i);
    return b === null ? rows.slice() : productTransposed(rows, b, outputs, features, (j, k) => k * features + j);
  }

  /** Σ_jk A_jc² (B φ)_k² v_jk. */
  outputVariance(variances: Float64Array): OutputVariance {
    const { a, b, outputs, features } = this;
    const squares = a === null ? null : a.map((x) => x * x);
    const mixed = squares === null ? variances : product(squares, variances, outputs, features, (c, j) => j * outputs + c);
    const [mix, basis] = [Float32Array.from(mixed), b === null ? null : Float32Array.from(b)];
    return (phi) =>
      tf.tidy(() => {
        const rotated = basis === null ? phi : tf.matMul(phi, tf.tensor2d(basis, [features, features]), false, true);
        return tf.matMul(tf.square(rotated), tf.tensor2d(mix, [outputs, features]), false, true) as Tensor2D;
      });
  }
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

function outer(a: Float64Array, b: Float64Array): Float64Array {
  const result = new Float64Array(a.length * b.length);
  a.forEach((x, i) => b.forEach((y, j) => (result[i * b.length + j] = x * y)));
  return result;
}
