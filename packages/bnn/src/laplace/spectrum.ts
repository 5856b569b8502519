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
  /** For weights whose coordinates in the basis are independent, with these variances. */
  outputVariance(variances: Float64Array): OutputVariance;
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
