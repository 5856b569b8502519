/** @file What a Laplace approximation asks of the curvature of the log-likelihood. */
import type { Tensor2D } from '@tensorflow/tfjs-core';
import type { SymmetricEigen } from '@tychejs/ppl';

/** The variance of each output, [rows, outputs], at features [rows, features]. */
export type OutputVariance = (features: Tensor2D) => Tensor2D;

/**
 * The negative Hessian of the log-likelihood in the weights of the last layer, as H = Qᵀ diag(values) Q with orthogonal Q. Weights
 * stand output by output, [outputs, features], with the bias as the weight of a last feature, which is always one.
 */
export interface Spectrum {
  /** ≥ 0, in no order. */
  readonly values: Float64Array;
  /** Q v. */
  toBasis(v: Float64Array): Float64Array;
  /** Qᵀ v. */
  fromBasis(v: Float64Array): Float64Array;
  /**
   * For weights whose coordinates in the basis are independent, with these variances.
   *
   * @param isContrast - of outputs as a softmax sees them, which takes no notice of what is added to all: C / (C - 1) times the
   * variance of an output less the mean of all C. For independent outputs with one variance it is that.
   */
  outputVariance(variances: Float64Array, isContrast: boolean): OutputVariance;
  /** What it is made of, for files. */
  readonly parts: SpectrumParts;
}

export type SpectrumParts = BlockParts | ProductParts;

/** Eigenvectors of square blocks along the diagonal, all of one size: one for each output, or one for all. */
export interface BlockParts {
  readonly kind: 'blocks';
  readonly outputs: number;
  readonly blocks: readonly SymmetricEigen[];
}

/** Q = A ⊗ B, with A [outputs, outputs] and B [features, features]; `null` is the identity. */
export interface ProductParts {
  readonly kind: 'product';
  readonly outputs: number;
  readonly features: number;
  /** [outputs, features]. */
  readonly values: Float64Array;
  readonly a: Float64Array | null;
  readonly b: Float64Array | null;
}

/** What is known of a batch: each row is a datum, or what stands for one. */
export interface CurvatureBatch {
  readonly count: number;
  /** [features + SPARE, count], as `WeightedGram` takes them; the last feature is one if there is a bias. */
  readonly columns: Float64Array;
  /** [outputs, count]: w, of which the Hessian in the outputs is diag(w), or diag(w) - w wᵀ if outputs are coupled. */
  readonly weights: Float64Array;
}

/** Sums curvature batch by batch. */
export interface CurvatureSum {
  add(batch: CurvatureBatch): void;
  spectrum(): Spectrum;
}

/** How many weights there are, and how they hang together. */
export interface CurvatureShape {
  readonly features: number;
  readonly outputs: number;
  /** Whether the Hessian in the outputs is diag(w) - w wᵀ, as of a softmax; else diag(w). */
  readonly isCoupled: boolean;
}

/** Contrasts of the outputs: of `vectors`, rows of [outputs, features], each entry less the mean over outputs, times √(C / (C - 1)). */
export function contrasts(vectors: Float64Array, outputs: number, features: number): Float64Array {
  const result = vectors.slice();
  const scale = outputs === 1 ? 0 : Math.sqrt(outputs / (outputs - 1));
  const width = outputs * features;
  for (let start = 0; start < vectors.length; start += width) {
    for (let k = start; k < start + features; k++) {
      let sum = 0;
      for (let i = k; i < start + width; i += features) sum += vectors[i] ?? 0;
      for (let i = k; i < start + width; i += features) result[i] = scale * ((vectors[i] ?? 0) - sum / outputs);
    }
  }
  return result;
}
