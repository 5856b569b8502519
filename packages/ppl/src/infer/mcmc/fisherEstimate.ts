/** @file The mass matrix that draws and their gradients suggest together. */
import { geometricMean } from './geometricMean.ts';
import { dot, orthonormalBasis } from './orthonormalBasis.ts';
import { symmetricEigen } from './symmetricEigen.ts';
import type { InverseMassMatrix } from './metric.ts';

/** A point that a chain has been at, with ∇log p there. */
export interface Visited {
  readonly position: readonly number[];
  readonly gradient: readonly number[];
}

/** What is asked of the estimate: see `massMatrix` in `KernelOptions`. */
export type EstimateForm = 'auto' | 'diagonal' | 'dense';

/**
 * In more dimensions than this, correlations are looked for only in the space that some draws and their gradients span:
 * else the estimates would take seconds.
 */
const MAX_DIMENSION = 200;
const MAX_DRAWS = 64; // in that case
/** With 'auto', scales that the diagonal gets right within this factor (of variance) are left to it. */
const CUTOFF = 2;
/**
 * With 'auto', how well vᵀg must be a linear function of vᵀq along a direction v for it to be taken off the diagonal: the
 * least squared correlation. For a normal posterior it is 1, wherever the draws come from; it is small where the scale
 * changes from place to place, as in a funnel: no single scale is right there, and steps that one makes long diverge.
 */
const LINEARITY = 1 / 3;
/**
 * What a gradient is taken to cost, in units of what each further direction adds to a leapfrog step: about 10 for a model
 * with ten observations a parameter. It matters in many dimensions only.
 */
const gradientCost = (dimension: number): number => 10 + 250 / dimension;
/**
 * Added to the variances of standardised draws and gradients, for where there are fewer of them than dimensions; and this
 * part of their sum, so that rounding leaves the matrices positive definite.
 */
const RIDGE = 1e-4;
const ROUNDING = 1e-12;
/** The whole matrix of 'dense' must have a Cholesky factorisation, which eigenvalues further apart would not leave it. */
const DENSE_RANGE = 1e6;

/**
 * The M⁻¹ that minimises the Fisher divergence, over the draws, between the posterior and a normal density with this
 * covariance. For a normal posterior it is the covariance itself as soon as there are more draws than dimensions, since
 * gradients are then Σ⁻¹ times deviations, wherever the draws come from; the covariance of draws alone is off by
 * 1/√n, and useless before the chain has reached the typical set.
 *
 * - 'diagonal': (M⁻¹)_ii = √(var q_i / var g_i).
 * - 'dense': the M⁻¹ with M⁻¹ cov(g) M⁻¹ = cov(q).
 * - 'auto': the diagonal D², and in D⁻¹M⁻¹D⁻¹ those eigenvalues that are outside of [1/2, 2] and along which gradients
 *   are nearly linear, as many as are worth their cost.
 *
 * Source: Seyboldt, Carlson, Carpenter, "Preconditioning Hamiltonian Monte Carlo by minimizing Fisher divergence" (arXiv
 * 2603.18845, 2026).
 *
 * @param draws - at least two.
 * @param previous - the diagonal to keep where draws do not vary.
 */
export function fisherEstimate(
  draws: readonly Visited[],
  form: EstimateForm,
  previous: readonly number[],
): InverseMassMatrix {
  const positions = standardise(draws.map(({ position }) => position));
  const gradients = standardise(draws.map(({ gradient }) => gradient));
  const dimension = previous.length;
  const variances = previous.map((before, i) => {
    const spread = positions.sd[i] ?? 0;
    const variance = spread / (gradients.sd[i] ?? 0);
    // Gradients that do not vary (a wall on either side, and nothing between) say nothing of the scale.
    return [variance, spread * spread].find((value) => value > 1e-30 && value < 1e30) ?? before;
  });
  const diagonal: InverseMassMatrix = { kind: 'diagonal', values: variances };
  if (form === 'diagonal' || dimension === 1) return diagonal;
  const scale = variances.map(Math.sqrt);
  const every = dimension <= MAX_DIMENSION ? 1 : Math.ceil(draws.length / MAX_DRAWS);
  const found = correlations(
    scaled(thinned(positions.deviations, every), scale.map((x) => 1 / x)),
    scaled(thinned(gradients.deviations, every), scale),
    form === 'auto' ? CUTOFF : 1,
    form === 'auto' ? LINEARITY : 0,
    form === 'auto' ? (logs) => worthwhile(logs, dimension) : (logs) => logs.length,
  );
  if (found === null || found.values.length === 0) return diagonal;
  return form === 'auto' ? { kind: 'lowRank', scale, ...found } : dense(scale, found);
}

