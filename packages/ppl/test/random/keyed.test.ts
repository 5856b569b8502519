/** @file Draws as functions of parameters and two uniform numbers. */
import { keyedBernoulli, keyedBinomial, keyedGamma, keyedPoisson } from '../../src/random/keyed.ts';
import { KeyedSource } from '../../src/random/source.ts';
import { RandomStream } from '../../src/random/stream.ts';

test('a keyed source gives the draws of the stream with its key, however it was used before', () => {
  const source = new KeyedSource();
  for (const [k, l] of [[1, 2], [0xffffffff, 7], [1, 2]] as const) {
    const stream = RandomStream.fromKey(k, l);
    source.at(k, l);
    const draws = (from: KeyedSource | RandomStream): number[] => [from.normal(), from.uniform(), from.exponential(), from.normal(), from.normal(), from.uniform()];
    expect(draws(source)).toEqual(draws(stream));
    source.normal();
  }
});

const smallest = 2 ** -24;
const next = smallest + 2 ** -23;

test('both uniform numbers count, and nothing else', () => {
  const draws = [keyedGamma(2, smallest, smallest), keyedGamma(2, next, smallest), keyedGamma(2, smallest, next)];
  expect(new Set(draws).size).toBe(3);
  keyedPoisson(100, 0.3, 0.4);
  expect(keyedGamma(2, smallest, smallest)).toBe(draws[0]);
  expect(keyedBinomial(1000, 0.3, next, smallest)).toBe(keyedBinomial(1000, 0.3, next, smallest));
});

test('small probabilities are met to 46 bits', () => {
  // Of the coarse cell (0, 2^-23) the lower quarter.
  const p = 2 ** -25;
  expect([0.24, 0.26].map((v) => keyedBernoulli(p, smallest, v))).toEqual([1, 0]);
  expect(keyedBernoulli(p, next, smallest)).toBe(0);
  expect([keyedBernoulli(0, smallest, smallest), keyedBernoulli(1, 1 - smallest, 1 - smallest)]).toEqual([0, 1]);
  expect(keyedBernoulli(Number.NaN, 0.5, 0.5)).toBeNaN();
});
