/** @file A line search to the strong Wolfe conditions. */

/** A function to be maximised, and its derivative, at one step along a line. */
export interface LinePoint {
  readonly step: number;
  readonly value: number;
  readonly slope: number;
}

/** What a step must fulfil, with φ the function along the line. */
export interface WolfeConstants {
  /** c₁ of φ(t) ≥ φ(0) + c₁ t φ′(0). */
  readonly sufficientIncrease: number;
  /** c₂ of |φ′(t)| ≤ c₂ φ′(0), above c₁. */
  readonly curvature: number;
}

/**
 * c₂ is smaller than usual, for nearly exact searches: they cost half as many gradients again, but need a third fewer iterates,
 * each of which costs the draws of an ELBO, and leave better estimates of curvature.
 */
export const WOLFE: WolfeConstants = { sufficientIncrease: 1e-4, curvature: 0.1 };

const MAX_EVALUATIONS = 60;
/** Differences below this part of |φ(0)| are taken for rounding. */
const ROUNDING = 1e-12;
/** Trial steps stay this part of the bracket away from its ends. */
const MARGIN = 0.1;
const SLOWEST_SHRINKAGE = 2 / 3;
const LEAST_GROWTH = 2;
const MOST_GROWTH = 10;

/**
 * A step along which φ rises as far as the strong Wolfe conditions ask.
 *
 * The search keeps a bracket. Its lower end has risen enough and still rises steeply; its upper end has not risen enough, or
 * is falling, or φ or its slope is not finite there. A maximum of φ(t) - c₁ t φ′(0) lies between, and near it are steps that
 * fulfil the conditions. Trial steps are those of the cubic through the two ends; a bracket that hardly shrinks is halved.
 * Where φ is as large as φ(0) but for rounding, its slope decides alone (the approximate Wolfe conditions).
 *
 * Sources: Moré and Thuente (ACM TOMS 1994), for the function that has its maximum in the bracket; Nocedal and Wright,
 * "Numerical Optimization" (2nd edition), section 3.5; Hager and Zhang (SIAM J. Optim. 2005), for the approximate conditions.
 *
 * @param evaluate - φ and φ′ at a positive step; may be NaN or infinite.
 * @param start - φ at 0, finite, with a positive slope.
 * @param firstStep - the first to be tried.
 * @returns the last point evaluated: one that fulfils the conditions, or, after 60 evaluations, the furthest known to have
 *   risen enough; `null` when there is none.
 */
export function lineSearch(
  evaluate: (step: number) => LinePoint,
  start: LinePoint,
  firstStep: number,
  { sufficientIncrease, curvature }: WolfeConstants = WOLFE,
): LinePoint | null {
  const slack = ROUNDING * Math.abs(start.value);
  const hasRisen = ({ step, value, slope }: LinePoint): boolean =>
    value >= start.value + sufficientIncrease * step * start.slope ||
    (value >= start.value - slack && slope >= (2 * sufficientIncrease - 1) * start.slope);
  let lower = start;
  let upper: LinePoint | null = null;
  let width = Infinity;
  let step = firstStep;
  for (let evaluations = 1; evaluations < MAX_EVALUATIONS; evaluations++) {
    const point = evaluate(step);
    const isFinite = Number.isFinite(point.value) && Number.isFinite(point.slope);
    const rises = isFinite && hasRisen(point);
    if (rises && Math.abs(point.slope) <= curvature * start.slope) return point;
    if (rises && point.slope > 0) lower = point;
    else upper = point;
    if (upper === null) {
      step = extrapolate(start, lower);
      continue;
    }
    const before = width;
    width = upper.step - lower.step;
    const middle = lower.step + 0.5 * width;
    if (middle <= lower.step || middle >= upper.step) break;
    step = width > SLOWEST_SHRINKAGE * before ? middle : interpolate(lower, upper);
  }
  return lower === start ? null : evaluate(lower.step);
}

/** Beyond `from`, where φ′ would vanish if it went on falling as it did since `start`; from 2 to 10 times as far. */
function extrapolate(start: LinePoint, from: LinePoint): number {
  const fall = start.slope - from.slope;
  const growth = fall > 0 ? 1 + from.slope / fall : Infinity;
  return from.step * Math.min(MOST_GROWTH, Math.max(LEAST_GROWTH, growth));
}

/** The maximum of the cubic with the values and slopes of both ends, kept off the ends; the middle where there is none. */
function interpolate(lower: LinePoint, upper: LinePoint): number {
  const width = upper.step - lower.step;
  const chord = (3 * (lower.value - upper.value)) / width + lower.slope + upper.slope;
  const root = Math.sqrt(chord * chord - lower.slope * upper.slope);
  // Nocedal and Wright, equation 3.59, with signs for a maximum.
  const share = 1 - (-upper.slope + root + chord) / (lower.slope - upper.slope + 2 * root);
  if (!Number.isFinite(share)) return lower.step + 0.5 * width;
  return lower.step + Math.min(1 - MARGIN, Math.max(MARGIN, share)) * width;
}
