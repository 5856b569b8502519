/** @file The mode of a log density, and the normal that fits there. */
import { cholesky } from '../../mcmc/cholesky.ts';
import type { EvaluatedPoint, LogDensity } from '../../mcmc/logDensity.ts';
import { evaluateAt } from '../../mcmc/logDensity.ts';
import { hessian } from './hessian.ts';
import { inverseOfFactor, multiplied, transposeMultiplied } from './triangular.ts';

/** A mode, with the curvature around it. */
export interface Mode {
  readonly position: Float64Array;
  readonly logDensity: number;
  /** L⁻¹ of the Cholesky factor L of the negative Hessian, n × n row by row: lower triangular. */
  readonly inverseFactor: Float64Array;
}

/** How exactly to work: as exactly as gradients are. */
export interface Precision {
  /** See {@link hessian}. */
  readonly relativeStep: number;
  /** How near to come to the mode, in standard deviations. */
  readonly tolerance: number;
}

/** The density does not curve downwards everywhere. */
export class NoCurvature extends Error {
  override readonly name: string = 'NoCurvature';
  /** Coordinates along which it does not; if there are none, then it does not along some combination of them. */
  readonly coordinates: readonly number[];

  constructor(coordinates: readonly number[], cause: unknown) {
    super('the negative Hessian is not positive definite', { cause });
    this.coordinates = coordinates;
  }
}

const MAX_STEPS = 50;
const MAX_HALVINGS = 30;

/**
 * Climbs from `start` to the mode by Newton's method, with steps that are halved until they lead upwards. From close by, it
 * takes one step or two.
 *
 * @throws NoCurvature where the density does not curve downwards, so that there is no mode nearby.
 * @throws Error when the mode is not found.
 */
export function findMode(density: LogDensity, start: ArrayLike<number>, { relativeStep, tolerance }: Precision): Mode {
  let point = evaluateAt(density, start);
  if (!Number.isFinite(point.logDensity)) throw new Error(`the log density is ${point.logDensity} there`);
  let distance = Infinity;
  for (let steps = 0; steps < MAX_STEPS; steps++) {
    const inverseFactor = inverseFactorAt(density, point, relativeStep);
    // With the gradient g, the step is Σg = L⁻ᵀ L⁻¹ g, and |L⁻¹ g| its length in standard deviations.
    const white = multiplied(inverseFactor, point.gradient);
    distance = Math.hypot(...white);
    const next = distance < tolerance ? null : climb(density, point, transposeMultiplied(inverseFactor, white));
    // Where no step leads upwards, rounding is all that is left.
    if (next === null && distance < Math.max(tolerance, 0.01)) {
      return { position: point.position, logDensity: point.logDensity, inverseFactor };
    }
    if (next === null) break;
    point = next;
  }
  throw new Error(`the mode is still ${distance.toPrecision(2)} standard deviations away after ${MAX_STEPS} steps of Newton's method, or none led upwards`);
}

function inverseFactorAt(density: LogDensity, { position }: EvaluatedPoint, relativeStep: number): Float64Array {
  const n = position.length;
  const precision = hessian(density, position, relativeStep).map((x) => -x);
  try {
    return inverseOfFactor(cholesky(precision, n), n);
  } catch (error) {
    throw new NoCurvature([...position.keys()].filter((i) => !((precision[i * n + i] ?? 0) > 0)), error);
  }
}

/** A point higher up, along `direction`; null if there is none. */
function climb(density: LogDensity, from: EvaluatedPoint, direction: Float64Array): EvaluatedPoint | null {
  for (let halvings = 0, length = 1; halvings < MAX_HALVINGS; halvings++, length /= 2) {
    const point = evaluateAt(density, from.position.map((x, i) => x + length * (direction[i] ?? 0)));
    if (point.logDensity > from.logDensity) return point;
  }
  return null;
}
