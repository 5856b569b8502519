/** @file The Hessian of the last layer as a Kronecker product. */
import { symmetricEigen } from '@tychejs/ppl';
import { WeightedGram } from './gram.ts';
import { ProductSpectrum } from './productSpectrum.ts';
import type { CurvatureBatch, CurvatureShape, CurvatureSum, Spectrum } from './spectrum.ts';

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
    return new ProductSpectrum({ kind: 'product', outputs, features, values, a: left.vectors, b: right.vectors });
  }
}

function outer(a: Float64Array, b: Float64Array): Float64Array {
  const result = new Float64Array(a.length * b.length);
  a.forEach((x, i) => b.forEach((y, j) => (result[i * b.length + j] = x * y)));
  return result;
}
