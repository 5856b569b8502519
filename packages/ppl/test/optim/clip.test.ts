/** @file Clipped gradients. */
import { clip, sgd } from '../../src/optim/index.ts';
import type { ClipOptions } from '../../src/optim/index.ts';
import { parameter } from './parameter.ts';

/** What is left of the gradients [3, 0] and [4]. */
function clipped(options: ClipOptions): number[] {
  const [x, y] = [parameter('x', [3, 0]), parameter('y', [-4])];
  clip(sgd({ lr: 1 }), options).step([x, y]);
  expect([...x.gradient, ...y.gradient]).toEqual([3, 0, -4]);
  return [...x.value, ...y.value].map((moved) => 0 - moved);
}

test('by the norm of all gradients together', () => {
  const [a, b, c] = clipped({ norm: 1 });
  expect([a, b, c]).toEqual([expect.closeTo(0.6, 6), 0, expect.closeTo(-0.8, 6)]);
  expect(clipped({ norm: 5 })).toEqual([3, 0, -4]);
});

test('by value', () => {
  expect(clipped({ value: 3.5 })).toEqual([3, 0, -3.5]);
});

test('by both: the norm first', () => {
  const [a, b, c] = clipped({ norm: 2.5, value: 1.75 });
  expect([a, b, c]).toEqual([1.5, 0, -1.75]);
});

test.each<[ClipOptions, RegExp]>([
  [{}, /optim\.clip: give norm, value or both/],
  [{ norm: 0 }, /optim\.clip: norm must be positive, got 0/],
  [{ value: NaN }, /value must be positive/],
  [{ nrom: 1 } as ClipOptions, /unknown option "nrom".*"norm"/],
])('%j', (options, message) => {
  expect(() => clip(sgd(), options)).toThrow(message);
});
