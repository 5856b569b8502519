/**
 * @file Models of many kinds, from time series to differential equations, compile: in float64 their gradients are those
 * that differences say, and the eager engine gives the same to float32's precision.
 */
import { OTHERS } from '../../../../bench/models/posteriordb/index.js';
import { ready } from '../../src/backend/ready.ts';
import '../../src/index.ts';
import { logDensity } from '../../src/infer/mcmc/model/modelTarget.ts';
import { RandomStream } from '../../src/random/stream.ts';
import { derivative } from '../helpers/finiteDifference.ts';
import { expectNoLeak } from '../helpers/leak.ts';

beforeAll(() => ready({ backend: 'cpu' }));

/** Points around `centre`, each coordinate uniform on an interval of length one. */
function pointAround(centre: number, dimension: number): Float64Array {
  const stream = RandomStream.fromSeed(3);
  return Float64Array.from({ length: dimension }, () => centre + stream.uniform() - 0.5);
}

/** Where a density is not finite near the origin: the middle of the cube that points are drawn from. */
const CENTRES: Readonly<Record<string, number>> = { dogsLog: 3.5 };

/** Whose matrices are too badly conditioned for float32. */
const FLOAT64_ONLY: ReadonlySet<string> = new Set(['gpClassification', 'gpPoisRegr', 'kroneckerGp']);

/** Coordinates tried in a density of many. */
const TRIES = 6;

test.each(Object.keys(OTHERS))('%s', (name) => {
  const { model, data } = OTHERS[name]!;
  const args = [data(RandomStream.fromSeed(7))];
  expectNoLeak(() => {
    const density = logDensity(model, args, { engine: 'compiled' });
    const { dimension } = density;
    const q = pointAround(CENTRES[name] ?? 0, dimension);
    const slope = new Float64Array(dimension);
    const value = density.evaluate(q, slope);
    expect(value).toEqual(expect.closeTo(value));
    const scale = Math.max(1, ...slope.map(Math.abs));

    const unused = new Float64Array(dimension);
    const along = (i: number) => (x: number) => density.evaluate(q.with(i, x), unused);
    const chosen = dimension <= TRIES ? [...q.keys()] : Array.from({ length: TRIES }, (_, i) => (i * 31) % dimension);
    for (const i of chosen) expect(Math.abs(derivative(along(i), q[i]!, 0.05) - slope[i]!)).toBeLessThan(1e-9 * scale);

    if (FLOAT64_ONLY.has(name)) return;
    const eager = logDensity(model, args, { engine: 'eager' });
    const rough = new Float64Array(dimension);
    expect(Math.abs(eager.evaluate(q, rough) - value)).toBeLessThan(1e-5 * Math.max(1, Math.abs(value)));
    rough.forEach((x, i) => expect(Math.abs(x - slope[i]!)).toBeLessThan(1e-5 * scale));
  });
});

test.each(Object.keys(OTHERS).filter((name) => `${name}ByScan` in OTHERS))('%s, unrolled and as a loop, is the same', (name) => {
  const { model, data } = OTHERS[name]!;
  const args = [data(RandomStream.fromSeed(7))];
  expectNoLeak(() => {
    const densities = [model, OTHERS[`${name}ByScan`]!.model].map((form) => logDensity(form, args, { engine: 'compiled' }));
    const [unrolled, loop] = densities.map((density) => {
      const slope = new Float64Array(density.dimension);
      return [density.evaluate(pointAround(0, density.dimension), slope), ...slope];
    });
    unrolled!.forEach((x, i) => expect(Math.abs(loop![i]! - x)).toBeLessThan(1e-11 * Math.max(...unrolled!.map(Math.abs))));
  });
});
