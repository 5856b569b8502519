/** @file Transforms one after the other. */
import * as tf from '@tensorflow/tfjs-core';
import type { Tensor } from '@tensorflow/tfjs-core';
import type { Constraint } from '../constraints/constraint.ts';
import { independent as independentConstraint } from '../constraints/independent.ts';
import type { Shape } from '../util/shape.ts';
import { identity } from './elementwise.ts';
import type { Transform } from './transform.ts';
import { sumRightmost } from './transform.ts';

/** The class behind {@link compose}. */
export class ComposeTransform implements Transform {
  readonly name: string;
  readonly domain: Constraint;
  readonly codomain: Constraint;
  /** The first is applied first. */
  readonly parts: readonly Transform[];

  /** @param parts - at least one. */
  constructor(parts: readonly [Transform, ...Transform[]]) {
    this.name = `compose(${parts.map((part) => part.name).join(', ')})`;
    this.parts = parts;
    const [first] = parts;
    const last = parts.at(-1) ?? first;
    // A part that acts on vectors makes vectors of the whole, though the others act on numbers.
    let eventDim = last.codomain.eventDim;
    for (const part of parts.toReversed()) {
      eventDim = part.domain.eventDim + Math.max(0, eventDim - part.codomain.eventDim);
    }
    this.domain = independentConstraint(first.domain, eventDim - first.domain.eventDim);
    for (const part of parts) eventDim += part.codomain.eventDim - part.domain.eventDim;
    this.codomain = independentConstraint(last.codomain, eventDim - last.codomain.eventDim);
  }

  forward(x: Tensor): Tensor {
    return tf.tidy(() => this.parts.reduce((value, part) => part.forward(value), x));
  }

  inverse(y: Tensor): Tensor {
    return tf.tidy(() => this.parts.reduceRight((value, part) => part.inverse(value), y));
  }

  logAbsDetJacobian(x: Tensor, y: Tensor): Tensor {
    return tf.tidy(() => {
      let eventDim = this.domain.eventDim;
      let before = x;
      let total: Tensor | null = null;
      this.parts.forEach((part, i) => {
        const after = i === this.parts.length - 1 ? y : part.forward(before);
        const change = sumRightmost(part.logAbsDetJacobian(before, after), eventDim - part.domain.eventDim);
        total = total === null ? change : tf.add(total, change);
        eventDim += part.codomain.eventDim - part.domain.eventDim;
        before = after;
      });
      return total ?? tf.zeros(x.shape);
    });
  }

  forwardShape(shape: Shape): number[] {
    return this.parts.reduce((s: Shape, part) => part.forwardShape(s), shape).slice();
  }

  inverseShape(shape: Shape): number[] {
    return this.parts.reduceRight((s: Shape, part) => part.inverseShape(s), shape).slice();
  }
}

/** The transforms one after the other, the first first. Without any: the identity. */
export function compose(transforms: readonly Transform[]): Transform {
  const parts = transforms.flatMap((part) => (part instanceof ComposeTransform ? part.parts : [part]));
  const [first, ...rest] = parts;
  if (first === undefined) return identity;
  return rest.length === 0 ? first : new ComposeTransform([first, ...rest]);
}
