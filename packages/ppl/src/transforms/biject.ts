/** @file The bijection from unconstrained space onto each set, by the set's class. */
import { Circle } from '../constraints/circle.ts';
import type { Constraint } from '../constraints/constraint.ts';
import { IndependentConstraint } from '../constraints/independent.ts';
import { Interval } from '../constraints/interval.ts';
import { CorrCholesky, LowerCholesky, PositiveDefinite } from '../constraints/matrices.ts';
import { Real } from '../constraints/real.ts';
import { Ordered, Simplex } from '../constraints/vectors.ts';
import { HalfLineTransform, LogisticTransform, sigmoid } from './bounded.ts';
import { compose } from './compose.ts';
import { exp, identity } from './elementwise.ts';
import { Image } from './image.ts';
import { independent } from './independent.ts';
import { corrCholesky, gram, lowerCholesky } from './matrices.ts';
import { ordered, positiveOrdered } from './ordered.ts';
import { stickBreaking } from './stickBreaking.ts';
import type { Transform } from './transform.ts';

type ConstraintClass<C extends Constraint> = abstract new (...args: never[]) => C;

const registry = new Map<ConstraintClass<Constraint>, (constraint: never) => Transform>();

/**
 * Says how to reach the sets of class `type` (and of its subclasses, unless they have a bijection of their own) from
 * unconstrained space. A later registration replaces an earlier one.
 *
 * @param make - given the constraint, the transform from all real numbers, or real vectors, onto it.
 */
export function registerBijection<C extends Constraint>(
  type: ConstraintClass<C>,
  make: (constraint: C) => Transform,
): void {
  registry.set(type, make);
}

/** There is no bijection from unconstrained space onto a set. */
export class NoBijection extends Error {
  override readonly name: string = 'NoBijection';

  constructor(constraint: Constraint) {
    const why = constraint.isDiscrete
      ? 'it is discrete, and no smooth map reaches it from the real numbers; sum the site out or observe it'
      : 'register one with transforms.registerBijection';
    super(`no bijection from unconstrained space onto ${constraint.name}: ${why}`);
  }
}

/**
 * The bijection from unconstrained space onto `constraint`. Its image lies strictly inside of open sets, and off the edges
 * of closed ones, even when float32 rounds.
 *
 * @throws NoBijection when there is none: for discrete sets, and for classes that were never registered.
 */
export function biject(constraint: Constraint): Transform {
  let type: unknown = constraint.constructor;
  while (typeof type === 'function' && type !== Object && type !== Function.prototype) {
    const make = registry.get(type as unknown as ConstraintClass<Constraint>);
    if (make !== undefined) return make(constraint as never);
    type = Object.getPrototypeOf(type);
  }
  throw new NoBijection(constraint);
}

function ontoInterval({ lower, upper }: Interval): Transform {
  if (lower === -Infinity && upper === Infinity) return identity;
  if (lower === 0 && upper === Infinity) return exp;
  if (upper === Infinity) return new HalfLineTransform(lower, true);
  if (lower === -Infinity) return new HalfLineTransform(upper, false);
  return lower === 0 && upper === 1 ? sigmoid : new LogisticTransform(lower, upper);
}

registerBijection(Real, () => identity);
registerBijection(Interval, ontoInterval);
registerBijection(Circle, () => new LogisticTransform(-Math.PI, Math.PI));
registerBijection(Simplex, () => stickBreaking);
registerBijection(Ordered, ({ isPositive }) => (isPositive ? positiveOrdered : ordered));
registerBijection(LowerCholesky, () => lowerCholesky);
registerBijection(CorrCholesky, () => corrCholesky);
registerBijection(PositiveDefinite, () => compose([lowerCholesky, gram]));
registerBijection(IndependentConstraint, ({ base, reinterpreted }) => independent(biject(base), reinterpreted));
registerBijection(Image, ({ transform, set }) => compose([biject(set), transform]));
