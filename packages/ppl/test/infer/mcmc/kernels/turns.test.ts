import fc from 'fast-check';
import { TrajectoryMemory, type PlacedPoint } from '../../../../src/infer/mcmc/kernels/trajectoryMemory.ts';
import { dot } from '../densities.ts';

const DIMENSION = 3;
const vector = fc.array(fc.double({ min: -1, max: 2, noNaN: true }), { minLength: DIMENSION, maxLength: DIMENSION });

/** The criterion by its definition, on a list of momenta under the metric M⁻¹ = diag(1, 2, 3). */
const velocity = (p: readonly number[]) => p.map((x, i) => (i + 1) * x);
const sumOf = (momenta: readonly number[][]) =>
  Array.from({ length: DIMENSION }, (_, i) => momenta.reduce((total, p) => total + p[i]!, 0));
function turns(momenta: readonly number[][]): boolean {
  return dot(velocity(momenta[0]!), sumOf(momenta)) <= 0 || dot(velocity(momenta.at(-1)!), sumOf(momenta)) <= 0;
}

/** What the kernels say of the pieces `a` and `b`, and the sum that they leave. */
function join(a: readonly number[][], b: readonly number[][]): { turned: boolean; sum: number[] } {
  const memory = new TrajectoryMemory(DIMENSION, 4, 3);
  const place = (momentum: readonly number[]): PlacedPoint => {
    const point = memory.point();
    point.momentum.set(momentum);
    point.velocity.set(velocity(momentum));
    return point;
  };
  const put = (values: readonly number[]) => {
    const placed = memory.vector();
    placed.values.set(values);
    return placed;
  };
  const [farA, nearA, nearB, farB] = [place(a[0]!), place(a.at(-1)!), place(b[0]!), place(b.at(-1)!)];
  const out = memory.vector();
  const { kernels, size } = memory;
  const turned = kernels.turns(
    farA.address, nearA.address, put(sumOf(a)).address, nearB.address, farB.address, put(sumOf(b)).address, out.address, size,
  );
  if (a.length === 1 && b.length === 1) {
    const whole = [...out.values];
    expect(kernels.pairTurns(farA.address, farB.address, out.address, size)).toBe(turned);
    expect([...out.values]).toEqual(whole);
  }
  return { turned: turned !== 0, sum: [...out.values] };
}

test('the kernels apply the criterion to the whole, and to each half with its neighbour', () => {
  let turned = 0;
  let onlyAtSeam = 0;
  const pieces = fc.array(vector, { minLength: 1, maxLength: 4 });
  fc.assert(
    fc.property(pieces, pieces, (a, b) => {
      const expected = turns([...a, ...b]) || turns([...a, b[0]!]) || turns([a.at(-1)!, ...b]);
      if (expected) turned++;
      if (expected && !turns([...a, ...b])) onlyAtSeam++;
      const joined = join(a, b);
      expect(joined.turned).toBe(expected);
      for (const [i, value] of sumOf([...a, ...b]).entries()) expect(joined.sum[i]).toBeCloseTo(value, 12);
      expect(join(b.toReversed(), a.toReversed()).turned).toBe(expected);
    }),
    { numRuns: 1000, seed: 1 },
  );
  // The cases were of all kinds.
  expect(turned).toBeGreaterThan(100);
  expect(turned).toBeLessThan(900);
  expect(onlyAtSeam).toBeGreaterThan(20);
});

test('NaN counts as a turn', () => {
  const ahead = [1, 1, 1];
  expect(join([ahead], [ahead]).turned).toBe(false);
  expect(join([ahead, ahead], [ahead, ahead]).turned).toBe(false);
  for (const i of [0, 1, 2]) {
    const lost = ahead.with(i, Number.NaN);
    expect(join([lost], [ahead]).turned).toBe(true);
    expect(join([ahead], [lost]).turned).toBe(true);
    expect(join([ahead, lost], [ahead, ahead]).turned).toBe(true);
    expect(join([ahead, ahead], [ahead, lost]).turned).toBe(true);
  }
});
