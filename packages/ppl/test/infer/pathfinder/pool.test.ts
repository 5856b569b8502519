import fc from 'fast-check';
import { lowerBound } from '../../../src/infer/pathfinder/elbo.ts';
import { InverseHessianFactor } from '../../../src/infer/pathfinder/factor.ts';
import { NormalApproximation } from '../../../src/infer/pathfinder/normalApproximation.ts';
import { mixtureLogRatios, resample, type PooledDraw } from '../../../src/infer/pathfinder/pool.ts';
import { RandomStream } from '../../../src/random/stream.ts';

/** N(mean, sd²) in one dimension. */
const normal = (mean: number, sd: number): NormalApproximation =>
  new NormalApproximation({
    position: Float64Array.of(mean),
    gradient: Float64Array.of(0),
    factor: new InverseHessianFactor(Float64Array.of(sd * sd), []),
  });
const normalDensity = (x: number, mean: number, sd: number): number =>
  Math.exp(-0.5 * ((x - mean) / sd) ** 2) / (sd * Math.sqrt(2 * Math.PI));

describe('lowerBound', () => {
  test('is the mean, where all draws count', () => {
    expect(lowerBound([1, 2, 6])).toBe(3);
  });

  test('of q cut off where p is zero, stays below the log evidence', () => {
    // p is the upper half of N(0, 1), q all of it: p/q = 1 there, and the evidence is ½.
    expect(lowerBound([0, -Infinity, 0, -Infinity])).toBeCloseTo(Math.log(0.5), 12);
    expect(lowerBound([-Infinity, -Infinity])).toBe(-Infinity);
  });
});

describe('mixtureLogRatios', () => {
  test('are those of the mixture in equal parts', () => {
    const draws = [-1, 0.3, 4].map((x) => ({ position: Float64Array.of(x), logDensity: -x * x }));
    const ratios = mixtureLogRatios(draws, [normal(0, 1), normal(2, 0.5)]);
    draws.forEach(({ position, logDensity }, i) => {
      const mixture = 0.5 * normalDensity(position[0]!, 0, 1) + 0.5 * normalDensity(position[0]!, 2, 0.5);
      expect(ratios[i]).toBeCloseTo(logDensity - Math.log(mixture), 12);
    });
  });

  test('a density of zero has no weight', () => {
    expect([...mixtureLogRatios([{ position: Float64Array.of(0), logDensity: -Infinity }], [normal(0, 1)])]).toEqual([-Infinity]);
  });

  test('modes count by their mass, however many paths end in each', () => {
    // ¼ N(-10, 1) + ¾ N(10, 1); three of four approximations are of the first.
    const approximations = [normal(-10, 1), normal(-10, 1), normal(-10, 1.1), normal(10, 1)];
    const stream = RandomStream.fromSeed(1);
    const draws: PooledDraw[] = approximations.flatMap((q) =>
      Array.from({ length: 500 }, () => {
        const position = q.draw(stream);
        const x = position[0]!;
        return { position, logDensity: Math.log(0.25 * normalDensity(x, -10, 1) + 0.75 * normalDensity(x, 10, 1)) };
      }),
    );
    const weights = mixtureLogRatios(draws, approximations).map(Math.exp);
    const total = weights.reduce((sum, w) => sum + w, 0);
    const upper = draws.reduce((sum, { position }, i) => sum + (position[0]! > 0 ? weights[i]! : 0), 0);
    // Weights are all but constant within each mode: 500 draws of weight 3 against 1500 of about ⅓; those of the third
    // approximation vary by some 10 %, so that the share is off by less than 0.01 at 4.5 standard errors.
    expect(Math.abs(upper / total - 0.75)).toBeLessThan(0.01);
  });
});

describe('resample', () => {
  test('takes each as often as its share, rounded up or down', () => {
    const weights = fc.array(fc.double({ min: 0, max: 10, noNaN: true }), { minLength: 1, maxLength: 30 });
    fc.assert(
      fc.property(weights, fc.integer({ min: 1, max: 200 }), fc.integer(), (logWeights, count, seed) => {
        const chosen = resample(logWeights, count, RandomStream.fromSeed(seed));
        const total = logWeights.reduce((sum, x) => sum + Math.exp(x), 0);
        expect(chosen).toHaveLength(count);
        logWeights.forEach((x, i) => {
          const times = chosen.filter((index) => index === i).length;
          expect(Math.abs(times - (count * Math.exp(x)) / total)).toBeLessThan(1 + 1e-6);
        });
      }),
    );
  });

  test('never takes what has no weight, and mixes the order', () => {
    const chosen = resample([-Infinity, 0, 0, 0, -Infinity], 300, RandomStream.fromSeed(2));
    expect(new Set(chosen)).toEqual(new Set([1, 2, 3]));
    const rises = chosen.filter((index, i) => i > 0 && index >= chosen[i - 1]!).length;
    expect(rises).toBeLessThan(250);
  });

  test('without bias', () => {
    // Of two with shares ¼ and ¾, one draw takes the second in ¾ of runs: standard error √(3/16 / 2000).
    let second = 0;
    for (let seed = 0; seed < 2000; seed++) second += resample([0, Math.log(3)], 1, RandomStream.fromSeed(seed))[0]!;
    expect(Math.abs(second / 2000 - 0.75)).toBeLessThan(4.5 * Math.sqrt(3 / 16 / 2000));
  });
});
