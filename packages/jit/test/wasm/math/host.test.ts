/** @file What is asked of the host. */
import { registerFunction } from '../../../src/graph/functions.ts';
import { applyFunction, formsOf, nameOf } from '../harness.ts';

const forms = [...formsOf('float64'), ...formsOf('float32')].map((form) => [nameOf(form), form] as const);

test.each(forms)('%s: functions without code of their own, each lane with its own arguments', (_, form) => {
  registerFunction('testPolynomial', (a, b, c, d) => 100 * a + 10 * b + c + 1000 * d);
  const columns = [[1, 2, 3, 4, 5], [6, 7, 8, 9, 1], [2, 3, 4, 5, 6], [1, 0, 1, 0, 1]];
  const { values, hostNames } = applyFunction('testPolynomial', columns, form);
  expect(values).toEqual([1162, 273, 1384, 495, 1516]);
  expect(hostNames).toEqual(['testPolynomial']);
});

test.each(forms)('%s: sines of angles too great, and of no others', (_, form) => {
  const asked: number[] = [];
  const host = {
    sin: (x: number): number => {
      asked.push(x);
      return Math.sin(x);
    },
  };
  const { values } = applyFunction('sin', [[1, 2, 3, 2 ** 70]], form, host);
  expect(values[3]).toBeCloseTo(Math.sin(2 ** 70), 6);
  expect(new Set(asked)).toContain(2 ** 70);
  asked.length = 0;
  applyFunction('sin', [[1, -2, 3, 0, NaN]], form, host);
  expect(asked).toEqual([]);
});

test('the functions that are written out ask for nothing', () => {
  const names = ['exp', 'expm1', 'log', 'log1p', 'tanh', 'sigmoid', 'softplus', 'sqrt', 'erf', 'Erfc', 'LogNdtr', 'Ndtr', 'NormalHazard', 'Trigamma'];
  for (const name of names) {
    expect(applyFunction(name, [[0.5, 3]], { precision: 'float64', lanes: 'vector', inline: true }).hostNames).toEqual([]);
  }
});
