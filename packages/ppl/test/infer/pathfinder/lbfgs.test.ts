import fc from 'fast-check';
import { createPoint, evaluateAt, type LogDensity } from '../../../src/infer/mcmc/logDensity.ts';
import { updateDiagonal } from '../../../src/infer/pathfinder/diagonalUpdate.ts';
import type { CurvaturePair } from '../../../src/infer/pathfinder/factor.ts';
import { lbfgs, type Iterate, type LbfgsOptions, type PathStopReason } from '../../../src/infer/pathfinder/lbfgs.ts';
import { lineSearch, type LinePoint } from '../../../src/infer/pathfinder/lineSearch.ts';
import { RandomStream } from '../../../src/random/stream.ts';
import { counted, density, gaussian } from '../mcmc/densities.ts';
import { bfgs, diagonal, expectClose, inner, inverse, positiveDefinite, times } from './dense.ts';

function climb(target: LogDensity, start: readonly number[], options: Partial<LbfgsOptions> = {}) {
  const iterates: Iterate[] = [];
  const way = lbfgs(target, evaluateAt(target, start), { historySize: 6, maxIterations: 1000, ...options });
  for (;;) {
    const next = way.next();
    if (next.done === true) return { iterates, last: iterates.at(-1)!, reason: next.value satisfies PathStopReason };
    iterates.push(next.value);
  }
}

/** Rosenbrock's valley in n dimensions, upside down; its top is at (1, ..., 1). */
const rosenbrock = (n: number): LogDensity =>
  density(
    n,
    (x) => -x.slice(1).reduce((sum, next, i) => sum + 100 * (next - x[i]! ** 2) ** 2 + (1 - x[i]!) ** 2, 0),
    (x) =>
      x.map((xi, i) => {
        const ahead = i + 1 < n ? 400 * xi * (x[i + 1]! - xi * xi) + 2 * (1 - xi) : 0;
        const behind = i > 0 ? -200 * (xi - x[i - 1]! ** 2) : 0;
        return ahead + behind;
      }),
  );

/** Powell's singular function, upside down: at its top, 0, the Hessian has rank 2. */
const powell = density(
  4,
  ([a, b, c, d]) => -((a! + 10 * b!) ** 2) - 5 * (c! - d!) ** 2 - (b! - 2 * c!) ** 4 - 10 * (a! - d!) ** 4,
  ([a, b, c, d]) => {
    const [p, q, r, s] = [a! + 10 * b!, c! - d!, b! - 2 * c!, a! - d!];
    return [-2 * p - 40 * s ** 3, -20 * p - 4 * r ** 3, -10 * q + 8 * r ** 3, 10 * q + 40 * s ** 3];
  },
);

describe('known maxima', () => {
  test.each([2, 4, 10])('Rosenbrock, %i dimensions', (n) => {
    const target = counted(rosenbrock(n));
    const { last, reason } = climb(target, Array.from({ length: n }, (_, i) => (i % 2 === 0 ? -1.2 : 1)));
    expect(reason).toBe('converged');
    last.position.forEach((x) => expect(x).toBeCloseTo(n === 4 && last.position[0]! < 0 ? x : 1, 5));
    expect(target.count).toBeLessThan(400);
  });

  test('Powell', () => {
    const { last } = climb(powell, [3, -1, 0, 1]);
    expect(last.logDensity).toBeGreaterThan(-1e-9);
  });

  test('quadratics of any scale', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 8 }), fc.integer({ min: 0, max: 1e6 }), fc.integer({ min: -6, max: 6 }), (n, seed, log) => {
        const stream = RandomStream.fromSeed(seed);
        const precision = positiveDefinite(n, stream).map((row) => row.map((x) => x * 10 ** log));
        const { last, reason } = climb(gaussian(precision), Array.from({ length: n }, () => stream.normal()));
        expect(reason).toBe('converged');
        // What log density there is to be gained.
        expect(inner(last.position, times(precision, last.position))).toBeLessThan(1e-8);
      }),
    );
  });

  test('each point is higher than the one before', () => {
    const { iterates } = climb(rosenbrock(4), [-1.2, 1, -1.2, 1]);
    for (let i = 1; i < iterates.length; i++) {
      expect(iterates[i]!.logDensity).toBeGreaterThan(iterates[i - 1]!.logDensity - 1e-12);
    }
  });
});

/** The same method with whole matrices. */
function slowly(target: LogDensity, start: readonly number[], historySize: number, iterations: number): number[][] {
  let at = evaluateAt(target, start);
  let d: Float64Array = new Float64Array(target.dimension).fill(1);
  let pairs: CurvaturePair[] = [];
  const positions = [Array.from(at.position)];
  for (let k = 0; k < iterations; k++) {
    const h = pairs.reduce(bfgs, diagonal(d));
    const direction = times(h, at.gradient);
    const slope = inner(direction, at.gradient);
    const to = createPoint(target.dimension);
    const from = at;
    const evaluate = (step: number): LinePoint => {
      to.position.set(from.position.map((x, i) => x + step * direction[i]!));
      to.logDensity = target.evaluate(to.position, to.gradient);
      return { step, value: to.logDensity, slope: inner(to.gradient, direction) };
    };
    const firstStep = k === 0 ? Math.min(1, 1 / Math.sqrt(slope)) : 1;
    lineSearch(evaluate, { step: 0, value: at.logDensity, slope }, firstStep);
    const pair = { step: to.position.map((x, i) => x - from.position[i]!), change: from.gradient.map((g, i) => g - to.gradient[i]!) };
    d = updateDiagonal(d, pair);
    pairs = [...pairs, pair].slice(-historySize);
    at = to;
    positions.push(Array.from(at.position));
  }
  return positions;
}