/** Vectors of equal length, one after another: many small arrays would cost more than the arithmetic on them. */
interface Rows {
  readonly count: number;
  readonly dimension: number;
  readonly values: Float64Array;
}

/** Deviations from the mean, and their standard deviations. */
function standardise(rows: readonly (readonly number[])[]): { deviations: Rows; sd: Float64Array } {
  const count = rows.length;
  const dimension = rows[0]?.length ?? 0;
  const mean = new Float64Array(dimension);
  for (const row of rows) for (let i = 0; i < dimension; i++) mean[i] = (mean[i] ?? 0) + (row[i] ?? 0) / count;
  const values = new Float64Array(count * dimension);
  const squares = new Float64Array(dimension);
  for (let n = 0, at = 0; n < count; n++) {
    const row = rows[n] ?? [];
    for (let i = 0; i < dimension; i++, at++) {
      const deviation = (row[i] ?? 0) - (mean[i] ?? 0);
      values[at] = deviation;
      squares[i] = (squares[i] ?? 0) + deviation * deviation;
    }
  }
  return { deviations: { count, dimension, values }, sd: squares.map((sum) => Math.sqrt(sum / count)) };
}

/** Every so many of the rows, in an array of their own. */
function thinned({ count, dimension, values }: Rows, every: number): Rows {
  if (every === 1) return { count, dimension, values: values.slice() };
  const kept = new Float64Array(Math.ceil(count / every) * dimension);
  for (let n = 0, to = 0; n < count; n += every, to += dimension) kept.set(values.subarray(n * dimension, (n + 1) * dimension), to);
  return { count: Math.ceil(count / every), dimension, values: kept };
}

/** Multiplies each column by its factor, in place. */
function scaled(rows: Rows, factors: readonly number[]): Rows {
  const { count, dimension, values } = rows;
  for (let n = 0, at = 0; n < count; n++) for (let i = 0; i < dimension; i++, at++) values[at] = (values[at] ?? 0) * (factors[i] ?? 1);
  return rows;
}

function split({ count, dimension, values }: Rows): Float64Array[] {
  return Array.from({ length: count }, (_, n) => values.subarray(n * dimension, (n + 1) * dimension));
}

/** Eigenvalues, and their eigenvectors one after another. */
interface Directions {
  readonly values: readonly number[];
  readonly vectors: readonly number[];
}

/**
 * Eigenvalues outside of [1/cutoff, cutoff], as many of the most extreme as `choose` says, of the S with S C_g S = C_q; C_q and C_g are the
 * covariances of the rows, plus a small multiple of the identity. Left out are those along whose eigenvectors the squared
 * correlation of positions and gradients is below `linearity`. On what is orthogonal to all rows S is the identity, so
 * that all can be done in the space that they span. Null when the numbers are too large for that.
 */
function correlations(
  positions: Rows,
  gradients: Rows,
  cutoff: number,
  linearity: number,
  choose: (logs: readonly number[]) => number,
): Directions | null {
  const spansAll = positions.count + gradients.count >= positions.dimension;
  const basis = spansAll ? null : orthonormalBasis([...split(positions), ...split(gradients)]);
  const rows = [inBasis(positions, basis), inBasis(gradients, basis)] as const;
  const covariances = [covariance(rows[0]), covariance(rows[1])] as const;
  if (!covariances.every((matrix) => matrix.every(Number.isFinite))) return null;
  const rank = Math.sqrt(covariances[0].length);
  const eigen = symmetricEigen(geometricMean(...covariances, rank), rank);
  if (!eigen.values.every((value) => value > 0 && value < Infinity)) return null;
  const outside = Array.from(eigen.values, (value, k) => ({ value, k, log: Math.log(value) }))
    .filter(({ log }) => Math.abs(log) >= Math.log(cutoff))
    .filter(({ k }) => squaredCorrelation(rows, eigen.vectors.subarray(k * rank, (k + 1) * rank)) >= linearity)
    .sort((a, b) => Math.abs(b.log) - Math.abs(a.log));
  const kept = outside.slice(0, choose(outside.map(({ log }) => log)));
  return {
    values: kept.map(({ value }) => value),
    vectors: kept.flatMap(({ k }) => Array.from(outOfBasis(eigen.vectors.subarray(k * rank, (k + 1) * rank), basis))),
  };
}

