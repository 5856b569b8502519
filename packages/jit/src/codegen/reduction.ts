/** @file What reductions begin with, and how they go on. */
import type { Reduction } from '../graph/node.ts';
import type { Local } from '../wasm/encode/functionBuilder.ts';
import type { Lanes } from '../wasm/lanes/lanes.ts';

/** The result over nothing. */
export const IDENTITY: Readonly<Record<Reduction, number>> = {
  sum: 0,
  prod: 1,
  max: -Infinity,
  min: Infinity,
  all: 1,
  any: 0,
  argmax: 0,
  argmin: 0,
};

/** Two partial results together; truth values are 0 or 1. */
export function combine(lanes: Lanes, fn: Reduction, a: Local, b: Local): Local {
  switch (fn) {
    case 'sum':
      return lanes.add(a, b);
    case 'prod':
      return lanes.mul(a, b);
    case 'max':
    case 'any':
      return lanes.max(a, b);
    case 'min':
    case 'all':
      return lanes.min(a, b);
    case 'argmax':
    case 'argmin':
      throw new Error(`${fn} has a kernel of its own`);
  }
}
