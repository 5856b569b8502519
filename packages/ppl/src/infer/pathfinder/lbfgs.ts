/** @file L-BFGS: the way up a log density to a mode, with an estimate of its curvature at each step. */
import { createPoint, type EvaluatedPoint, type LogDensity } from '../mcmc/logDensity.ts';
import { dot } from '../mcmc/orthonormalBasis.ts';
import { updateDiagonal } from './diagonalUpdate.ts';
import { InverseHessianFactor, type CurvaturePair } from './factor.ts';
import { lineSearch, WOLFE, type LinePoint, type WolfeConstants } from './lineSearch.ts';

/** A point on the way. */
export interface Iterate extends Readonly<EvaluatedPoint> {
  /** The estimate there of the inverse Hessian of -log p. */
  readonly factor: InverseHessianFactor;
}

/**
 * Why the way ended:
 *
 * - 'converged': next to nothing of log density is to be gained;
 * - 'maxIterations': so many iterations were made;
 * - 'stalled': steps led no higher although the gradient says that they should, as at a wall or where it is not that of the density.
 */
export type PathStopReason = 'converged' | 'maxIterations' | 'stalled';

export interface LbfgsOptions {
  /** Pairs of steps and changes of gradient that the estimate of curvature is made of. */
  readonly historySize: number;
  readonly maxIterations: number;
  readonly wolfe?: WolfeConstants;
}

/** A log density gained that is not worth the way, absolutely and as a part of the log density's size. */
const NEGLIGIBLE_GAIN = 1e-13;
/** So many steps in a row that gain next to nothing end the way. */
const MAX_IDLE = 5;
/** The cosine of the angle between step and change of gradient below which their product is rounding. */
const LEAST_COSINE = 1e-12;

/**
 * The points of the way from `start`, itself the first.
 *
 * Directions are Hg with the H of the iterate, which has a diagonal at its core that learns from all steps (see
 * `updateDiagonal`), and the last few pairs as updates of BFGS. Pairs without positive curvature are passed over.
 *
 * Sources: Liu and Nocedal, "On the limited memory BFGS method for large scale optimization" (Math. Prog. 1989); Gilbert and
 * Lemaréchal (1989), for the diagonal.
 *
 * @param start - where log density and gradient are finite.
 * @returns (when done) why it ended.
 */
export function* lbfgs(
  density: LogDensity,
  start: EvaluatedPoint,
  { historySize, maxIterations, wolfe = WOLFE }: LbfgsOptions,
): Generator<Iterate, PathStopReason, void> {
  const unscaled: Float64Array = new Float64Array(density.dimension).fill(1);
  let diagonal = unscaled;
  let pairs: readonly CurvaturePair[] = [];
  let current: Iterate = { ...start, factor: new InverseHessianFactor(diagonal, pairs) };
  let idle = 0;
  yield current;
  for (let iteration = 1; iteration <= maxIterations; iteration++) {
    const direction = current.factor.multiply(current.gradient);
    const slope = dot(direction, current.gradient);
    const next = climb(density, current, { direction, slope, isFirst: pairs.length === 0 }, wolfe);
    const negligible = NEGLIGIBLE_GAIN * (1 + Math.abs(current.logDensity));
    if (next === null) {
      if (0.5 * slope < negligible) return 'converged';
      // Directions of a poor estimate may lead nowhere; the gradient's own is worth a try.
      if (pairs.length === 0) return 'stalled';
      pairs = [];
      diagonal = unscaled;
      current = { ...current, factor: new InverseHessianFactor(diagonal, pairs) };
      continue;
    }
    const pair = {
      step: next.position.map((x, i) => x - (current.position[i] ?? 0)),
      change: next.gradient.map((g, i) => (current.gradient[i] ?? 0) - g),
    };
    if (isCurved(pair)) {
      diagonal = updateDiagonal(diagonal, pair);
      pairs = [...pairs, pair].slice(-historySize);
    }
    idle = next.logDensity - current.logDensity < negligible ? idle + 1 : 0;
    current = { ...next, factor: new InverseHessianFactor(diagonal, pairs) };
    yield current;
    if (idle > 0 && 0.5 * slope < negligible) return 'converged';
    if (idle === MAX_IDLE) return 'stalled';
  }
  return 'maxIterations';
}

interface Direction {
  readonly direction: Float64Array;
  /** Its product with the gradient; half of it is the log density that a Newton step is to gain. */
  readonly slope: number;
  /** Whether nothing is known of scales yet. */
  readonly isFirst: boolean;
}

/** The next point, or `null` when none is higher. */
function climb(
  density: LogDensity,
  from: Iterate,
  { direction, slope, isFirst }: Direction,
  wolfe: WolfeConstants,
): EvaluatedPoint | null {
  if (!(slope > 0 && slope < Infinity)) return null;
  const to = createPoint(density.dimension);
  const evaluate = (step: number): LinePoint => {
    for (let i = 0; i < direction.length; i++) to.position[i] = (from.position[i] ?? 0) + step * (direction[i] ?? 0);
    to.logDensity = density.evaluate(to.position, to.gradient);
    return { step, value: to.logDensity, slope: dot(direction, to.gradient) };
  };
  // One unit of length at most.
  const firstStep = isFirst ? Math.min(1, 1 / Math.sqrt(slope)) : 1;
  const found = lineSearch(evaluate, { step: 0, value: from.logDensity, slope }, firstStep, wolfe);
  return found !== null && to.gradient.every(Number.isFinite) ? to : null;
}

function isCurved({ step, change }: CurvaturePair): boolean {
  return dot(step, change) > LEAST_COSINE * Math.sqrt(dot(step, step) * dot(change, change));
}
