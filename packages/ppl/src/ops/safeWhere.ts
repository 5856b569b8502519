/** @file A `where` whose gradient is not spoilt by the branch not taken. */
import type { Tensor } from '@tensorflow/tfjs-core';
import * as tf from '@tensorflow/tfjs-core';

/**
 * `f(x)` where `condition` holds and `otherwise` elsewhere, with gradients to match.
 *
 * `tf.where(condition, f(x), y)` has the right value, but its gradient in x is NaN wherever the derivative of `f` is
 * infinite or NaN, even where f(x) is not taken, as zero times infinity is NaN. Here `f` never sees those entries: they
 * are replaced by `safe` first.
 *
 * @param condition - boolean tensor, broadcastable with `x`.
 * @param safe - any point at which `f` is harmless.
 */
export function safeWhere(
  condition: Tensor,
  x: Tensor,
  f: (x: Tensor) => Tensor,
  otherwise: Tensor | number,
  safe = 1,
): Tensor {
  return tf.tidy(() => tf.where(condition, f(tf.where(condition, x, tf.scalar(safe))), typeof otherwise === 'number' ? tf.scalar(otherwise) : otherwise));
}
