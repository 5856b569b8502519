/** @file Where a chain begins. */
import type { RandomStream } from '../../random/stream.ts';
import { evaluateAt, type EvaluatedPoint, type LogDensity } from './logDensity.ts';

/** Draws a candidate for the initial position of a chain, in unconstrained space. */
export type InitialDraw = (stream: RandomStream) => ArrayLike<number>;

/** Each coordinate uniform on (-radius, radius). */
export function uniformDraw(dimension: number, radius: number): InitialDraw {
  return (stream) => Float64Array.from({ length: dimension }, () => radius * (2 * stream.uniform() - 1));
}

/** No initial position was found where log density and gradient are finite. */
export class InitialPointError extends Error {
  override readonly name: string = 'InitialPointError';
  /** How many positions were tried. */
  readonly tries: number;
  /** At how many of them the log density itself was not finite. */
  readonly nonFiniteDensity: number;
  /** Coordinates whose gradient was not finite at some position where the log density was. */
  readonly nonFiniteGradient: readonly number[];
  /** The last position tried. */
  readonly lastPosition: readonly number[];

  constructor(message: string, failure: InitialPointFailure, options?: ErrorOptions) {
    super(message, options);
    this.tries = failure.tries;
    this.nonFiniteDensity = failure.nonFiniteDensity;
    this.nonFiniteGradient = failure.nonFiniteGradient;
    this.lastPosition = failure.lastPosition;
  }

  /** The same, said of one chain of several. */
  ofChain(chain: number): InitialPointError {
    return new InitialPointError(`chain ${chain}: ${this.message}`, this, { cause: this });
  }
}

type InitialPointFailure = Pick<InitialPointError, 'tries' | 'nonFiniteDensity' | 'nonFiniteGradient' | 'lastPosition'>;

/** What was found where a chain was to begin, and what to do about it. */
function describeFailure(
  { tries, nonFiniteDensity, nonFiniteGradient }: InitialPointFailure,
  lastLogDensity: number,
  describeCoordinate: (coordinate: number) => string,
  explanation: string | null,
): string {
  const found = [];
  if (nonFiniteDensity > 0) {
    found.push(`the log density was not finite in ${nonFiniteDensity} of ${tries} tries (${lastLogDensity} at the last)`);
  }
  if (nonFiniteGradient.length > 0) {
    const shown = nonFiniteGradient.slice(0, 10).map(describeCoordinate);
    if (nonFiniteGradient.length > shown.length) shown.push(`${nonFiniteGradient.length - shown.length} more`);
    found.push(`the gradient was not finite for ${shown.join(', ')}`);
  }
  return (
    `cannot find valid initial parameters: ${found.join('; and ')}.${explanation === null ? '' : ` There, ${explanation}.`} Check ` +
    'that the data lie in the support of their distributions and that no operation overflows or divides by zero, or choose where ' +
    'to begin with `initStrategy`.'
  );
}

/**
 * The first of up to `maxTries` draws where the log density and every coordinate of its gradient are finite.
 *
 * @param describeCoordinate - how error messages call a coordinate, as in `theta[3]`.
 * @param explain - which part of the model makes the density infinite or NaN at a position, if that is known.
 * @throws InitialPointError when there is none.
 * @throws RangeError when a draw does not have the density's dimension.
 */
export function findInitialPoint(
  density: LogDensity,
  draw: InitialDraw,
  stream: RandomStream,
  describeCoordinate: (coordinate: number) => string,
  maxTries: number,
  explain: (position: Float64Array) => string | null = () => null,
): EvaluatedPoint {
  const nonFiniteGradient = new Set<number>();
  let nonFiniteDensity = 0;
  let last: EvaluatedPoint | null = null;
  for (let tries = 0; tries < maxTries; tries++) {
    const candidate = draw(stream);
    if (candidate.length !== density.dimension) {
      throw new RangeError(
        `initial position: the density has ${density.dimension} dimensions, got ${candidate.length} values`,
      );
    }
    last = evaluateAt(density, candidate);
    if (!Number.isFinite(last.logDensity)) {
      nonFiniteDensity++;
      continue;
    }
    if (last.gradient.every(Number.isFinite)) return last;
    for (const [i, slope] of last.gradient.entries()) if (!Number.isFinite(slope)) nonFiniteGradient.add(i);
  }
  const failure: InitialPointFailure = {
    tries: maxTries,
    nonFiniteDensity,
    nonFiniteGradient: [...nonFiniteGradient].sort((a, b) => a - b),
    lastPosition: Array.from(last?.position ?? []),
  };
  const explanation = last === null ? null : explain(Float64Array.from(last.position));
  throw new InitialPointError(describeFailure(failure, last?.logDensity ?? Number.NaN, describeCoordinate, explanation), failure);
}
