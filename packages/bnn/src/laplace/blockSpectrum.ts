/** @file A Hessian of square blocks along its diagonal. */
import * as tf from '@tensorflow/tfjs-core';
import type { Tensor2D } from '@tensorflow/tfjs-core';
import type { BlockParts, OutputVariance, Spectrum } from './spectrum.ts';
import { contrasts } from './spectrum.ts';

/** Eigenvalues and eigenvectors of each block by itself. */
export class BlockSpectrum implements Spectrum {
  readonly values: Float64Array;
  readonly parts: BlockParts;
  private readonly size: number;

  constructor(parts: BlockParts) {
    const { blocks } = parts;
    this.parts = parts;
    this.size = blocks[0]?.values.length ?? 0;
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
  outputVariance(variances: Float64Array, isContrast: boolean): OutputVariance {
    const { blocks, outputs } = this.parts;
    const features = this.values.length / outputs;
    // Contrasts are of outputs that are coupled, and so in one block.
    const bases = blocks.map(({ vectors }) => (isContrast ? contrasts(vectors, outputs, features) : vectors));
    const covariances = Array.from({ length: outputs }, (_, c) => Float32Array.from(this.covariance(bases, c, features, variances)));
    return (phi) =>
      tf.tidy(() => {
        const each = covariances.map((covariance) => {
          const matrix = tf.tensor2d(covariance, [features, features]);
          return tf.sum(tf.mul(tf.matMul(phi, matrix), phi), 1);
        });
        return tf.stack(each, 1) as Tensor2D;
      });
  }

  private covariance(bases: readonly Float64Array[], output: number, features: number, variances: Float64Array): Float64Array {
    const { size } = this;
    const block = Math.floor((output * features) / size);
    const vectors = bases[block] as Float64Array;
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
    this.parts.blocks.forEach(({ vectors }, b) => {
      const range = [b * this.size, (b + 1) * this.size] as const;
      body(vectors, v.subarray(...range), result.subarray(...range));
    });
    return result;
  }
}
