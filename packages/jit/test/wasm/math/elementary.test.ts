/** @file Elementary functions against values of mpmath (test/fixtures/elementary.py), in units of the last place. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { supportsRelaxedSimd } from '../../../src/wasm/relaxedSimd.ts';
import { ulpOf } from '../../helpers/ulp.ts';
import type { Form } from '../harness.ts';
import { applyFunction, formsOf, nameOf } from '../harness.ts';

interface Table {
  readonly x: readonly number[];
  readonly p?: readonly number[];
  readonly y: readonly number[];
  /** What rounding took from y, in units of its last place. */
  readonly rest: readonly number[];
}

const { functions } = JSON.parse(readFileSync(join(__dirname, '../../fixtures/elementary.json'), 'utf8')) as {
  functions: Record<string, Table>;
};

/** Names of ppl's kernels, where they are not those of the table. */
const KERNELS: Readonly<Record<string, string>> = {
  erfc: 'Erfc', lgamma: 'Lgamma', digamma: 'Digamma', trigamma: 'Trigamma', logNdtr: 'LogNdtr',
};

/**
 * The greatest error allowed, in ulps: 2 is the promise for the elementary functions; most keep well below, and what they keep
 * is asserted. Functions with Infinity here are held to a relative error of 1e-13, absolute near their zeros.
 */
const ULPS: Readonly<Record<string, number>> = {
  exp: 0.9, expm1: 1.2, log: 0.75, log1p: 1.4, sin: 0.85, cos: 0.85, tanh: 2, sigmoid: 2, softplus: 1.6, pow: 1.05, erf: 2,
  erfc: 5, lgamma: Infinity, digamma: Infinity, trigamma: 4, logNdtr: 6,
};

const vector: Form = { precision: 'float64', lanes: 'vector', inline: true };
const forms = [vector, ...(supportsRelaxedSimd() ? [{ ...vector, relaxedSimd: true }] : [])];

function columnsOf({ x, p }: Table): (readonly number[])[] {
  return p === undefined ? [x] : [x, p];
}

describe.each(Object.entries(functions))('%s', (name, table) => {
  const kernel = KERNELS[name] ?? name;
  const columns = columnsOf(table);

  test.each(forms.map((form) => [nameOf(form), form] as const))('%s: within its ulps of the exact value', (_, form) => {
    const { values } = applyFunction(kernel, columns, form);
    const limit = ULPS[name]!;
    const wrong = values.flatMap((value, i) => {
      const [exact, rest] = [table.y[i]!, table.rest[i]!];
      const error = Math.abs(value - exact);
      // The zeros of log Gamma below 0 and of psi: absolute there.
      if (limit === Infinity && error < 5e-15) return [];
      const ulps = Math.abs((value - exact) / ulpOf(exact) - rest);
      return ulps <= limit && error <= 1e-13 * Math.abs(exact) + Number.MIN_VALUE ? [] : [{ at: columns.map((c) => c[i]), value, exact, ulps }];
    });
    expect(wrong).toEqual([]);
  });

  test('the same bits, one at a time or two, called or inlined', () => {
    const { values } = applyFunction(kernel, columns, vector);
    for (const form of formsOf('float64')) {
      expect(applyFunction(kernel, columns, form).values).toEqual(values);
    }
  });
});
