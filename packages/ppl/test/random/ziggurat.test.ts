import { erfc } from '../../src/ops/scalar/erf.ts';
import { RandomStream } from '../../src/random/stream.ts';
import { fillNormal } from '../../src/random/ziggurat.ts';

const n = 400_000;
const draws = new Float64Array(n);
fillNormal(RandomStream.fromSeed(20_250_103), draws);

/** P(Z ≤ x) */
const cdf = (x: number) => 0.5 * erfc(-x / Math.SQRT2);

describe('fillNormal', () => {
  test('draws from the standard normal: Kolmogorov', () => {
    const sorted = draws.toSorted();
    const distances = sorted.map((x, i) => Math.max(cdf(x) - i / n, (i + 1) / n - cdf(x)));
    // P(√n D > 2.5) < 2 exp(-2 · 2.5²) = 7e-6.
    expect(Math.sqrt(n) * distances.reduce((a, b) => Math.max(a, b), 0)).toBeLessThan(2.5);
  });

  test('has its moments', () => {
    const moment = (k: number) => draws.reduce((sum, x) => sum + x ** k, 0) / n;
    // E Z^k and E Z^2k: 0, 1; 1, 3; 0, 15; 3, 105; 15, 10395.
    for (const [k, expected, second] of [[1, 0, 1], [2, 1, 3], [3, 0, 15], [4, 3, 105], [6, 15, 10_395]] as const) {
      expect(Math.abs(moment(k) - expected)).toBeLessThan(4.5 * Math.sqrt((second - expected ** 2) / n));
    }
  });

  test.each([[0, 0.22], [0.22, 1], [1, 2], [2, 3.6541528853610088], [3.6541528853610088, 4], [4, Infinity]])(
    'has its share on either side between %p and %p: top layer, wedges, and tail', (low, high) => {
      const share = (inside: (x: number) => boolean) => draws.reduce((sum, x) => sum + (inside(x) ? 1 : 0), 0) / n;
      const probability = cdf(high) - cdf(low);
      const error = 4.5 * Math.sqrt((probability * (1 - probability)) / n);
      expect(Math.abs(share((x) => x > low && x <= high) - probability)).toBeLessThan(error);
      expect(Math.abs(share((x) => x < -low && x >= -high) - probability)).toBeLessThan(error);
    },
  );

  test('draws are uncorrelated', () => {
    for (const lag of [1, 2, 7]) {
      let sum = 0;
      for (let i = lag; i < n; i++) sum += draws[i]! * draws[i - lag]!;
      expect(Math.abs(sum / n)).toBeLessThan(4.5 / Math.sqrt(n));
    }
  });

  test('is a function of the stream, which goes on from its state', () => {
    const whole = draws.slice(0, 5000);
    const stream = RandomStream.fromSeed(20_250_103);
    const [head, tail] = [new Float64Array(1234), new Float64Array(5000 - 1234)];
    fillNormal(stream, head);
    fillNormal(RandomStream.fromState(JSON.parse(JSON.stringify(stream.state)) as RandomStream['state']), tail);
    expect([...head, ...tail]).toEqual([...whole]);
  });
});
