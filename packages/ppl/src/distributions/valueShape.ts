/** @file Which shapes a value of a distribution may have. */
import { broadcastShapes, format, sameShape } from '../util/shape.ts';
import type { Shape } from '../util/shape.ts';

interface Shaped {
  readonly name: string;
  readonly batchShape: Shape;
  readonly eventShape: Shape;
}

/**
 * Refuses a value whose shape does not fit `distribution`; above all one like [N] against a batch shape of [N, 1], which
 * tfjs would broadcast to [N, N] and sum up without a word.
 *
 * @throws Error with both shapes and what to do.
 */
export function checkValueShape(distribution: Shaped, shape: Shape): void {
  const { name, batchShape, eventShape } = distribution;
  const eventRank = eventShape.length;
  const event = shape.slice(Math.max(0, shape.length - eventRank));
  const expected = `batchShape+eventShape is ${format(batchShape)}+${format(eventShape)}`;
  const eventFits = shape.length >= eventRank && event.every((size, i) => size === eventShape[i]);
  if (!eventFits) {
    throw new Error(
      `${name}: value has shape ${format(shape)}, but ${expected}; its last ${eventRank} dimension(s) must be ` +
        `${format(eventShape)}. Reshape the value, or change toEvent(n).`,
    );
  }
  const batch = shape.slice(0, shape.length - eventRank);
  let joint: number[] | null;
  try {
    joint = broadcastShapes(batch, batchShape);
  } catch {
    joint = null;
  }
  if (joint !== null && (sameShape(joint, batch) || sameShape(joint, batchShape))) return;
  const consequence = joint === null ? 'they do not fit' : `together they would broadcast to ${format(joint)}`;
  throw new Error(
    `${name}: value has shape ${format(shape)}, but ${expected}; ${consequence}. ` +
      'Give both the same shape: reshape the value (tf.squeeze, tf.expandDims) or the parameters.',
  );
}