test.each([1, 3, 8])('the way is that of whole matrices, with a history of %i', (historySize) => {
  const start = [-1.2, 1, 0.5, 2, -0.7];
  const { iterates } = climb(rosenbrock(5), start, { historySize });
  const slow = slowly(rosenbrock(5), start, historySize, 12);
  slow.forEach((position, k) => expectClose(iterates[k]!.position, position, 1e-7));
});

test('with exact line searches, the inverse Hessian of a quadratic is found in as many steps as dimensions', () => {
  const n = 6;
  const precision = positiveDefinite(n, RandomStream.fromSeed(2), 1);
  // Updates of the diagonal would begin each estimate elsewhere; but n conjugate pairs leave nothing of where it began.
  const wolfe = { sufficientIncrease: 1e-4, curvature: 1e-10 };
  const { iterates } = climb(gaussian(precision), [1, 2, -1, 0.5, 3, -2], { historySize: n, wolfe, maxIterations: n });
  const { factor } = iterates[n]!;
  const covariance = inverse(precision);
  const unit = (i: number) => Float64Array.from({ length: n }, (_, j) => (i === j ? 1 : 0));
  // Directions are conjugate where the diagonal stays the same; it does not, and so this is close, not exact.
  for (let i = 0; i < n; i++) expectClose(factor.multiply(unit(i)), covariance[i]!, 0.5);
});

describe('difficult places', () => {
  test('a density that is NaN, or zero, beyond a wall', () => {
    for (const bad of [NaN, -Infinity]) {
      // log p = log x - x, not defined below 0; maximum at 1.
      const wall = density(1, ([x]) => (x! > 0 ? Math.log(x!) - x! : bad), ([x]) => [x! > 0 ? 1 / x! - 1 : NaN]);
      for (const start of [1e-6, 0.1, 30]) expect(climb(wall, [start]).last.position[0]).toBeCloseTo(1, 5);
    }
  });

  test('a maximum at a wall ends the way', () => {
    const cliff = density(2, ([x, y]) => (x! < 1 ? x! - y! * y! : -Infinity), ([, y]) => [1, -2 * y!]);
    const { last, reason } = climb(cliff, [0, 1]);
    expect(last.position[0]).toBeCloseTo(1, 3);
    expect(reason).toBe('stalled');
  });

  test('gradients that are far too large at first', () => {
    // A quartic of enormous slopes far out.
    const steep = density(3, (q) => -q.reduce((sum, x) => sum + x ** 4 + x * x, 0), (q) => q.map((x) => -4 * x ** 3 - 2 * x));
    const { last } = climb(steep, [1e5, -1e3, 10]);
    last.position.forEach((x) => expect(Math.abs(x)).toBeLessThan(1e-4));
  });

  test('negative curvature is passed over', () => {
    // Convex far out (log p = -√(1 + x²) has less and less curvature), and a saddle at 0 in y.
    const saddle = density(2, ([x, y]) => -Math.sqrt(1 + x! * x!) - (y! * y! - 1) ** 2, ([x, y]) => [
      -x! / Math.sqrt(1 + x! * x!),
      -4 * y! * (y! * y! - 1),
    ]);
    const { last } = climb(saddle, [50, 1e-3]);
    expect(Math.abs(last.position[0]!)).toBeLessThan(1e-4);
    expect(Math.abs(last.position[1]!)).toBeCloseTo(1, 5);
  });

  test('a log density that rises for ever', () => {
    const { reason, last, iterates } = climb(density(1, ([x]) => x!, () => [1]), [0], { maxIterations: 20 });
    // Without curvature, nothing is learnt of it.
    iterates.forEach(({ factor }) => expect(factor.logDeterminant).toBe(0));
    expect(['maxIterations', 'stalled']).toContain(reason);
    expect(last.logDensity).toBeGreaterThan(1e10);
  });

  test('a gradient of zero at the start', () => {
    const { iterates, reason } = climb(gaussian([[1]]), [0]);
    expect(iterates).toHaveLength(1);
    expect(reason).toBe('converged');
  });

  test('a gradient that is not that of the density', () => {
    const { reason } = climb(density(1, ([x]) => -Math.abs(x!), ([x]) => [x! >= 0 ? 1 : -1]), [1]);
    expect(reason).toBe('stalled');
  });

  test('no more iterations than were asked for', () => {
    const { iterates, reason } = climb(rosenbrock(2), [-1.2, 1], { maxIterations: 5 });
    expect(iterates).toHaveLength(6);
    expect(reason).toBe('maxIterations');
  });
});
