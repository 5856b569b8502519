import fc from 'fast-check';
import { turnsAcross, type Piece, type TrajectoryEnd } from '../../../src/infer/mcmc/termination.ts';
import { dot } from './densities.ts';

const vector = fc.array(fc.double({ min: -1, max: 2, noNaN: true }), { minLength: 2, maxLength: 2 });

/** The criterion by its definition, on a list of momenta under the metric M⁻¹ = diag(1, 2). */
const velocity = (p: number[]) => [p[0]!, 2 * p[1]!];
function turns(momenta: number[][]): boolean {
  const sum = [0, 1].map((i) => momenta.reduce((total, p) => total + p[i]!, 0));
  return dot(velocity(momenta[0]!), sum) <= 0 || dot(velocity(momenta.at(-1)!), sum) <= 0;
}

test('turnsAcross is the criterion on the whole and on each half with its neighbour', () => {
  let turned = 0;
  let onlyAtSeam = 0;
  const pieces = fc.array(vector, { minLength: 1, maxLength: 4 });
  fc.assert(
    fc.property(pieces, pieces, (a, b) => {
      const end = (p: number[]) => ({ momentum: Float64Array.from(p), velocity: Float64Array.from(velocity(p)) });
      const sum = (momenta: number[][]) => Float64Array.from([0, 1], (i) => momenta.reduce((total, p) => total + p[i]!, 0));
      const expected = turns([...a, ...b]) || turns([...a, b[0]!]) || turns([a.at(-1)!, ...b]);
      if (expected) turned++;
      if (expected && !turns([...a, ...b])) onlyAtSeam++;
      const piece = (momenta: number[][]): Piece => {
        const first = end(momenta[0]!);
        // A piece of one point has that very point at both ends.
        return { first, last: momenta.length === 1 ? first : end(momenta.at(-1)!), momentumSum: sum(momenta) };
      };
      const join = (x: number[][], y: number[][]) => {
        const [pieceX, pieceY] = [piece(x), piece(y)];
        const total = new Float64Array(2);
        const turns = turnsAcross(pieceX.first, pieceX.last, pieceX.momentumSum, pieceY, total);
        for (const [i, value] of sum([...x, ...y]).entries()) expect(total[i]).toBeCloseTo(value, 12);
        return turns;
      };
      expect(join(a, b)).toBe(expected);
      expect(join(b.toReversed(), a.toReversed())).toBe(expected);
    }),
    { numRuns: 1000, seed: 1 },
  );
  // The cases were of all kinds.
  expect(turned).toBeGreaterThan(100);
  expect(turned).toBeLessThan(900);
  expect(onlyAtSeam).toBeGreaterThan(20);
});

test('NaN counts as a turn', () => {
  const good = { momentum: Float64Array.of(1), velocity: Float64Array.of(1) };
  const bad = { momentum: Float64Array.of(1), velocity: Float64Array.of(Number.NaN) };
  const other = { ...good };
  const rho = Float64Array.of(1);
  const total = Float64Array.of(0);
  const turns = (b: TrajectoryEnd, ...ends: TrajectoryEnd[]) =>
    turnsAcross(good, ends[0] ?? good, rho, { first: ends[1] ?? b, last: b, momentumSum: rho }, total);
  expect([turns(good), turns(good, other, other)]).toEqual([false, false]);
  expect([turns(bad), turns(bad, other, other), turns(good, other, bad), turns(good, bad, other)]).toEqual([
    true, true, true, true,
  ]);
});