/**
 * How many of some eigenvalues, the most extreme first, to keep in the metric. The others still stretch the posterior as
 * the metric sees it, and the number of leapfrog steps that a trajectory needs is proportional to the ratio of its longest
 * scale to its shortest; each that is kept makes a step slower.
 *
 * @param logs - of the eigenvalues.
 */
function worthwhile(logs: readonly number[], dimension: number): number {
  let highest = Math.log(CUTOFF);
  let lowest = -highest;
  let best = logs.length;
  let least = Infinity;
  for (let count = logs.length; count >= 0; count--) {
    const cost = (gradientCost(dimension) + count) * Math.exp(0.5 * (highest - lowest));
    if (cost < least) {
      least = cost;
      best = count;
    }
    const next = logs[count - 1] ?? 0;
    highest = Math.max(highest, next);
    lowest = Math.min(lowest, next);
  }
  return best;
}

/** Coordinates of `rows` along the axes of `basis`; null stands for the unit vectors. */
function inBasis(rows: Rows, basis: readonly Float64Array[] | null): Rows {
  if (basis === null) return rows;
  const values = Float64Array.from(split(rows).flatMap((row) => basis.map((axis) => dot(axis, row))));
  return { count: rows.count, dimension: basis.length, values };
}

function outOfBasis(coordinates: Float64Array, basis: readonly Float64Array[] | null): Float64Array {
  if (basis === null) return coordinates;
  const vector = new Float64Array(basis[0]?.length ?? 0);
  for (const [b, axis] of basis.entries()) {
    const weight = coordinates[b] ?? 0;
    for (let i = 0; i < vector.length; i++) vector[i] = (vector[i] ?? 0) + weight * (axis[i] ?? 0);
  }
  return vector;
}

/** Of the components of positions and gradients, both with mean zero, along `axis`. */
function squaredCorrelation([positions, gradients]: readonly [Rows, Rows], axis: Float64Array): number {
  let [ofPositions, ofGradients, ofBoth] = [0, 0, 0];
  const along = ({ dimension, values }: Rows, n: number) => dot(values.subarray(n * dimension, (n + 1) * dimension), axis);
  for (let n = 0; n < positions.count; n++) {
    const position = along(positions, n);
    const gradient = along(gradients, n);
    ofPositions += position * position;
    ofGradients += gradient * gradient;
    ofBoth += position * gradient;
  }
  return (ofBoth / ofPositions) * (ofBoth / ofGradients);
}

/** Of `rows`, whose mean is zero, with the ridge. */
function covariance({ count, dimension: n, values }: Rows): Float64Array {
  const matrix = new Float64Array(n * n);
  for (let row = 0; row < count * n; row += n) {
    for (let i = 0; i < n; i++) {
      const share = (values[row + i] ?? 0) / count;
      for (let j = 0, at = i * n; j <= i; j++, at++) matrix[at] = (matrix[at] ?? 0) + share * (values[row + j] ?? 0);
    }
  }
  let trace = 0;
  for (let i = 0; i < n; i++) trace += matrix[i * (n + 1)] ?? 0;
  const ridge = RIDGE + ROUNDING * trace;
  for (let i = 0; i < n; i++) {
    matrix[i * (n + 1)] = (matrix[i * (n + 1)] ?? 0) + ridge;
    for (let j = 0; j < i; j++) matrix[j * n + i] = matrix[i * n + j] ?? 0;
  }
  return matrix;
}

/** D (I + V (Λ - I) Vᵀ) D as a whole matrix. */
function dense(scale: readonly number[], { values, vectors }: Directions): InverseMassMatrix {
  const n = scale.length;
  const matrix = new Float64Array(n * n);
  for (let i = 0; i < n; i++) matrix[i * (n + 1)] = 1;
  for (const [k, value] of values.entries()) {
    const excess = Math.min(DENSE_RANGE, Math.max(1 / DENSE_RANGE, value)) - 1;
    for (let i = 0; i < n; i++) {
      const share = excess * (vectors[k * n + i] ?? 0);
      for (let j = 0; j < n; j++) matrix[i * n + j] = (matrix[i * n + j] ?? 0) + share * (vectors[k * n + j] ?? 0);
    }
  }
  return {
    kind: 'dense',
    values: Array.from(matrix, (entry, at) => (scale[Math.floor(at / n)] ?? 0) * entry * (scale[at % n] ?? 0)),
  };
}
