/** @file Means and spreads, by hand. */
import { meanOf, rootMeanSquare, withSpread } from '../src/statistics.ts';

test('means and root mean squares', () => {
  expect(meanOf([1, 2, 6])).toBe(3);
  expect(rootMeanSquare([3, -4])).toBeCloseTo(Math.sqrt(12.5), 12);
});

test('a spread is the standard deviation of a sample, where there is one', () => {
  expect(withSpread([1, 2, 3], 1, ' %')).toBe('2.0 ± 1.0 %');
  expect([withSpread([0.25], 2), withSpread([], 2)]).toEqual(['0.25', '']);
});
