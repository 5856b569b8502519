/** @file Early stopping, on loss curves made for it. */
import { infer, RandomStream } from '@tychejs/ppl';
import fc from 'fast-check';
import type { FlatOptions } from '../../../src/infer/svi/stopWhen.ts';

/** After how many steps a run with these losses ends; null if it goes on to their end. */
function stopsAt(losses: readonly number[], options: FlatOptions): number | null {
  const isLast = infer.stopWhenFlat(options).begin();
  const index = losses.findIndex((loss) => isLast(loss));
  return index < 0 ? null : index + 1;
}

/** The same, from the definition: means over all full windows, and how long ago the lowest of them was. */
function slowly(losses: readonly number[], { patience, window, minDelta }: Required<FlatOptions>): number | null {
  const finite = losses.flatMap((loss, i) => (Number.isFinite(loss) ? [{ loss, step: i + 1 }] : []));
  let best = Infinity;
  let since = 0;
  for (let end = window; end <= finite.length; end++) {
    const mean = finite.slice(end - window, end).reduce((sum, { loss }) => sum + loss, 0) / window;
    if (mean < best - minDelta) {
      best = mean;
      since = end;
    }
    if (end - since >= patience) return finite[end - 1]!.step;
  }
  return null;
}

test('stops so many steps after the lowest mean', () => {
  expect(stopsAt([5, 4, 3, 3, 3, 3, 3], { window: 1, patience: 3 })).toBe(6);
  expect(stopsAt([5, 4, 3, 2, 1, 0], { window: 1, patience: 1 })).toBeNull();
  expect(stopsAt([5, 6], { window: 1, patience: 1 })).toBe(2);
  // Means of two: 4, 2, 2, 2.
  expect(stopsAt([4, 4, 0, 4, 0], { window: 2, patience: 2 })).toBe(5);
  // Less than minDelta is no improvement.
  expect(stopsAt([5, 4.9, 4.8, 4.7], { window: 1, patience: 2, minDelta: 0.5 })).toBe(3);
  expect(stopsAt([5, 4.9, 4.4, 4.3], { window: 1, patience: 2, minDelta: 0.5 })).toBeNull();
});

test('losses of steps that were skipped neither count nor wear patience out', () => {
  expect(stopsAt([5, NaN, NaN, NaN, 4, Infinity, NaN, 4, 4], { window: 1, patience: 2 })).toBe(9);
});

test('is what its definition says, on any curve', () => {
  const curve = fc.array(fc.oneof({ weight: 9, arbitrary: fc.integer({ min: -4, max: 4 }) }, { weight: 1, arbitrary: fc.constant(NaN) }), { maxLength: 40 });
  const options = fc.record({ patience: fc.integer({ min: 1, max: 6 }), window: fc.integer({ min: 1, max: 4 }), minDelta: fc.constantFrom(0, 0.6) });
  fc.assert(fc.property(curve, options, (losses, settings) => expect(stopsAt(losses, settings)).toBe(slowly(losses, settings))), { seed: 1, numRuns: 500 });
});

test('a noisy curve that falls is followed to its bottom', () => {
  // exp(-step / 300) falls by less than the noise from step to step, but not from window to window.
  const stream = RandomStream.fromSeed(1);
  const losses = Array.from({ length: 20_000 }, (_, i) => 10 * Math.exp(-i / 300) + 0.5 * stream.normal());
  const stopped = stopsAt(losses, {})!;
  expect(stopped).toBeGreaterThan(1500); // 10 exp(-5) is about the error of a mean of 100
  expect(stopped).toBeLessThan(10_000);
});

test('every run is judged by itself', () => {
  const rule = infer.stopWhenFlat({ window: 1, patience: 1 });
  const [first, second] = [rule.begin(), rule.begin()];
  expect([first(1), second(2), first(1), second(1)]).toEqual([false, false, true, false]);
});

test.each<[object, RegExp]>([
  [{ patience: 0 }, /infer\.stopWhenFlat: patience must be an integer of at least 1, got 0/],
  [{ window: 1.5 }, /window must be an integer of at least 1, got 1\.5/],
  [{ minDelta: -1 }, /minDelta must be a number of at least 0, got -1/],
  [{ patient: 3 }, /unknown option "patient"\. Did you mean "patience"/],
])('%j is refused', (options, message) => {
  expect(() => infer.stopWhenFlat(options)).toThrow(message);
});
