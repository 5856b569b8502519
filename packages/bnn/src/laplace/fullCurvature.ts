/** @file The whole Hessian of the last layer. */
import * as tf from '@tensorflow/tfjs-core';
import type { Tensor2D } from '@tensorflow/tfjs-core';
import { symmetricEigen } from '@tychejs/ppl';
import type { SymmetricEigen } from '@tychejs/ppl';
import { WeightedGram } from './gram.ts';
import type { CurvatureBatch, CurvatureShape, CurvatureSum, OutputVariance, Spectrum } from './spectrum.ts';

/** Σ_n φφᵀ for one pair of outputs, weighed by their entry of the Hessian in the outputs. */
interface Pair {
  readonly a: number;
  readonly b: number;
  readonly gram: WeightedGram;
}

/**
 * H = Σ_n Λ_n ⊗ φ_n φ_nᵀ. Outputs that are not coupled have blocks of their own. For N data, D features and C outputs, N C D² / 2
 * multiplications, or N C² D² / 4 if they are coupled; and some 10 (C D)³ for the eigenvalues then.
 */
export class FullCurvature implements CurvatureSum {
  private readonly shape: CurvatureShape;
  private readonly pairs: readonly Pair[];

  constructor(shape: CurvatureShape) {
    this.shape = shape;
    const outputs = Array.from({ length: shape.outputs }, (_, c) => c);
    const pairs = shape.isCoupled ? outputs.flatMap((a) => outputs.slice(0, a + 1).map((b) => [a, b] as const)) : outputs.map((a) => [a, a] as const);
    this.pairs = pairs.map(([a, b]) => ({ a, b, gram: new WeightedGram(shape.features) }));
  }

  add({ count, columns, weights }: CurvatureBatch): void {
    const { isCoupled } = this.shape;
    const of = (output: number): Float64Array => weights.subarray(output * count, (output + 1) * count);
    for (const { a, b, gram } of this.pairs) {
      const [p, q] = [of(a), of(b)];
      gram.add(columns, isCoupled ? p.map((x, n) => x * (Number(a === b) - (q[n] ?? 0))) : p);
    }
  }

  spectrum(): Spectrum {
    const { features, outputs, isCoupled } = this.shape;
    if (!isCoupled) return new BlockSpectrum(this.pairs.map(({ gram }) => symmetricEigen(gram.matrix(), features)), outputs);
    const width = features * outputs;
    const matrix = new Float64Array(width * width);
    for (const { a, b, gram } of this.pairs) {
      gram.write(matrix, width, a * features, b * features);
      gram.write(matrix, width, b * features, a * features);
    }
    return new BlockSpectrum([symmetricEigen(matrix, width)], outputs);
  }
}

/** Square blocks along the diagonal, all of one size: one for each output, or one for all. */
class BlockSpectrum implements Spectrum {
  readonly values: Float64Array;
  private readonly blocks: readonly SymmetricEigen[];
  private readonly size: number;
  private readonly outputs: number;

  constructor(blocks: readonly SymmetricEigen[], outputs: number) {
    this.blocks = blocks;
    this.size = blocks[0]?.values.length ?? 0;
    this.outputs = outputs;
    // What should be zero may come out a little below.
    this.values = Float64Array.from(blocks.flatMap(({ values }) => [...values].map((value) => Math.max(0, value))));
  }

  toBasis(v: Float64Array): Float64Array {
    return this.eachBlock(v, (vectors, part, result) => {
      const n = part.length;
      for (let k = 0; k < n; k++) for (let i = 0; i < n; i++) result[k] = (result[k] ?? 0) + (vectors[k * n + i] ?? 0) * (part[i] ?? 0);
    });
  }

  fromBasis(v: Float64Array): Float64Array {
    return this.eachBlock(v, (vectors, part, result) => {
      const n = part.length;
      for (let k = 0; k < n; k++) for (let i = 0; i < n; i++) result[i] = (result[i] ?? 0) + (vectors[k * n + i] ?? 0) * (part[k] ?? 0);
    });
  }

  /** φᵀ Σ_cc φ, where Σ_cc is the covariance of the weights of output c. */
  outputVariance(variances: Float64Array): OutputVariance {
    const { outputs } = this;
    const features = this.values.length / outputs;
    const covariances = Array.from({ length: outputs }, (_, c) => Float32Array.from(this.covariance(c, features, variances)));
    return (phi) =>
      tf.tidy(() => {
        const each = covariances.map((covariance) => {
          const matrix = tf.tensor2d(covariance, [features, features]);
          return tf.sum(tf.mul(tf.matMul(phi, matrix), phi), 1);
        });
        return tf.stack(each, 1) as Tensor2D;
      });
  }

  private covariance(output: number, features: number, variances: Float64Array): Float64Array {
    const block = Math.floor((output * this.blocks.length) / this.outputs);
    const { vectors } = this.blocks[block] as SymmetricEigen;
    const { size } = this;
    const offset = output * features - block * size;
    const result = new Float64Array(features * features);
    for (let k = 0; k < size; k++) {
      const variance = variances[block * size + k] ?? 0;
      const row = k * size + offset;
      for (let i = 0; i < features; i++) {
        const scaled = variance * (vectors[row + i] ?? 0);
        for (let j = 0; j < features; j++) result[i * features + j] = (result[i * features + j] ?? 0) + scaled * (vectors[row + j] ?? 0);
      }
    }
    return result;
  }

  private eachBlock(v: Float64Array, body: (vectors: Float64Array, part: Float64Array, result: Float64Array) => void): Float64Array {
    const result = new Float64Array(v.length);
    this.blocks.forEach(({ vectors }, b) => {
      const range = [b * this.size, (b + 1) * this.size] as const;
      body(vectors, v.subarray(...range), result.subarray(...range));
    });
    return result;
  }
}
