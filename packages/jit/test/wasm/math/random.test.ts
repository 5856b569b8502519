/** @file Elementary functions at arbitrary floats, against the engine's own Math, which is right to an ulp. */
import fc from 'fast-check';
import { ulpOf } from '../../helpers/ulp.ts';
import type { Form } from '../harness.ts';
import { applyFunction } from '../harness.ts';

const form: Form = { precision: 'float64', lanes: 'vector', inline: true };

/** Any float: half of them of the usual sizes, the rest over all exponents, with NaN and infinities. */
const anyFloat = fc.oneof(fc.double({ min: -50, max: 50 }), fc.double(), fc.double({ min: -745, max: 710 }));

function disagreements(values: readonly number[], expected: readonly number[]): { i: number; value: number; expected: number }[] {
  return values.flatMap((value, i) => {
    const other = expected[i]!;
    if (Object.is(value, other) || Math.abs(value - other) <= 3 * ulpOf(other)) return [];
    return [{ i, value, expected: other }];
  });
}

test.each(['exp', 'expm1', 'log', 'log1p', 'sin', 'cos', 'tanh', 'sqrt'] as const)('%s', (name) => {
  fc.assert(
    fc.property(fc.array(anyFloat, { minLength: 200, maxLength: 200 }), (x) => {
      const { values } = applyFunction(name, [x], form);
      expect(disagreements(values, x.map((value) => Math[name](value)))).toEqual([]);
    }),
    { numRuns: 12 },
  );
});

test('pow', () => {
  const base = fc.oneof(anyFloat, fc.double({ min: 0.9, max: 1.1 }), fc.double({ min: 0, max: 10 }));
  const exponent = fc.oneof(anyFloat, fc.integer({ min: -100, max: 100 }));
  fc.assert(
    fc.property(fc.array(fc.tuple(base, exponent), { minLength: 200, maxLength: 200 }), (pairs) => {
      const [x, y] = [pairs.map(([value]) => value), pairs.map(([, power]) => power)];
      const { values } = applyFunction('pow', [x, y], form);
      expect(disagreements(values, x.map((value, i) => value ** y[i]!))).toEqual([]);
    }),
    { numRuns: 12 },
  );
});
