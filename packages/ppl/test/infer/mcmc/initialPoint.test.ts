import { findInitialPoint, InitialPointError, uniformDraw } from '../../../src/infer/mcmc/initialPoint.ts';
import { initialDraws, type InitStrategy } from '../../../src/infer/mcmc/initStrategy.ts';
import type { LogDensity } from '../../../src/infer/mcmc/logDensity.ts';
import { resolveTarget, type Target } from '../../../src/infer/mcmc/target.ts';
import { RandomStream } from '../../../src/random/stream.ts';
import { counted, density, standardNormal } from './densities.ts';

const name = (i: number) => `theta[${i}]`;
const find = (target: LogDensity, tries = 100) =>
  findInitialPoint(target, uniformDraw(target.dimension, 2), RandomStream.fromSeed(1), name, tries);

function failure(target: LogDensity): InitialPointError {
  try {
    find(target);
  } catch (error) {
    if (error instanceof InitialPointError) return error;
  }
  throw new Error('expected an InitialPointError');
}

describe('findInitialPoint', () => {
  test('takes the first draw where density and gradient are finite', () => {
    const target = counted(density(2, ([x]) => (x! > 1 ? -x! : Number.NaN), ([, y]) => [-1, y! > 0 ? 0 : Infinity]));
    const point = find(target);
    expect(point.position[0]).toBeGreaterThan(1);
    expect(point.position[1]).toBeGreaterThan(0);
    expect(point.logDensity).toBe(-point.position[0]!);
    expect([...point.gradient]).toEqual([-1, 0]);
    expect(target.count).toBeGreaterThan(1);
    expect(target.count).toBeLessThan(100);
  });

  test('draws uniformly on (-2, 2)', () => {
    const draw = uniformDraw(1, 2);
    const stream = RandomStream.fromSeed(1);
    const n = 10_000;
    const draws = Array.from({ length: n }, () => draw(stream)[0]!);
    // A uniform variable on (-2, 2) has variance 4/3; its square has variance 64/45.
    expect(Math.abs(draws.reduce((sum, x) => sum + x, 0) / n)).toBeLessThan(4.5 * Math.sqrt(4 / 3 / n));
    expect(Math.abs(draws.reduce((sum, x) => sum + x * x, 0) / n - 4 / 3)).toBeLessThan(4.5 * Math.sqrt(64 / 45 / n));
    expect(Math.max(...draws.map(Math.abs))).toBeLessThan(2);
  });

  test('gives up after 100 tries, saying that the density was not finite', () => {
    const target = counted(density(1, () => -Infinity, () => [0]));
    const error = failure(target);
    expect(target.count).toBe(100);
    expect(error.message).toMatch(
      /^cannot find valid initial parameters: the log density was not finite in 100 of 100 tries \(-Infinity at the last\)/,
    );
    expect(error).toMatchObject({ name: 'InitialPointError', tries: 100, nonFiniteDensity: 100, nonFiniteGradient: [] });
    expect(error.lastPosition).toHaveLength(1);
  });

  test('names the coordinates whose gradient was not finite', () => {
    const error = failure(density(12, () => 0, (q) => q.map((x, i) => (i === 3 || (i === 1 && x > 0) ? Number.NaN : 1))));
    expect(error.message).toMatch(/the gradient was not finite for theta\[1\], theta\[3\]\./);
    expect(error).toMatchObject({ nonFiniteDensity: 0, nonFiniteGradient: [1, 3] });
    expect(failure(density(12, () => 0, (q) => q.map(() => Infinity))).message).toMatch(/theta\[9\], 2 more\./);
  });

  test('refuses draws of the wrong length', () => {
    expect(() => findInitialPoint(standardNormal(2), () => [1], RandomStream.fromSeed(1), name, 1)).toThrow(
      /2 dimensions, got 1 values/,
    );
  });
});

describe('initStrategy', () => {
  const plain = resolveTarget(standardNormal(2), [], { engine: 'auto', stream: RandomStream.fromSeed(1) }) as Target;
  const draw = (strategy: InitStrategy, target: Target = plain, chain = 0) =>
    Array.from(initialDraws(strategy, target, chain).draw(RandomStream.fromSeed(1)));

  test('uniform, by default and with another radius', () => {
    const draws = draw('uniform');
    expect(draw({ radius: 0.2 }).map((x) => 10 * x)).toEqual(draws.map((x) => expect.closeTo(x, 12)));
    expect(Math.max(...draws.map(Math.abs))).toBeLessThan(2);
    expect(draws[0]).not.toBe(draws[1]);
  });

  test('zero, a position, values, a function', () => {
    expect(draw('zero')).toEqual([0, 0]);
    expect(draw({ position: [3, 4] })).toEqual([3, 4]);
    const named: Target = { ...plain, unconstrain: (values) => Float64Array.from(values['x'] as number[], Math.log) };
    expect(draw({ values: { x: [1, Math.E] } }, named)).toEqual([0, 1]);
    expect(draw((_, chain) => [chain, chain], plain, 3)).toEqual([3, 3]);
  });

  test('a fixed position is tried once', () => {
    expect(initialDraws('zero', plain, 0).maxTries).toBe(1);
    expect(initialDraws({ position: [0, 0] }, plain, 0).maxTries).toBe(1);
    expect(initialDraws('uniform', plain, 0).maxTries).toBe(100);
  });

  test('says what it takes', () => {
    expect(() => draw({ values: {} })).toThrow(/without `unconstrain` takes \{ position \}/);
    expect(() => draw('median' as 'zero')).toThrow(/must be 'uniform', 'zero', .* got "median"/);
    expect(() => draw({ postion: [1] } as never)).toThrow(/Did you mean "position"/);
    expect(() => draw({ radius: -1 })).toThrow(/radius must be positive/);
  });
});
