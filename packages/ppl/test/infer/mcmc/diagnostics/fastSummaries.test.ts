import fc from 'fast-check';
import { meanAutocovariance } from '../../../../src/infer/mcmc/diagnostics/autocovariance.ts';
import { fourierTransform } from '../../../../src/infer/mcmc/diagnostics/fourier.ts';
import { atPlaces, foldedScores, placesOf, rankNormalise } from '../../../../src/infer/mcmc/diagnostics/rankNormalise.ts';
import { RandomStream } from '../../../../src/random/stream.ts';

const stream = RandomStream.fromSeed(3);
const noise = (length: number) => Float64Array.from({ length }, () => stream.normal());

test.each([1, 2, 8, 64])('fourierTransform of %p numbers is the sum that defines it', (size) => {
  const [real, imaginary] = [noise(size), noise(size)];
  const expected = Array.from({ length: size }, (_, k) => {
    let [re, im] = [0, 0];
    for (let n = 0; n < size; n++) {
      const angle = (-2 * Math.PI * k * n) / size;
      re += real[n]! * Math.cos(angle) - imaginary[n]! * Math.sin(angle);
      im += real[n]! * Math.sin(angle) + imaginary[n]! * Math.cos(angle);
    }
    return [re, im];
  });
  fourierTransform(real, imaginary);
  for (let k = 0; k < size; k++) {
    expect(real[k]).toBeCloseTo(expected[k]![0]!, 11);
    expect(imaginary[k]).toBeCloseTo(expected[k]![1]!, 11);
  }
});

test.each([[1, 200], [2, 129], [3, 256], [8, 100]])('meanAutocovariance of %p chains of %p draws, at every lag', (count, length) => {
  const chains = Array.from({ length: count }, () => noise(length));
  const autocovariance = meanAutocovariance(chains);
  for (let lag = 0; lag < length; lag++) {
    let sum = 0;
    for (const chain of chains) for (let t = lag; t < length; t++) sum += chain[t]! * chain[t - lag]!;
    // Both around the lag where the way of computing changes, and for a function asked in another order.
    expect(autocovariance(lag)).toBeCloseTo(sum / length / count, 12);
    expect(meanAutocovariance(chains)(lag)).toBe(autocovariance(lag));
  }
});

test('foldedScores are the rank-normalised distances from the centre, ties and all', () => {
  const draws = fc.array(fc.oneof(fc.integer({ min: -3, max: 3 }), fc.double({ min: -4, max: 4, noNaN: true })), {
    minLength: 1,
    maxLength: 30,
  });
  fc.assert(
    fc.property(draws, fc.oneof(fc.integer({ min: -3, max: 3 }), fc.double({ min: -5, max: 5, noNaN: true })), (own, centre) => {
      const chain = Float64Array.from(own);
      const sorted = chain.slice().sort();
      const distances = chain.map((draw) => Math.abs(draw - centre));
      expect(atPlaces(placesOf([chain], sorted), foldedScores(sorted, centre))).toEqual(rankNormalise([distances]));
    }),
    { numRuns: 300 },
  );
});

test('placesOf finds the first equal draw, however the draws are spread', () => {
  const draw = fc.oneof(
    fc.integer({ min: -3, max: 3 }),
    fc.double({ noNaN: true, noDefaultInfinity: true }),
    fc.double({ min: 1e9, max: 1e9 + 1e-3, noNaN: true }),
  );
  fc.assert(
    fc.property(fc.array(draw, { minLength: 1, maxLength: 40 }), (draws) => {
      const chain = Float64Array.from(draws);
      const sorted = chain.slice().sort();
      expect([...placesOf([chain], sorted)[0]!]).toEqual(draws.map((x) => [...sorted].findIndex((y) => y >= x)));
    }),
    { numRuns: 300 },
  );
});
