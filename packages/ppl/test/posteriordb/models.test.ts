/** @file The models of posteriordb compute what their mathematical statement says: densities and gradients. */
import { MODELS } from '../../../../bench/models/posteriordb/index.js';
import { ready } from '../../src/backend/ready.ts';
import '../../src/index.ts';
import { logDensity } from '../../src/infer/mcmc/model/modelTarget.ts';
import { RandomStream } from '../../src/random/stream.ts';
import { gradient } from '../helpers/finiteDifference.ts';
import { expectNoLeak } from '../helpers/leak.ts';
import { Coordinates } from './coordinates.ts';
import { readData } from './files.ts';
import { ORACLES } from './oracles.ts';

beforeAll(() => ready({ backend: 'cpu' }));

/** Points of unconstrained space, each coordinate uniform on (-1, 1). */
function points(dimension: number, count: number): Float64Array[] {
  const stream = RandomStream.fromSeed(12);
  return Array.from({ length: count }, () => Float64Array.from({ length: dimension }, () => 2 * stream.uniform() - 1));
}

test('every model has an oracle', () => {
  expect(Object.keys(ORACLES).sort()).toEqual(Object.keys(MODELS).sort());
});

describe.each(Object.keys(MODELS))('%s', (name) => {
  const data = readData(name);

  function oracle(q: readonly number[]): number {
    const coordinates = new Coordinates(q);
    const value = ORACLES[name]!(data as never)(coordinates);
    expect(coordinates.isExhausted).toBe(true);
    return value + coordinates.logJacobian;
  }

  const known: { readonly q: Float64Array; readonly value: number; readonly slope: number[] }[] = [];

  /** The oracle's value and gradient at three points. */
  function truth(dimension: number): typeof known {
    if (known.length === 0) {
      for (const q of points(dimension, 3)) known.push({ q, value: oracle([...q]), slope: gradient(oracle, [...q], 0.1) });
    }
    return known;
  }

  // Float32 has seven digits; sums of a thousand terms and differences of nearly equal numbers lose three of them.
  test.each([
    ['eager', 1e-4],
    ['compiled', 1e-10],
  ] as const)('%s: the density, up to a constant, and its gradient', (engine, tolerance) => {
    expectNoLeak(() => {
      const density = logDensity(MODELS[name]!, [data], { engine });
      const slope = new Float64Array(density.dimension);
      let excess: number | null = null;
      for (const expected of truth(density.dimension)) {
        const value = density.evaluate(expected.q, slope);
        excess ??= value - expected.value;
        expect(Math.abs(value - expected.value - excess)).toBeLessThan(tolerance * Math.max(1, Math.abs(expected.value)));
        const scale = Math.max(1, ...expected.slope.map(Math.abs));
        expected.slope.forEach((exact, i) => expect(Math.abs(slope[i]! - exact)).toBeLessThan(tolerance * scale));
      }
    });
  });
});
