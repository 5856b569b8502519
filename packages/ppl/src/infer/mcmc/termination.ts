/** @file The generalised no-U-turn criterion, with the extra checks across the seam of two subtrees. */

/** Momentum p and velocity M⁻¹p at one end of a trajectory. */
export interface TrajectoryEnd {
  readonly momentum: Float64Array;
  readonly velocity: Float64Array;
}

/** A piece of a trajectory: consecutive points, from where it was begun to where it was grown to. */
export interface Piece {
  readonly first: TrajectoryEnd;
  readonly last: TrajectoryEnd;
  /** ρ, the sum of the momenta of its points. */
  readonly momentumSum: Float64Array;
}

/**
 * Whether the trajectory joined from the neighbouring pieces A and B makes a U-turn. Writes the sum of all momenta to
 * `momentumSum`.
 *
 * With ρ the sum of the momenta along a piece, the piece turns when ρ·M⁻¹p ≤ 0 at either of its ends (Betancourt 2017,
 * A.4.2: the criterion of Hoffman and Gelman with ρ in place of the difference of the end points). It is applied to the
 * whole of A and B, and, since a turn at the seam can hide from both halves and from the whole, also to A with the
 * first point of B and to B with the last point of A, as Stan does since 2.21.
 *
 *     farA ---- A ---- nearA | nearB ---- B ---- farB
 *
 * The criterion is the same in both directions of time, so A may be the earlier piece or the later: it is given by its
 * ends far from B and near to B, and B as begun at its end near to A. A piece of one point has that point at both ends.
 *
 * @param momentumSum - where the sum goes; may be that of A or of B.
 */
export function turnsAcross(
  farA: TrajectoryEnd,
  nearA: TrajectoryEnd,
  momentumSumA: Float64Array,
  b: Piece,
  momentumSum: Float64Array,
): boolean {
  const { first: nearB, last: farB, momentumSum: momentumSumB } = b;
  // Two single points: all three pieces are the same.
  if (farA === nearA && nearB === farB) return turnsBetween(farA, farB, momentumSum);
  const { velocity: velocityFarA } = farA;
  const { velocity: velocityFarB } = farB;
  const { momentum: momentumNearA, velocity: velocityNearA } = nearA;
  const { momentum: momentumNearB, velocity: velocityNearB } = nearB;
  let wholeAtA = 0;
  let wholeAtB = 0;
  let longerAtA = 0;
  let longerAtNearB = 0;
  let longerAtNearA = 0;
  let longerAtB = 0;
  for (let i = 0; i < momentumSum.length; i++) {
    const sumA = momentumSumA[i] ?? 0;
    const sumB = momentumSumB[i] ?? 0;
    const atFarA = velocityFarA[i] ?? 0;
    const atFarB = velocityFarB[i] ?? 0;
    const sum = sumA + sumB;
    momentumSum[i] = sum;
    wholeAtA += atFarA * sum;
    wholeAtB += atFarB * sum;
    const longerA = sumA + (momentumNearB[i] ?? 0);
    longerAtA += atFarA * longerA;
    longerAtNearB += (velocityNearB[i] ?? 0) * longerA;
    const longerB = sumB + (momentumNearA[i] ?? 0);
    longerAtNearA += (velocityNearA[i] ?? 0) * longerB;
    longerAtB += atFarB * longerB;
  }
  // Written so that NaN counts as a turn.
  const straight =
    wholeAtA > 0 && wholeAtB > 0 && longerAtA > 0 && longerAtNearB > 0 && longerAtNearA > 0 && longerAtB > 0;
  return !straight;
}

function turnsBetween(a: TrajectoryEnd, b: TrajectoryEnd, momentumSum: Float64Array): boolean {
  const { momentum: momentumA, velocity: velocityA } = a;
  const { momentum: momentumB, velocity: velocityB } = b;
  let atA = 0;
  let atB = 0;
  for (let i = 0; i < momentumSum.length; i++) {
    const sum = (momentumA[i] ?? 0) + (momentumB[i] ?? 0);
    momentumSum[i] = sum;
    atA += (velocityA[i] ?? 0) * sum;
    atB += (velocityB[i] ?? 0) * sum;
  }
  return !(atA > 0 && atB > 0);
}
