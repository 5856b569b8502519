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
  erfc: 'Erfc', lgamma: 'Lgamma', digamma: 'Digamma', trigamma: 'Polygamma', logNdtr: 'LogNdtr',
};

/** The greatest error of the elementary functions; and of the others, whose relative error must be below 1e-13. */
const ULPS: Readonly<Record<string, number>> = { erf: 2, erfc: 6, lgamma: 450, digamma: 450, trigamma: 6, logNdtr: 8 };

const vector: Form = { precision: 'float64', lanes: 'vector', inline: true };
const forms = [vector, ...(supportsRelaxedSimd() ? [{ ...vector, relaxedSimd: true }] : [])];

function columnsOf(name: string, { x, p }: Table): (readonly number[])[] {
  if (name === 'trigamma') return [x.map(() => 1), x];
  return p === undefined ? [x] : [x, p];
}

describe.each(Object.entries(functions))('%s', (name, table) => {
  const kernel = KERNELS[name] ?? name;
  const columns = columnsOf(name, table);

  test.each(forms.map((form) => [nameOf(form), form] as const))('%s: within its ulps of the exact value', (_, form) => {
    const { values } = applyFunction(kernel, columns, form, { Polygamma: () => NaN });
    const limit = ULPS[name] ?? 2;
    const wrong = values.flatMap((value, i) => {
      const [exact, rest] = [table.y[i]!, table.rest[i]!];
      const error = Math.abs(value - exact);
      // The zeros of log Gamma below 0 and of psi: absolute there.
      if (limit > 100 && error < 5e-15) return [];
      const ulps = Math.abs((value - exact) / ulpOf(exact) - rest);
      return ulps <= limit && (limit < 100 || error < 1e-13 * Math.abs(exact)) ? [] : [{ at: columns.map((c) => c[i]), value, exact, ulps }];
    });
    expect(wrong).toEqual([]);
  });

  test('the same bits, one at a time or two, called or inlined', () => {
    const { values } = applyFunction(kernel, columns, vector, { Polygamma: () => NaN });
    for (const form of formsOf('float64')) {
      expect(applyFunction(kernel, columns, form, { Polygamma: () => NaN }).values).toEqual(values);
    }
  });
});
