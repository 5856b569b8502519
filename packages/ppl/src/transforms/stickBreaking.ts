/** @file From K - 1 real numbers to a simplex of K, by breaking a stick. */
import * as tf from '@tensorflow/tfjs-core';
import type { Tensor } from '@tensorflow/tfjs-core';
import type { Constraint } from '../constraints/constraint.ts';
import { realVector } from '../constraints/real.ts';
import { simplex } from '../constraints/vectors.ts';
import { exact } from '../ops/exact.ts';
import { toFloat } from '../ops/toFloat.ts';
import type { Shape } from '../util/shape.ts';
import { precision } from './edges.ts';
import type { Transform } from './transform.ts';

/**
 * Element k takes the portion sigmoid(x_k - log(K - k)) of what is left of the stick, so that x = 0 gives equal parts.
 *
 * Source: Stan Reference Manual, "Unit simplex". Worked out on log scale, so that no part vanishes before its float does.
 */
export class StickBreakingTransform implements Transform {
  readonly name: string = 'stickBreaking';
  readonly domain: Constraint = realVector;
  readonly codomain: Constraint = simplex;

  forward(x: Tensor): Tensor {
    return tf.tidy(() => {
      const { logTaken, logLeft } = logPortions(x);
      // log(part k) = log(portion k) + what the earlier ones left; the last part is all that is left.
      const earlier = tf.cumsum(logLeft, logLeft.rank - 1);
      const none = tf.zeros([...x.shape.slice(0, -1), 1]);
      const logParts = tf.add(tf.concat([none, earlier], -1), tf.concat([logTaken, none], -1));
      return tf.maximum(tf.exp(logParts), exact(precision().tiny));
    });
  }

  inverse(y: Tensor): Tensor {
    return tf.tidy(() => {
      // logit(portion k) = log(part k) - log(sum of all later parts): no differences of nearly equal numbers.
      const later = tf.cumsum(y, y.rank - 1, true, true);
      const logit = tf.sub(tf.log(allButLast(y)), tf.log(allButLast(later)));
      return tf.add(logit, offsets(logit.shape));
    });
  }

  /** The Jacobian is triangular: Σ_k log(part k) + log(1 - portion k). */
  logAbsDetJacobian(x: Tensor): Tensor {
    return tf.tidy(() => {
      const { logTaken, logLeft } = logPortions(x);
      const earlier = tf.cumsum(logLeft, logLeft.rank - 1, true);
      return tf.sum(tf.add(tf.add(logTaken, earlier), logLeft), -1);
    });
  }

  forwardShape(shape: Shape): number[] {
    return resized(shape, 1);
  }

  inverseShape(shape: Shape): number[] {
    return resized(shape, -1);
  }
}

/** log sigmoid(±(x - offset)): the logarithm of the portion taken, and of the portion left. */
function logPortions(x: Tensor): { logTaken: Tensor; logLeft: Tensor } {
  const logit = tf.sub(x, offsets(x.shape));
  const logLeft = tf.neg(tf.softplus(logit));
  return { logTaken: tf.add(logit, logLeft), logLeft };
}

/** log(K - k) for k = 1 .. K - 1. */
function offsets(shape: Shape): Tensor {
  const count = shape.at(-1) ?? 0;
  return toFloat(Array.from({ length: count }, (_, i) => Math.log(count - i)));
}

function allButLast(x: Tensor): Tensor {
  return tf.slice(x, x.shape.map(() => 0), resized(x.shape, -1));
}

function resized(shape: Shape, by: number): number[] {
  return [...shape.slice(0, -1), (shape.at(-1) ?? 0) + by];
}

/** From `[..., K - 1]` real numbers to simplexes `[..., K]`, all parts above zero. */
export const stickBreaking: Transform = new StickBreakingTransform();
