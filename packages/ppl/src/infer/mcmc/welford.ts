/** @file Mean and (co)variance of a stream of vectors, in one pass. */

/** The accumulated moments. Plain data, never changed in place. */
export interface WelfordState {
  readonly count: number;
  readonly mean: readonly number[];
  /** Sums of products of deviations from the mean: the diagonal, or the whole matrix row by row. */
  readonly deviations: readonly number[];
  /** Whether `deviations` is a whole matrix. */
  readonly dense: boolean;
}

/** No vectors yet. */
export function startWelford(dimension: number, dense: boolean): WelfordState {
  const zeros = (n: number) => Array.from({ length: n }, () => 0);
  return { count: 0, mean: zeros(dimension), deviations: zeros(dense ? dimension * dimension : dimension), dense };
}

/** `state` with the vector `x` added (Welford 1962). */
export function addToWelford(state: WelfordState, x: ArrayLike<number>): WelfordState {
  return mergeWelford(state, { ...state, count: 1, mean: Array.from(x), deviations: [] });
}

/**
 * The moments of the vectors of `a` and of `b` together. A list of `deviations` that is empty stands for zeros.
 *
 * Source: Chan, Golub, LeVeque, "Algorithms for computing the sample variance" (1983), equation 2.1.
 */
export function mergeWelford(a: WelfordState, b: WelfordState): WelfordState {
  const count = a.count + b.count;
  if (count === 0) return a;
  const share = b.count / count;
  const between = a.count * share;
  const delta = b.mean.map((value, i) => value - (a.mean[i] ?? 0));
  const mean = delta.map((value, i) => (a.mean[i] ?? 0) + share * value);
  const within = (i: number) => (a.deviations[i] ?? 0) + (b.deviations[i] ?? 0);
  const n = mean.length;
  const deviations: number[] = [];
  for (let i = 0; i < n; i++) {
    const scaled = between * (delta[i] ?? 0);
    if (!a.dense) {
      deviations.push(within(i) + scaled * (delta[i] ?? 0));
      continue;
    }
    // The lower triangle, then its mirror image, so that the matrix is symmetric to the last bit.
    for (let j = 0; j < n; j++) {
      deviations.push(j > i ? 0 : within(i * n + j) + scaled * (delta[j] ?? 0));
    }
  }
  if (a.dense) {
    for (let i = 0; i < n; i++) for (let j = i + 1; j < n; j++) deviations[i * n + j] = deviations[j * n + i] ?? 0;
  }
  return { count, mean, deviations, dense: a.dense };
}

/**
 * The unbiased sample (co)variance: the diagonal, or the whole matrix row by row.
 * NaN for fewer than two vectors.
 */
export function welfordCovariance(state: WelfordState): number[] {
  return state.deviations.map((sum) => (state.count < 2 ? Number.NaN : sum / (state.count - 1)));
}

/**
 * The sample (co)variance S of n vectors, shrunk towards a small multiple of the identity as in Stan:
 * n/(n + 5) S + 10⁻³ · 5/(n + 5) I, which is positive definite for every n. For n < 2 it is S = 0 that is shrunk.
 */
export function regularisedCovariance(state: WelfordState): number[] {
  const { count } = state;
  const n = state.mean.length;
  const weight = count / (count + 5);
  const floor = 1e-3 * (5 / (count + 5));
  const covariance = count < 2 ? state.deviations : welfordCovariance(state);
  return covariance.map((value, i) => weight * value + (!state.dense || i % (n + 1) === 0 ? floor : 0));
}
