/** @file Kullback-Leibler divergences in closed form: a registry on pairs of families. */
import * as tf from '@tensorflow/tfjs-core';
import type { Tensor } from '@tensorflow/tfjs-core';
import { broadcastShapes, format, sameShape } from '../util/shape.ts';
import type { Distribution } from './distribution.ts';
import type { Operand } from './fold.ts';
import { asTensor } from './parameter.ts';

/** A class of distributions, abstract or not. */
export interface Family<D extends Distribution = Distribution> {
  readonly prototype: D;
}

/**
 * KL(p ‖ q) in closed form: a number, or a tensor of a shape that broadcasts to the joint batch shape; `null` if there is
 * none for these two, so that the next rule is tried.
 */
export type KlRule<P extends Distribution, Q extends Distribution> = (p: P, q: Q) => Operand | null;

/** No closed form is known: estimate the divergence from draws instead. */
export class NoClosedFormKl extends Error {
  override readonly name: string = 'NoClosedFormKl';

  constructor(p: Distribution, q: Distribution) {
    super(
      `no closed form is known for KL(${p.name} ‖ ${q.name}); estimate it from draws, or register a rule with ` +
        'dist.registerKl(P, Q, (p, q) => ...)',
    );
  }
}

const rules = new Map<Family, Map<Family, KlRule<never, never>>>();

/**
 * Registers a closed form for distributions of classes `P` and `Q` and their subclasses. Rules nearer to the class of `p`
 * go first, among those the ones nearer to the class of `q`; a later registration of the same pair replaces an earlier
 * one.
 *
 * @param rule - runs inside `tf.tidy`.
 */
export function registerKl<P extends Distribution, Q extends Distribution>(
  P: Family<P>,
  Q: Family<Q>,
  rule: KlRule<P, Q>,
): void {
  const row = rules.get(P) ?? new Map<Family, KlRule<never, never>>();
  row.set(Q, rule);
  rules.set(P, row);
}

/**
 * KL(p ‖ q) = E_p[log p(x) - log q(x)], in nats; Infinity where p has mass outside of the support of q.
 *
 * @returns the batch shape that those of `p` and `q` broadcast to.
 * @throws NoClosedFormKl when no rule fits.
 * @throws Error when the event shapes differ or the batch shapes do not broadcast.
 */
export function klDivergence(p: Distribution, q: Distribution): Tensor {
  p.throwIfInvalid();
  q.throwIfInvalid();
  if (!sameShape(p.eventShape, q.eventShape)) {
    throw new Error(
      `klDivergence: event shapes differ: ${p.name} has ${format(p.eventShape)}, ${q.name} ${format(q.eventShape)}`,
    );
  }
  const shape = broadcastShapes(p.batchShape, q.batchShape);
  return tf.tidy(() => {
    for (const rule of candidates(p, q)) {
      const result = rule(p as never, q as never);
      if (result !== null) return tf.broadcastTo(asTensor(result), shape);
    }
    throw new NoClosedFormKl(p, q);
  });
}

/** The rules registered for these classes, nearest first. */
function* candidates(p: Distribution, q: Distribution): Generator<KlRule<never, never>> {
  for (const P of ancestry(p)) {
    const row = rules.get(P);
    if (row === undefined) continue;
    for (const Q of ancestry(q)) {
      const rule = row.get(Q);
      if (rule !== undefined) yield rule;
    }
  }
}

/** The class of `distribution` and those that it extends, nearest first. */
function* ancestry(distribution: Distribution): Generator<Family> {
  let type: unknown = distribution.constructor;
  while (typeof type === 'function' && type !== Function.prototype) {
    yield type as unknown as Family;
    type = Object.getPrototypeOf(type);
  }
}
