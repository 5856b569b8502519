/** @file Tables of reference values from `fixtures/reference`. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';

/** The arguments, by name and in order, and the values of one function. */
export interface ReferenceTable {
  readonly rows: readonly { readonly args: readonly number[]; readonly y: number }[];
}

/** The tables of a file, by function name. */
export function referenceTables(file: string): ReadonlyMap<string, ReferenceTable> {
  const path = join(__dirname, '../fixtures/reference', file);
  const { functions } = JSON.parse(readFileSync(path, 'utf8')) as { functions: Record<string, Record<string, number[]>> };
  return new Map(
    Object.entries(functions).map(([name, { y, ...columns }]) => {
      const rows = y!.map((value, i) => ({ args: Object.values(columns).map((column) => column[i]!), y: value }));
      return [name, { rows }];
    }),
  );
}
