import fc from 'fast-check';
import { createPhasePoint, hamiltonian, type PhasePoint } from '../../../src/infer/mcmc/hamiltonian.ts';
import { leapfrog } from '../../../src/infer/mcmc/integrator.ts';
import type { LogDensity } from '../../../src/infer/mcmc/logDensity.ts';
import { createMetric, type InverseMassMatrix, type Metric } from '../../../src/infer/mcmc/metric.ts';
import { banana, density, gaussian, standardNormal } from './densities.ts';

function phasePoint(target: LogDensity, metric: Metric, q: readonly number[], p: readonly number[]): PhasePoint {
  const point = createPhasePoint(target.dimension);
  point.position.set(q);
  point.momentum.set(p);
  metric.velocity(point.momentum, point.velocity);
  point.logDensity = target.evaluate(point.position, point.gradient);
  return point;
}

function integrate(
  target: LogDensity, metric: Metric, q: readonly number[], p: readonly number[], stepSize: number, steps: number,
): PhasePoint {
  const point = phasePoint(target, metric, q, p);
  for (let i = 0; i < steps; i++) leapfrog(target, metric, point, stepSize);
  return point;
}

const identity = (dimension: number) => createMetric(dimension, { kind: 'identity' });
const pair = fc.tuple(fc.double({ min: -1.5, max: 1.5, noNaN: true }), fc.double({ min: -1.5, max: 1.5, noNaN: true }));
const metrics = fc.constantFrom<InverseMassMatrix>(
  { kind: 'identity' },
  { kind: 'diagonal', values: [0.5, 2] },
  { kind: 'dense', values: [1, 0.4, 0.4, 0.8] },
);

describe('leapfrog', () => {
  test('on a harmonic oscillator is the matrix that it is known to be', () => {
    // One step multiplies (q, p) by [[1 - ε²/2, ε], [-ε (1 - ε²/4), 1 - ε²/2]].
    const e = 0.3;
    const point = integrate(standardNormal(1), identity(1), [0.7], [-0.2], e, 1);
    expect(point.position[0]).toBeCloseTo((1 - e ** 2 / 2) * 0.7 + e * -0.2, 15);
    expect(point.momentum[0]).toBeCloseTo(-e * (1 - e ** 2 / 4) * 0.7 + (1 - e ** 2 / 2) * -0.2, 15);
    expect(point.velocity).toEqual(point.momentum);
    expect(point.logDensity).toBeCloseTo(-0.5 * point.position[0]! ** 2, 15);
    expect(point.gradient[0]).toBe(-point.position[0]!);
  });

  test('follows the exact trajectory of the oscillator as the step shrinks', () => {
    const time = 2;
    const error = (steps: number) => {
      const { position } = integrate(standardNormal(1), identity(1), [1], [0.5], time / steps, steps);
      return Math.abs(position[0]! - (Math.cos(time) + 0.5 * Math.sin(time)));
    };
    expect(error(20_000)).toBeLessThan(1e-8);
    expect(error(200) / error(400)).toBeCloseTo(4, 2);
  });

  test('is reversible: there, momentum flipped, and back (P31)', () => {
    fc.assert(
      fc.property(pair, pair, metrics, fc.integer({ min: 1, max: 20 }), (q, p, inverse, steps) => {
        const metric = createMetric(2, inverse);
        const there = integrate(banana, metric, q, p, 0.1, steps);
        const back = integrate(banana, metric, [...there.position], Array.from(there.momentum, (x) => -x), 0.1, steps);
        const undone = integrate(banana, metric, [...there.position], [...there.momentum], -0.1, steps);
        for (let i = 0; i < 2; i++) {
          expect(back.position[i]).toBeCloseTo(q[i]!, 9);
          expect(back.momentum[i]).toBeCloseTo(-p[i]!, 9);
          expect(undone.position[i]).toBeCloseTo(q[i]!, 9);
          expect(undone.momentum[i]).toBeCloseTo(p[i]!, 9);
        }
      }),
    );
  });

  test('preserves volume: the determinant of its Jacobian is 1 (P32)', () => {
    fc.assert(
      fc.property(pair, pair, metrics, (q, p, inverse) => {
        const metric = createMetric(2, inverse);
        const h = 1e-5;
        const columns = [0, 1, 2, 3].map((axis) => {
          const at = (sign: number) => {
            const z = [...q, ...p].map((x, i) => (i === axis ? x + sign * h : x));
            const end = integrate(banana, metric, z.slice(0, 2), z.slice(2), 0.2, 3);
            return [...end.position, ...end.momentum];
          };
          const low = at(-1);
          return at(1).map((x, i) => (x - low[i]!) / (2 * h));
        });
        expect(determinant(columns)).toBeCloseTo(1, 6);
      }),
    );
  });

  test('has an energy error that falls by four when the step halves (P33)', () => {
    const error = (stepSize: number) => {
      const metric = identity(2);
      const start = hamiltonian(phasePoint(banana, metric, [0.5, -0.3], [0.8, 0.4]));
      return Math.abs(hamiltonian(integrate(banana, metric, [0.5, -0.3], [0.8, 0.4], stepSize, Math.round(1 / stepSize))) - start);
    };
    expect(error(0.01) / error(0.005)).toBeCloseTo(4, 1);
    expect(error(0.005) / error(0.0025)).toBeCloseTo(4, 1);
  });

  test('is exact where the density is exponential: a body in free fall', () => {
    const fall = density(1, ([x]) => -9.81 * x!, () => [-9.81]);
    const point = integrate(fall, identity(1), [10], [3], 0.25, 8);
    expect(point.position[0]).toBeCloseTo(10 + 3 * 2 - 0.5 * 9.81 * 4, 12);
    expect(point.momentum[0]).toBeCloseTo(3 - 9.81 * 2, 12);
  });

  test('is stable for a step below twice the scale, and only then (P33)', () => {
    const distance = (stepSize: number) =>
      Math.abs(integrate(standardNormal(1), identity(1), [1], [0], stepSize, 1000).position[0]!);
    expect(distance(1.99)).toBeLessThan(20);
    expect(distance(2.01)).toBeGreaterThan(1e6);
  });

  test('a scaled coordinate with its squared scale as inverse mass moves as the unscaled one (P34)', () => {
    fc.assert(
      fc.property(pair, pair, fc.double({ min: 0.1, max: 10, noNaN: true }), (q, p, scale) => {
        const plain = integrate(standardNormal(2), identity(2), q, p, 0.3, 10);
        const scaled = integrate(
          gaussian([[1 / scale ** 2, 0], [0, 1]]),
          createMetric(2, { kind: 'diagonal', values: [scale ** 2, 1] }),
          [scale * q[0], q[1]], [p[0] / scale, p[1]], 0.3, 10,
        );
        expect(scaled.position[0]! / scale).toBeCloseTo(plain.position[0]!, 12);
        expect(scaled.position[1]).toBeCloseTo(plain.position[1]!, 12);
        expect(hamiltonian(scaled)).toBeCloseTo(hamiltonian(plain), 12);
      }),
    );
  });
});

function determinant(rows: number[][]): number {
  if (rows.length === 1) return rows[0]![0]!;
  return rows.reduce((sum, row, i) => {
    const minor = rows.filter((_, other) => other !== i).map((other) => other.slice(1));
    return sum + (i % 2 === 0 ? 1 : -1) * row[0]! * determinant(minor);
  }, 0);
}
