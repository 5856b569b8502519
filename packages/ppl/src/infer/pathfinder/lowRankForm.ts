/** @file An inverse Hessian as an inverse mass matrix. */
import type { InverseMassMatrix } from '../mcmc/metric.ts';
import { dot, orthonormalBasis } from '../mcmc/orthonormalBasis.ts';
import { symmetricEigen } from '../mcmc/symmetricEigen.ts';
import type { InverseHessianFactor } from './factor.ts';

export type LowRankMassMatrix = InverseMassMatrix & { readonly kind: 'lowRank' };

/** Variances within this factor of what the diagonal says are left to it: each direction makes every leapfrog step dearer. */
const CUTOFF = 2;

/**
 * Σ = D(I + V(Λ - I)Vᵀ)D: with D² the diagonal that the updates began with, D⁻¹ΣD⁻¹ is the identity but in the space that the
 * updates' 2m vectors span, where its eigenvectors are found. Those with eigenvalues in [½, 2] are left out. O(m²n).
 */
export function lowRankForm(factor: InverseHessianFactor): LowRankMassMatrix {
  const n = factor.dimension;
  const { scale } = factor;
  const basis = orthonormalBasis(factor.scaledDirections()) ?? unitVectors(n);
  const k = basis.length;
  const images = basis.map((axis) => factor.multiplyScaled(axis));
  const inner = Float64Array.from({ length: k * k }, (_, at) => {
    return dot(basis[Math.floor(at / k)] as Float64Array, images[at % k] as Float64Array);
  });
  const eigen = symmetricEigen(inner, k);
  const values: number[] = [];
  const vectors: number[] = [];
  eigen.values.forEach((value, row) => {
    if (value < CUTOFF && value > 1 / CUTOFF) return;
    values.push(value);
    const vector = new Float64Array(n);
    basis.forEach((axis, j) => {
      const share = eigen.vectors[row * k + j] ?? 0;
      for (let i = 0; i < n; i++) vector[i] = (vector[i] ?? 0) + share * (axis[i] ?? 0);
    });
    for (const x of vector) vectors.push(x);
  });
  return { kind: 'lowRank', scale: Array.from(scale), values, vectors };
}

/** `matrix` as a mass matrix of this form begins: with its diagonal, or all of it. */
export function inForm(matrix: LowRankMassMatrix, form: 'auto' | 'diagonal' | 'dense' | 'identity'): InverseMassMatrix {
  switch (form) {
    case 'auto':
      return matrix;
    case 'identity':
      return { kind: 'identity' };
    case 'diagonal':
      return { kind: 'diagonal', values: matrix.scale.map((_, i) => entry(matrix, i, i)) };
    case 'dense':
      return { kind: 'dense', values: matrix.scale.flatMap((_, i) => matrix.scale.map((_, j) => entry(matrix, i, j))) };
  }
}

function entry({ scale, values, vectors }: LowRankMassMatrix, i: number, j: number): number {
  const n = scale.length;
  let sum = i === j ? 1 : 0;
  values.forEach((value, k) => {
    sum += (value - 1) * (vectors[k * n + i] ?? 0) * (vectors[k * n + j] ?? 0);
  });
  return (scale[i] ?? 0) * sum * (scale[j] ?? 0);
}

function unitVectors(n: number): Float64Array[] {
  return Array.from({ length: n }, (_, i) => Float64Array.from({ length: n }, (_, j) => (i === j ? 1 : 0)));
}
