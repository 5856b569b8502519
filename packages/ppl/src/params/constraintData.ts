/** @file Constraints as plain data, and back, by the names of what makes them. */
import { Tensor } from '@tensorflow/tfjs-core';
import { circle } from '../constraints/circle.ts';
import type { Constraint } from '../constraints/constraint.ts';
import { IndependentConstraint, independent } from '../constraints/independent.ts';
import { Interval, nonNegative, positive, unitInterval } from '../constraints/interval.ts';
import { corrCholesky, lowerCholesky, positiveDefinite } from '../constraints/matrices.ts';
import { real, realVector } from '../constraints/real.ts';
import { sameStructure } from '../constraints/same.ts';
import { ordered, positiveOrdered, simplex } from '../constraints/vectors.ts';
import type { Parameter } from '../distributions/parameter.ts';
import type { PlainData } from './plainData.ts';

/** Those that their names say all about. */
const CONSTANTS: ReadonlyMap<string, Constraint> = new Map(
  [real, realVector, positive, nonNegative, unitInterval, circle, simplex, ordered, positiveOrdered, lowerCholesky, corrCholesky, positiveDefinite].map(
    (constraint) => [constraint.name, constraint],
  ),
);

/**
 * `constraint` by name and numbers.
 *
 * @throws Error for a constraint that is none of `constraints.*`: nothing could make it again from data.
 */
export function constraintData(constraint: Constraint): PlainData {
  const { name } = constraint;
  const constant = CONSTANTS.get(name);
  if (constant !== undefined && sameStructure(constant, constraint)) return name;
  // Of those very classes: a subclass may mean something else.
  switch (constraint.constructor) {
    case Interval: {
      const { lower, upper, isOpen } = constraint as Interval;
      return { kind: 'interval', name, lower: boundData(lower), upper: boundData(upper), isOpen };
    }
    case IndependentConstraint: {
      const { base, reinterpreted } = constraint as IndependentConstraint;
      return { kind: 'independent', base: constraintData(base), reinterpreted };
    }
    default:
      throw new Error(`its constraint ${name} is none of those in \`constraints\`, so that a file cannot hold it`);
  }
}

/** The constraint that {@link constraintData} made `data` of. @throws Error for other data. */
export function constraintOf(data: PlainData): Constraint {
  if (typeof data === 'string') {
    const constant = CONSTANTS.get(data);
    if (constant !== undefined) return constant;
  }
  if (typeof data === 'object' && data !== null && 'kind' in data) {
    const { kind, name, lower, upper, isOpen, base, reinterpreted } = data;
    if (kind === 'interval' && typeof name === 'string' && isBound(lower) && isBound(upper) && typeof isOpen === 'boolean') {
      return new Interval(lower, upper, isOpen, name);
    }
    if (kind === 'independent' && base !== undefined && Number.isSafeInteger(reinterpreted) && (reinterpreted as number) > 0) {
      return independent(constraintOf(base), reinterpreted as number);
    }
  }
  throw new Error(`there is no constraint ${JSON.stringify(data)}; the file was written by another version, or by hand`);
}

type Bound = number | readonly Bound[];

/** A bound as a number or nested arrays of such. */
function boundData(bound: Parameter): Bound {
  if (bound instanceof Tensor) return bound.arraySync() as Bound;
  return typeof bound === 'object' ? Array.from(bound as ArrayLike<Parameter>, boundData) : Number(bound);
}

function isBound(data: unknown): data is Parameter {
  return Array.isArray(data) ? data.every(isBound) : typeof data === 'number' && !Number.isNaN(data);
}
