/** @file Reading what lies in `examples/data`. */
import { readFileSync } from 'node:fs';

/** The contents of a JSON file in `examples/data`, whose README says where each comes from. */
export function readData(name: string): unknown {
  return JSON.parse(readFileSync(new URL(`../../data/${name}`, import.meta.url), 'utf8'));
}
