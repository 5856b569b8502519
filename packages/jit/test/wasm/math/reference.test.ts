/** @file Functions against a second table of mpmath, made by others over the whole double range (README of the fixtures). */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { ulpOf } from '../../helpers/ulp.ts';
import { applyFunction, formsOf, nameOf } from '../harness.ts';

interface Table {
  readonly x: readonly (number | string)[];
  readonly p?: readonly number[];
  readonly y: readonly (number | string)[];
}

const path = join(__dirname, '../../../../ppl/test/fixtures/reference/elementary.json');
const { functions } = JSON.parse(readFileSync(path, 'utf8')) as { functions: Record<string, Table> };

/** Within two units in the last place of the rounded value. */
const ELEMENTARY = ['exp', 'expm1', 'log', 'log1p', 'sin', 'cos', 'tanh', 'sigmoid', 'softplus', 'pow'];
/** Within 1e-13, relative, or absolute near zeros; by the names of ppl's kernels. */
const SPECIAL = { erf: 'erf', erfc: 'Erfc', lgamma: 'Lgamma', digamma: 'Digamma', trigamma: 'Trigamma', log_ndtr: 'LogNdtr' } as const;

const forms = formsOf('float64').map((form) => [nameOf(form), form] as const);

function rowsOf({ x, p, y }: Table): { columns: number[][]; expected: number[] } {
  const numbers = x.map(Number);
  return { columns: p === undefined ? [numbers] : [numbers, [...p]], expected: y.map(Number) };
}

describe.each(ELEMENTARY)('%s', (name) => {
  test.each(forms)('%s', (_, form) => {
    const { columns, expected } = rowsOf(functions[name]!);
    const { values } = applyFunction(name, columns, form);
    const wrong = values.flatMap((value, i) => {
      const exact = expected[i]!;
      const isRight = Object.is(value, exact) || Math.abs(value - exact) <= 2 * ulpOf(exact);
      return isRight ? [] : [{ at: columns.map((column) => column[i]), value, exact }];
    });
    expect(wrong).toEqual([]);
  });
});

describe.each(Object.entries(SPECIAL))('%s', (name, kernel) => {
  test.each(forms)('%s', (_, form) => {
    const { columns, expected } = rowsOf(functions[name]!);
    const { values } = applyFunction(kernel, columns, form);
    const wrong = values.flatMap((value, i) => {
      const exact = expected[i]!;
      // Near the zeros of log Gamma and of psi the error is absolute.
      const scale = /gamma/.test(name) ? Math.max(Math.abs(exact), 1e-2) : Math.abs(exact);
      const isRight = Object.is(value, exact) || Math.abs(value - exact) <= 1e-13 * scale + Number.MIN_VALUE;
      return isRight ? [] : [{ at: columns.map((column) => column[i]), value, exact }];
    });
    expect(wrong).toEqual([]);
  });
});
