/** @file Functions of float32 against those of float64, which are tested against mpmath. */
import { supportsRelaxedSimd } from '../../../src/wasm/relaxedSimd.ts';
import { uniform } from '../../helpers/numbers.ts';
import { ulpOfSingle } from '../../helpers/ulp.ts';
import type { Form } from '../harness.ts';
import { applyFunction, formsOf, nameOf } from '../harness.ts';

type Points = readonly number[];

const count = 400;
const between = (low: number, high: number): Points => uniform(count, low, high, 1);
/** Both signs, powers of ten between these. */
const scales = (low: number, high: number): Points => uniform(count, low, high, 2).map((power, i) => (i % 2 === 0 ? 1 : -1) * 10 ** power);
const positive = (points: Points): Points => points.map(Math.abs);
const angles = [...between(-10, 10), ...scales(-45, 0), ...scales(1, 38), ...uniform(count, -6e5, 6e5, 3).map((x) => Math.round(x) * (Math.PI / 2))];

/** The greatest error in ulps, and where to look for it. */
const CASES: readonly (readonly [name: string, ulps: number, points: Points])[] = [
  ['exp', 1.5, [...between(-104, 88.7), ...between(-2, 2), ...scales(-45, -1)]],
  ['expm1', 2, [...between(-20, 88.7), ...between(-2, 2), ...scales(-45, 0)]],
  ['log', 1.5, [...positive(scales(-45, 38)), ...between(0.4, 3), ...scales(-7, -1).map((x) => 1 + x)]],
  ['log1p', 2, [...between(-0.99, 3), ...scales(-45, -0.1), ...positive(scales(-2, 38))]],
  ['sin', 2, angles],
  ['cos', 2, angles],
  ['tanh', 2.5, [...between(-10, 10), ...between(-1, 1), ...scales(-45, 0)]],
  ['sigmoid', 2.5, [...between(-104, 104), ...between(-3, 3)]],
  ['softplus', 2, [...between(-104, 104), ...between(-3, 3)]],
  ['sqrt', 0.5001, positive(scales(-45, 38))],
  ['erf', 3, [...between(-4, 4), ...scales(-45, 0)]],
  ['Lgamma', 0.501, between(0, 20)],
];

const forms: readonly Form[] = [
  ...formsOf('float32'),
  ...(supportsRelaxedSimd() ? [{ precision: 'float32', lanes: 'vector', inline: true, relaxedSimd: true } as const] : []),
];

describe.each(CASES)('%s', (name, ulps, points) => {
  const argument = points.map(Math.fround);
  const exact = applyFunction(name, [argument], { precision: 'float64', lanes: 'vector', inline: false }).values;

  test.each(forms.map((form) => [nameOf(form), form] as const))('%s', (_, form) => {
    const { values } = applyFunction(name, [argument], form);
    const wrong = values.flatMap((value, i) => {
      const error = Math.abs(value - exact[i]!) / ulpOfSingle(Math.fround(exact[i]!));
      return error <= ulps ? [] : [{ x: argument[i], value, exact: exact[i], error }];
    });
    expect(wrong).toEqual([]);
  });
});

test('pow', () => {
  const base = positive(scales(-10, 10)).map(Math.fround);
  const exponent = between(-3, 3).map(Math.fround);
  const { values } = applyFunction('pow', [base, exponent], { precision: 'float32', lanes: 'vector', inline: true });
  values.forEach((value, i) => {
    const exact = base[i]! ** exponent[i]!;
    expect(Math.abs(value - exact)).toBeLessThanOrEqual(0.501 * ulpOfSingle(Math.fround(exact)));
  });
});
