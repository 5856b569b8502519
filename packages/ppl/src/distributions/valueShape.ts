/** @file Which shapes a value of a distribution may have. */
import { broadcastShapes, format, sameShape } from '../util/shape.ts';
import type { Shape } from '../util/shape.ts';

interface Shaped {
  readonly name: string;
  readonly batchShape: Shape;
  readonly eventShape: Shape;
}

/**
 * Refuses a value of a site whose shape does not fit `distribution`; above all one like [N] against a batch shape of
 * [N, 1], which tfjs would broadcast to [N, N] and sum up without a word.
 *
 * @throws Error with both shapes and what to do.
 */
export function checkValueShape(distribution: Shaped, shape: Shape): void {
  const { batch, joint } = fit(distribution, shape);
  if (joint !== null && isOneOf(joint, batch, distribution.batchShape)) return;
  throw misfit(distribution, shape, joint);
}

/**
 * Refuses an argument of `logProb` whose shape does not fit `distribution`. A table of all values against all parameters
 * is welcome, such as [N, 1] against [K], but for what is nearly always a row taken for a column: [N] against [N, 1].
 * Where that is meant, both say so by having as many dimensions, as in [N, 1] against [1, N].
 *
 * @throws Error with both shapes and what to do.
 */
export function checkArgumentShape(distribution: Shaped, shape: Shape): void {
  const { batch, joint } = fit(distribution, shape);
  const { batchShape } = distribution;
  const isTable = batch.length === batchShape.length || !isRowAgainstColumn(batch, batchShape);
  if (joint !== null && (isTable || isOneOf(joint, batch, batchShape))) return;
  throw misfit(distribution, shape, joint);
}

/** The value's batch dimensions, and what they and the distribution's broadcast to: null if they do not. */
function fit({ name, batchShape, eventShape }: Shaped, shape: Shape): { batch: Shape; joint: number[] | null } {
  const eventRank = eventShape.length;
  const event = shape.slice(Math.max(0, shape.length - eventRank));
  if (shape.length < eventRank || event.some((size, i) => size !== eventShape[i])) {
    throw new Error(
      `${name}: value has shape ${format(shape)}, but batchShape+eventShape is ${format(batchShape)}+${format(eventShape)}; ` +
        `its last ${eventRank} dimension(s) must be ${format(eventShape)}. Reshape the value, or change toEvent(n).`,
    );
  }
  const batch = shape.slice(0, shape.length - eventRank);
  try {
    return { batch, joint: broadcastShapes(batch, batchShape) };
  } catch {
    return { batch, joint: null };
  }
}

function isOneOf(joint: Shape, a: Shape, b: Shape): boolean {
  return sameShape(joint, a) || sameShape(joint, b);
}

/** Whether some length that only `a` has along one dimension is one that only `b` has along another. */
function isRowAgainstColumn(a: Shape, b: Shape): boolean {
  const own = (shape: Shape, other: Shape): number[] => shape.filter((n, i) => n > 1 && (other[i + other.length - shape.length] ?? 1) === 1);
  return own(a, b).some((n) => own(b, a).includes(n));
}

function misfit({ name, batchShape, eventShape }: Shaped, shape: Shape, joint: Shape | null): Error {
  const consequence = joint === null ? 'they do not fit' : `together they would broadcast to ${format(joint)}`;
  const expected = `batchShape+eventShape is ${format(batchShape)}+${format(eventShape)}`;
  return new Error(
    `${name}: value has shape ${format(shape)}, but ${expected}; ${consequence}. ` +
      'Give both the same shape: reshape the value (tf.squeeze, tf.expandDims) or the parameters.',
  );
}
