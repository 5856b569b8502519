/** @file Reductions and running sums. */
import type { NodeOf, Reduction } from '../node.ts';
import { at, sizeOf, stridesOf } from '../shape.ts';
import { pick, positions } from './positions.ts';
import type { Value } from './positions.ts';
import type { Rounding } from './rounding.ts';

/** What each reduction makes of the entries along the reduced axes; there may be none. */
const REDUCE: Readonly<Record<Reduction, (entries: Float64Array, round: Rounding) => number>> = {
  sum: (entries, round) => entries.reduce((sum, x) => round(sum + x), 0),
  prod: (entries, round) => entries.reduce((product, x) => round(product * x), 1),
  max: (entries) => entries.reduce((greatest, x) => Math.max(greatest, x), -Infinity),
  min: (entries) => entries.reduce((least, x) => Math.min(least, x), Infinity),
  all: (entries) => (entries.every((x) => x !== 0) ? 1 : 0),
  any: (entries) => (entries.some((x) => x !== 0) ? 1 : 0),
  argmax: (entries) => entries.reduce((best, x, i) => (x > at(entries, best) ? i : best), 0),
  argmin: (entries) => entries.reduce((best, x, i) => (x < at(entries, best) ? i : best), 0),
};

/** The value of a reduction. */
export function evaluateReduce(node: NodeOf<'reduce'>, x: Value, round: Rounding): Float64Array {
  const strides = stridesOf(x.shape);
  const axes = x.shape.map((_, axis) => axis);
  const along = (chosen: readonly number[]): Int32Array =>
    positions(chosen.map((axis) => at(x.shape, axis)), chosen.map((axis) => at(strides, axis)));
  const kept = along(axes.filter((axis) => !node.axes.includes(axis)));
  const reduced = along(node.axes);
  const reduce = REDUCE[node.fn];
  return Float64Array.from(kept, (start) => reduce(pick(x.values, reduced.map((step) => start + step)), round));
}

/** The value of a running sum or product. */
export function evaluateCumulative(node: NodeOf<'cumulative'>, x: Value, round: Rounding): Float64Array {
  const strides = stridesOf(x.shape);
  const length = at(x.shape, node.axis);
  const step = at(strides, node.axis);
  const result = new Float64Array(sizeOf(x.shape));
  const lanes = positions(x.shape.map((n, axis) => (axis === node.axis ? Math.min(n, 1) : n)), strides);
  for (const start of lanes) {
    let total = node.fn === 'sum' ? 0 : 1;
    for (let i = 0; i < length; i++) {
      const position = start + step * (node.reverse ? length - 1 - i : i);
      const entry = at(x.values, position);
      const next = round(node.fn === 'sum' ? total + entry : total * entry);
      result[position] = node.exclusive ? total : next;
      total = next;
    }
  }
  return result;
}
