import fc from 'fast-check';
import { DenseMetric } from '../../../../src/infer/mcmc/denseMetric.ts';
import { DiagonalMetric } from '../../../../src/infer/mcmc/diagonalMetric.ts';
import { createPhasePoint } from '../../../../src/infer/mcmc/hamiltonian.ts';
import { KERNEL_BYTES } from '../../../../src/infer/mcmc/kernels/bytes.ts';
import { TrajectoryMemory } from '../../../../src/infer/mcmc/kernels/trajectoryMemory.ts';
import { buildKernels } from './source.ts';

/** Puts a point where each of the columns, of position, gradient and momentum first, says. */
function setPoint(
  point: Record<'position' | 'gradient' | 'momentum', Float64Array>,
  columns: readonly (readonly [number, number, number, ...number[]])[],
): void {
  point.position.set(columns.map(([q]) => q));
  point.gradient.set(columns.map(([, g]) => g));
  point.momentum.set(columns.map(([, , p]) => p));
}

test('the bytes are those of the source', () => {
  expect(KERNEL_BYTES).toBe(Buffer.from(buildKernels()).toString('base64'));
});

const number = fc.double({ min: -1e3, max: 1e3, noNaN: true });

test('a step is that of the metric, in any number of dimensions', () => {
  fc.assert(
    fc.property(
      fc.integer({ min: 1, max: 9 }).chain((n) => fc.array(fc.tuple(number, number, number, number), { minLength: n, maxLength: n })),
      fc.double({ min: -2, max: 2, noNaN: true }),
      (columns, stepSize) => {
        const n = columns.length;
        const metric = new DiagonalMetric(Float64Array.from(columns, ([, , , m]) => 1e-3 + m ** 2));
        const memory = new TrajectoryMemory(n, 3, 1);
        const inverse = memory.vector();
        inverse.values.set(metric.inverse);
        // A neighbour on either side, to see that no vector reaches into the next.
        const [before, from, to] = [memory.point(), memory.point(), memory.point()];
        before.velocity.fill(7);
        const [expectedFrom, expectedTo] = [createPhasePoint(n), createPhasePoint(n)];
        for (const point of [from, expectedFrom]) setPoint(point, columns);
        const { kernels, size, scalars } = memory;
        scalars[0] = stepSize;
        kernels.kickAndDrift(inverse.address, from.address, to.address, size);
        metric.kickAndDrift(expectedFrom, stepSize, expectedTo);
        for (const point of [to, expectedTo]) point.gradient.set(columns.map(([q, g]) => q - g));
        kernels.kick(inverse.address, to.address, size);
        metric.kick(expectedTo, stepSize);
        for (const part of ['position', 'momentum', 'velocity', 'gradient'] as const) {
          expect([...to[part]]).toEqual([...expectedTo[part]]);
          expect([...from[part]]).toEqual([...expectedFrom[part]]);
        }
        // The terms of the sum are added in another order.
        expect(Math.abs(scalars[1]! - expectedTo.kineticEnergy)).toBeLessThanOrEqual(1e-14 * expectedTo.kineticEnergy);
        expect([...before.velocity]).toEqual(Array.from({ length: n }, () => 7));
      },
    ),
  );
});

test('a step with a dense mass matrix is that of the metric, but for rounding', () => {
  fc.assert(
    fc.property(
      fc.integer({ min: 1, max: 9 }).chain((n) =>
        fc.tuple(
          fc.array(fc.tuple(number, number, number), { minLength: n, maxLength: n }),
          fc.array(fc.double({ min: -1, max: 1, noNaN: true }), { minLength: n * n, maxLength: n * n }),
        ),
      ),
      fc.double({ min: -2, max: 2, noNaN: true }),
      (([columns, entries], stepSize) => {
        const n = columns.length;
        const row = (i: number) => entries.slice(i * n, (i + 1) * n);
        const inverse = entries.map((_, at) => {
          const [i, j] = [Math.floor(at / n), at % n];
          return (i === j ? 0.1 : 0) + row(i).reduce((sum, x, k) => sum + x * row(j)[k]!, 0);
        });
        const metric = new DenseMetric(n, Float64Array.from(inverse));
        const memory = new TrajectoryMemory(n, 3, n);
        const rows = Array.from({ length: n }, () => memory.vector());
        for (const [i, { values }] of rows.entries()) metric.row(i, values);
        const [from, to, after] = [memory.point(), memory.point(), memory.point()];
        after.position.fill(7);
        const [expectedFrom, expectedTo] = [createPhasePoint(n), createPhasePoint(n)];
        for (const point of [from, expectedFrom]) setPoint(point, columns);
        const { kernels, size, scalars } = memory;
        scalars[0] = stepSize;
        kernels.denseKickAndDrift(rows[0]!.address, from.address, to.address, size, n);
        metric.kickAndDrift(expectedFrom, stepSize, expectedTo);
        for (const point of [to, expectedTo]) point.gradient.set(columns.map(([q, g]) => q - g));
        kernels.denseKick(rows[0]!.address, to.address, size, n);
        metric.kick(expectedTo, stepSize);
        expect([...to.momentum]).toEqual([...expectedTo.momentum]);
        // Sums of at most 9 products, of numbers below 1e4 with matrix entries below 10.
        for (const part of ['position', 'velocity'] as const) {
          for (const [i, x] of to[part].entries()) expect(Math.abs(x - expectedTo[part][i]!)).toBeLessThan(1e-9);
        }
        expect(Math.abs(scalars[1]! - expectedTo.kineticEnergy)).toBeLessThanOrEqual(1e-9 * (1 + expectedTo.kineticEnergy));
        expect([...after.position]).toEqual(Array.from({ length: n }, () => 7));
      }),
    ),
  );
});

test('more dimensions than 4 GB have room for are refused', () => {
  expect(() => new TrajectoryMemory(1e8, 24, 13)).toThrow(/100000000 dimensions need \d+ GB; .* maxTreeDepth/);
});
