import fc from 'fast-check';
import { lineSearch, WOLFE, type LinePoint } from '../../../src/infer/pathfinder/lineSearch.ts';

/** A function of one variable with its derivative, seen from 0, and how often it was asked. */
function along(value: (t: number) => number, slope: (t: number) => number) {
  const asked: number[] = [];
  const at = (step: number): LinePoint => ({ step, value: value(step), slope: slope(step) });
  const evaluate = (step: number): LinePoint => {
    asked.push(step);
    return at(step);
  };
  return { start: at(0), evaluate, asked };
}

function expectWolfe(found: LinePoint | null, start: LinePoint, { sufficientIncrease, curvature } = WOLFE): void {
  expect(found).not.toBeNull();
  expect(found!.value).toBeGreaterThanOrEqual(start.value + sufficientIncrease * found!.step * start.slope);
  expect(Math.abs(found!.slope)).toBeLessThanOrEqual(curvature * start.slope);
}

const firstSteps = fc.double({ min: -6, max: 6, noNaN: true }).map((x) => 10 ** x);

test('fulfils the strong Wolfe conditions, whatever the first step', () => {
  // Sums of waves on a hill: many maxima.
  const hills = fc.record({
    width: fc.double({ min: 0.1, max: 10, noNaN: true }),
    height: fc.double({ min: 0, max: 3, noNaN: true }),
    frequency: fc.double({ min: 0.1, max: 20, noNaN: true }),
    firstStep: firstSteps,
  });
  fc.assert(
    fc.property(hills, ({ width, height, frequency, firstStep }) => {
      const { start, evaluate, asked } = along(
        (t) => -(((t - width) / width) ** 2) + height * Math.sin(frequency * t),
        (t) => (-2 * (t - width)) / width ** 2 + height * frequency * Math.cos(frequency * t),
      );
      const found = lineSearch(evaluate, start, firstStep);
      expectWolfe(found, start);
      expect(asked.at(-1)).toBe(found!.step);
    }),
    { numRuns: 1000 },
  );
});

test('takes a first step that will do, and no more', () => {
  const { start, evaluate, asked } = along((t) => -((t - 1) ** 2), (t) => -2 * (t - 1));
  expect(lineSearch(evaluate, start, 0.99)).toEqual({ step: 0.99, value: expect.any(Number), slope: expect.any(Number) });
  expect(asked).toEqual([0.99]);
});

test('a parabola is seen through at the second step', () => {
  const exact = { sufficientIncrease: 1e-4, curvature: 1e-9 };
  for (const firstStep of [1.5, 2.5, 5]) {
    const { start, evaluate, asked } = along((t) => 3 - 2 * (t - 1) ** 2, (t) => -4 * (t - 1));
    expectWolfe(lineSearch(evaluate, start, firstStep, exact), start, exact);
    expect(asked).toHaveLength(2);
    expect(asked[1]).toBeCloseTo(1, 12);
  }
});

test('functions that are not finite from some step on', () => {
  fc.assert(
    fc.property(fc.double({ min: -8, max: 8, noNaN: true }), fc.constantFrom(NaN, -Infinity, Infinity), firstSteps, (log, bad, firstStep) => {
      const edge = 10 ** log;
      // Rises all the way, or falls from halfway on.
      for (const top of [edge / 2, 0.999 * edge]) {
        const inside = (t: number): boolean => t < edge;
        const { start, evaluate } = along(
          (t) => (inside(t) ? t / edge - 0.5 * (t * t) / (edge * top) : bad),
          (t) => (inside(t) ? (1 - t / top) / edge : NaN),
        );
        const found = lineSearch(evaluate, start, firstStep);
        expectWolfe(found, start);
        expect(found!.step).toBeLessThan(edge);
      }
    }),
  );
});

test('slopes alone that are not finite', () => {
  const { start, evaluate } = along((t) => t - t * t, (t) => (t > 0.6 ? NaN : 1 - 2 * t));
  expectWolfe(lineSearch(evaluate, start, 1), start);
});

test('where only rounding is left of the rise, slopes decide', () => {
  // The rise of 1e-14 is not to be seen on top of 1000, where values are wrong in the last place.
  const { start, evaluate } = along((t) => (t === 0 ? 1000 : 1000 - 2 ** -43), (t) => 1e-10 * (1 - t / 1e-4));
  const found = lineSearch(evaluate, start, 1);
  expect(found).not.toBeNull();
  expect(Math.abs(found!.slope)).toBeLessThanOrEqual(WOLFE.curvature * start.slope);
});

test('gives up where no step leads higher', () => {
  // The slope at 0 is that of another function.
  const { start, evaluate, asked } = along((t) => -t, (t) => (t === 0 ? 1 : -1));
  expect(lineSearch(evaluate, start, 1)).toBeNull();
  expect(asked.length).toBeLessThanOrEqual(60);
});

test('of a function that rises for ever, gives the last point', () => {
  const { start, evaluate, asked } = along((t) => t, () => 1);
  const found = lineSearch(evaluate, start, 1);
  expect(found!.step).toBeGreaterThan(1e15);
  expect(asked.at(-1)).toBe(found!.step);
  expect(asked.length).toBeLessThanOrEqual(60);
});
