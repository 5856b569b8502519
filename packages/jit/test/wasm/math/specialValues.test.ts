/** @file Infinities, NaN, signed zeros, the ends of the range: in every form. */
import { applyFunction, formsOf, nameOf } from '../harness.ts';

const { MAX_VALUE, MIN_VALUE, NaN: nan } = Number;
const inf = Infinity;

/** [argument, value] of each function, compared by Object.is. */
const VALUES: Readonly<Record<string, readonly (readonly [number, number])[]>> = {
  exp: [[0, 1], [-0, 1], [inf, inf], [-inf, 0], [nan, nan], [MAX_VALUE, inf], [-MAX_VALUE, 0], [MIN_VALUE, 1], [710, inf], [-746, 0]],
  expm1: [
    [0, 0], [-0, -0], [inf, inf], [-inf, -1], [nan, nan], [MAX_VALUE, inf], [-MAX_VALUE, -1], [MIN_VALUE, MIN_VALUE],
    [-MIN_VALUE, -MIN_VALUE], [2e-308, 2e-308], [-40, -1],
  ],
  log: [[0, -inf], [-0, -inf], [1, 0], [inf, inf], [-inf, nan], [-1, nan], [-MIN_VALUE, nan], [nan, nan]],
  log1p: [
    [0, 0], [-0, -0], [-1, -inf], [-1.5, nan], [inf, inf], [-inf, nan], [nan, nan], [MIN_VALUE, MIN_VALUE],
    [-MIN_VALUE, -MIN_VALUE], [-MAX_VALUE, nan],
  ],
  sin: [[0, 0], [-0, -0], [inf, nan], [-inf, nan], [nan, nan], [MIN_VALUE, MIN_VALUE], [-MIN_VALUE, -MIN_VALUE]],
  cos: [[0, 1], [-0, 1], [inf, nan], [-inf, nan], [nan, nan], [MIN_VALUE, 1]],
  tanh: [
    [0, 0], [-0, -0], [inf, 1], [-inf, -1], [nan, nan], [MIN_VALUE, MIN_VALUE], [-MIN_VALUE, -MIN_VALUE], [20, 1], [-MAX_VALUE, -1],
  ],
  sigmoid: [[0, 0.5], [-0, 0.5], [inf, 1], [-inf, 0], [nan, nan], [MAX_VALUE, 1], [-MAX_VALUE, 0], [40, 1]],
  softplus: [[inf, inf], [-inf, 0], [nan, nan], [MAX_VALUE, MAX_VALUE], [-MAX_VALUE, 0], [800, 800]],
  sqrt: [[0, 0], [-0, -0], [inf, inf], [-1, nan], [nan, nan], [4, 2]],
  erf: [[0, 0], [-0, -0], [inf, 1], [-inf, -1], [nan, nan], [MIN_VALUE, MIN_VALUE], [MAX_VALUE, 1], [-6, -1]],
  Erfc: [[0, 1], [-0, 1], [inf, 0], [-inf, 2], [nan, nan], [MAX_VALUE, 0], [-MAX_VALUE, 2], [28, 0]],
  Lgamma: [
    [1, 0], [2, 0], [0, inf], [-0, inf], [-1, inf], [-1e300, inf], [inf, inf], [-inf, inf], [nan, nan], [MAX_VALUE, inf],
  ],
  Digamma: [[0, -inf], [-0, -inf], [-1, nan], [-2, nan], [inf, inf], [-inf, nan], [nan, nan]],
  Trigamma: [[0, inf], [inf, 0], [-1.5, nan], [nan, nan], [MAX_VALUE, 1 / MAX_VALUE], [1e-160, inf]],
  Ndtr: [[0, 0.5], [-0, 0.5], [inf, 1], [-inf, 0], [nan, nan], [MAX_VALUE, 1], [-MAX_VALUE, 0]],
  LogNdtr: [[inf, 0], [-inf, -inf], [nan, nan], [MAX_VALUE, 0], [-MAX_VALUE, -inf]],
  NormalHazard: [[inf, 0], [nan, nan], [MAX_VALUE, 0], [-1e10, 1e10]],
};

/** +0 for -0 where the sign of a vanishing result says nothing. */
function unsigned(x: number): number {
  return x === 0 ? 0 : x;
}

describe.each(Object.entries(VALUES))('%s', (name, values) => {
  const unsignedZero = ['Lgamma', 'LogNdtr', 'log'].includes(name);
  const result = unsignedZero ? unsigned : (x: number): number => x;
  const argument = values.map(([x]) => x);
  const expected = values.map(([, y]) => result(y));

  test.each(formsOf('float64').map((form) => [nameOf(form), form] as const))('%s', (_, form) => {
    expect(applyFunction(name, [argument], form).values.map(result)).toEqual(expected);
  });

  test('each alone, whatever its neighbour', () => {
    // A lane must not depend on what stands beside it: neighbours of 1 in place of the other special values.
    const padded = argument.flatMap((x) => [x, 1]);
    const { values: mixed } = applyFunction(name, [padded], { precision: 'float64', lanes: 'vector', inline: true });
    expect(mixed.filter((_, i) => i % 2 === 0).map(result)).toEqual(expected);
    expect(new Set(mixed.filter((_, i) => i % 2 === 1)).size).toBe(1);
  });

  test('float32', () => {
    const singles = values.filter(([x]) => Object.is(Math.fround(x), x) && Math.abs(x) !== MIN_VALUE);
    for (const form of formsOf('float32')) {
      const actual = applyFunction(name, [singles.map(([x]) => x)], form).values;
      expect(actual.map(result)).toEqual(singles.map(([, y]) => result(Math.fround(y))));
    }
  });
});

describe('pow', () => {
  const bases = [0, -0, 1, -1, 0.5, -0.5, 2, -2, inf, -inf, nan, MAX_VALUE, -MAX_VALUE, MIN_VALUE, -MIN_VALUE, 1 + 2 ** -52, 1e-310];
  const exponents = [
    0, -0, 1, -1, 2, -2, 3, -3, 0.5, -0.5, 1.5, 1e300, -1e300, inf, -inf, nan, 2 ** 53, 2 ** 53 - 1, 2 ** 31, 1e-320, MAX_VALUE,
  ];
  const pairs = bases.flatMap((x) => exponents.map((y) => [x, y] as const));

  test.each(formsOf('float64').map((form) => [nameOf(form), form] as const))('%s', (_, form) => {
    const { values } = applyFunction('pow', [pairs.map(([x]) => x), pairs.map(([, y]) => y)], form);
    const wrong = pairs.flatMap(([x, y], i) => {
      const exact = x ** y;
      const actual = values[i]!;
      // Infinities, zeros with their signs and NaN exactly; JavaScript's own power is right to an ulp for the others.
      const near = exact !== 0 && Math.abs(actual / exact - 1) < 4e-16;
      const subnormal = Math.abs(exact) < 1e-300 && Math.abs(actual - exact) <= MIN_VALUE && exact !== 0;
      return Object.is(actual, exact) || near || subnormal ? [] : [{ x, y, actual, exact }];
    });
    expect(wrong).toEqual([]);
  });
});
