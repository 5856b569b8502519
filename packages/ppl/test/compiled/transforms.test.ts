/** @file Bijections as compiled float64 programs: exact inverses, true volume changes, and images off the edges. */
import '../../src/backend/setup.ts';
import '../../src/compiled/register.ts';
import * as tf from '@tensorflow/tfjs-core';
import fc from 'fast-check';
import { ready } from '../../src/backend/ready.ts';
import * as constraints from '../../src/constraints/index.ts';
import * as transforms from '../../src/transforms/index.ts';
import type { Transform } from '../../src/transforms/index.ts';
import { compiled } from '../helpers/compiled.ts';
import { derivative, gradient, relativeError } from '../helpers/finiteDifference.ts';

beforeAll(() => ready({ backend: 'cpu' }));

const { biject, compose } = transforms;

/** A transform of six numbers, and which elements of y are free coordinates of its (flat) codomain. */
type Row = readonly [name: string, transform: () => Transform, free: readonly number[]];

const EACH = [0, 1, 2, 3, 4, 5];

const rows: readonly Row[] = [
  ['exp', () => transforms.exp, EACH],
  ['affine', () => transforms.affine(0.1, -2.3456789012345), EACH],
  ['sigmoid', () => transforms.sigmoid, EACH],
  ['softplus', () => transforms.softplus, EACH],
  ['tanh', () => transforms.tanh, EACH],
  ['power after exp', () => compose([transforms.exp, transforms.power(-1.5)]), EACH],
  ['interval', () => biject(constraints.interval(-2.3456789012345, 5.1)), EACH],
  ['interval of arrays', () => biject(constraints.interval([-2, 0, 1, 0, 0, 0.1], [5, 1, 1.5, 0.3, 9, 0.2])), EACH],
  ['greaterThan', () => biject(constraints.greaterThan(-2.1)), EACH],
  ['lessThan', () => biject(constraints.lessThan(3.3)), EACH],
  ['circle', () => biject(constraints.circle), EACH],
  ['stickBreaking', () => transforms.stickBreaking, EACH],
  ['ordered', () => transforms.ordered, EACH],
  ['positiveOrdered', () => transforms.positiveOrdered, EACH],
  ['lowerCholesky', () => transforms.lowerCholesky, [0, 3, 4, 6, 7, 8]],
  ['corrCholesky', () => transforms.corrCholesky, [4, 8, 9, 12, 13, 14]],
  ['positiveDefinite', () => biject(constraints.positiveDefinite), [0, 3, 4, 6, 7, 8]],
];

/** log |det| by elimination with pivots. */
function logAbsDet(matrix: readonly number[][]): number {
  const m = matrix.map((row) => [...row]);
  return m.reduce((total, _, k) => {
    const pivot = m.slice(k).reduce((best, row, i) => (Math.abs(row[k]!) > Math.abs(m[best]![k]!) ? k + i : best), k);
    [m[k], m[pivot]] = [m[pivot]!, m[k]!];
    for (const row of m.slice(k + 1)) {
      const factor = row[k]! / m[k]![k]!;
      for (let j = k; j < m.length; j++) row[j]! -= factor * m[k]![j]!;
    }
    return total + Math.log(Math.abs(m[k]![k]!));
  }, 0);
}

const points = fc.array(fc.double({ min: -3, max: 3, noNaN: true }), { minLength: 6, maxLength: 6 });

test.each(rows)('%s: inverse, volume change and its gradient', (_name, make, free) => {
  const transform = make();
  const shape = transform.forwardShape([6]);
  const forward = compiled((x) => transform.forward(x!), [[6]], false);
  const inverse = compiled((y) => transform.inverse(y!), [shape], false);
  const change = compiled((x) => tf.sum(transform.logAbsDetJacobian(x!, transform.forward(x!))), [[6]]);
  fc.assert(
    fc.property(points, (x) => {
      const y = forward.value([x]);
      const back = inverse.value([y]);
      // Ordered elements and Cholesky factors are known to 1e-16 of the largest, e³ beside differences of e⁻³.
      x.forEach((value, i) => expect(relativeError(back[i]!, value, 1)).toBeLessThan(1e-11));
      const jacobian = x.map((at, k) => free.map((i) => derivative((moved) => forward.value([x.with(k, moved)])[i]!, at, 0.1)));
      expect(relativeError(change.value([x])[0]!, logAbsDet(jacobian), 1)).toBeLessThan(1e-7);
      const slopes = gradient((moved) => change.value([moved])[0]!, x, 0.1);
      change.gradients([x])[0]!.forEach((slope, i) => expect(relativeError(slope, slopes[i]!, 1)).toBeLessThan(1e-8));
    }),
    { numRuns: 3 },
  );
});

// Of a matrix with eigenvalues from e⁻⁶⁰ to e⁶⁰ no float64 holds the small ones.
test.each(rows.filter(([name]) => name !== 'positiveDefinite'))('%s: far out, the image stays in the set, and off its edges', (_name, make) => {
  const transform = make();
  const check = compiled((x) => tf.cast(tf.all(transform.codomain.check(transform.forward(x!))), 'float32'), [[6]], false);
  for (const size of [30, 36, 40, 300]) {
    for (const sign of [1, -1]) {
      const x = EACH.map((i) => (i % 2 === 0 ? sign : -sign) * size);
      expect([size, sign, check.value([x])[0]]).toEqual([size, sign, 1]);
    }
  }
});

test('what float32 would round to the edge is still told apart', () => {
  const forward = compiled((x) => transforms.sigmoid.forward(x!), [[2]], false);
  const [high, higher] = forward.value([[20, 21]]) as unknown as [number, number];
  expect(1 - high).toBeCloseTo(Math.exp(-20), 14);
  expect(higher).toBeGreaterThan(high);
});

test('gaps and parts that float32 would not hold', () => {
  const ordered = compiled((x) => transforms.ordered.forward(x!), [[2]], false).value([[10, -25]]);
  expect(relativeError(ordered[1]! - ordered[0]!, Math.exp(-25))).toBeLessThan(1e-4);
  const simplex = compiled((x) => transforms.stickBreaking.forward(x!), [[1]], false).value([[-150]]);
  expect(relativeError(simplex[0]!, Math.exp(-150))).toBeLessThan(1e-13);
  const l = compiled((x) => transforms.corrCholesky.forward(x!), [[1]], false).value([[100]]);
  expect(relativeError(l[3]!, 2 * Math.exp(-100))).toBeLessThan(1e-13);
});
