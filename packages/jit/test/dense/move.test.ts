/** @file Kernels that move data, sum along axes or find places, against the interpreter, which they equal exactly or nearly. */
import fc from 'fast-check';
import type { AssembleNode, Shape } from '../../src/graph/node.ts';
import { sizeOf } from '../../src/graph/shape.ts';
import type { Precision } from '../../src/wasm/lanes/lanes.ts';
import { integers, uniform } from '../helpers/numbers.ts';
import type { Operand } from './runNode.ts';
import { EPSILON, expectedOf, nodeOf, runNode, worst } from './runNode.ts';

const precisions = fc.constantFrom<Precision>('float64', 'float32');
const shapes = fc.array(fc.oneof(fc.integer({ min: 0, max: 5 }), fc.integer({ min: 1, max: 20 })), { minLength: 1, maxLength: 4 });
const smaller = fc.array(fc.integer({ min: 0, max: 9 }), { minLength: 1, maxLength: 3 });
const floats = (shape: Shape, seed = 1): Operand => ({ shape, values: uniform(sizeOf(shape), -1, 1, seed) });
const options = { numRuns: 150 };

test('transpositions', () => {
  const permuted = shapes.chain((shape) =>
    fc.tuple(fc.constant(shape), fc.shuffledSubarray(shape.map((_, axis) => axis), { minLength: shape.length })),
  );
  fc.assert(
    fc.property(permuted, precisions, ([shape, permutation], precision) => {
      const node = nodeOf([shape], (g, x) => g.transpose(x, permutation));
      if (node.op !== 'transpose') return;
      const x = floats(shape);
      expect(worst(runNode(node, [x], precision), expectedOf(node, [x], precision))).toBe(0);
    }),
    { numRuns: 300 },
  );
});

test('gathers of rows, NaN where there is none', () => {
  fc.assert(
    fc.property(shapes, smaller, fc.nat(), precisions, (shape, indexShape, choice, precision) => {
      const axis = choice % shape.length;
      if (shape[axis] === 0) return;
      const indices = { shape: indexShape, values: integers(sizeOf(indexShape), shape[axis]!, 2) };
      const node = nodeOf([shape, indexShape], (g, x, i) => g.gather(x!, i!, axis));
      const x = floats(shape);
      expect(worst(runNode(node, [x, indices], precision), expectedOf(node, [x, indices], precision))).toBe(0);
    }),
    options,
  );
  const node = nodeOf([[3, 2], [5]], (g, x, i) => g.gather(x!, i!, 0));
  const indices = { shape: [5], values: [2, -1, 3, Number.NaN, 0] };
  const rows = [...runNode(node, [{ shape: [3, 2], values: [1, 2, 3, 4, 5, 6] }, indices], 'float64')];
  expect(rows).toEqual([5, 6, NaN, NaN, NaN, NaN, NaN, NaN, 1, 2]);
});

test('sums of rows by index, those out of range left out', () => {
  fc.assert(
    fc.property(smaller, fc.integer({ min: 0, max: 6 }), precisions, (shape, size, precision) => {
      const count = shape[0]!;
      const indices = { shape: [count], values: integers(count, size + 2, 2).map((i) => i - 1) };
      const node = nodeOf([shape, [count]], (g, x, i) => g.scatterAdd(x!, i!, size));
      const x = floats(shape);
      const bound = 10 * 10 * EPSILON[precision];
      expect(worst(runNode(node, [x, indices], precision), expectedOf(node, [x, indices], precision))).toBeLessThan(bound);
    }),
    options,
  );
});

test('running sums and products', () => {
  fc.assert(
    fc.property(shapes, fc.nat(), fc.constantFrom('sum', 'prod'), fc.boolean(), fc.boolean(), precisions, (shape, choice, fn, exclusive, reverse, precision) => {
      const axis = choice % shape.length;
      const node = nodeOf([shape], (g, x) => g.cumulative(fn as 'sum' | 'prod', x, axis, exclusive, reverse));
      const x = floats(shape);
      const bound = 21 * 21 * EPSILON[precision];
      expect(worst(runNode(node, [x], precision), expectedOf(node, [x], precision))).toBeLessThan(bound);
    }),
    options,
  );
});

test('places of the greatest and the least, the first of equals', () => {
  fc.assert(
    fc.property(shapes, fc.nat(), fc.constantFrom('argmax', 'argmin'), precisions, (shape, choice, fn, precision) => {
      const axis = choice % shape.length;
      const node = nodeOf([shape], (g, x) => g.reduce(fn as 'argmax' | 'argmin', x, [axis]));
      // Few different numbers, so that there are equals; now and then NaN.
      const values = integers(sizeOf(shape), 5, 3).map((x) => (x === 4 ? Number.NaN : x));
      expect([...runNode(node, [{ shape, values }], precision)]).toEqual([...expectedOf(node, [{ shape, values }], precision)]);
    }),
    options,
  );
});

describe('assembling', () => {
  /** A box of every rank within [5, 6, 7] or less of it. */
  const box = (rank: number): fc.Arbitrary<{ begin: number[]; shape: number[] }> =>
    fc.array(fc.tuple(fc.nat(4), fc.nat(5)), { minLength: rank, maxLength: rank }).map((axes) => ({
      begin: axes.map(([begin]) => begin),
      shape: axes.map(([begin, end], axis) => Math.max(0, Math.min(end, WHOLE[axis]! - begin))),
    }));
  const WHOLE = [5, 6, 7];
  const boxes = fc.integer({ min: 0, max: 3 }).chain((rank) => fc.tuple(fc.constant(rank), fc.array(box(rank), { minLength: 1, maxLength: 3 })));

  /** The slow and obvious way. */
  const assembled = (node: AssembleNode, operands: readonly Operand[]): number[] => {
    const result = Array.from({ length: sizeOf(node.shape) }, () => node.fill);
    operands.forEach(({ shape, values }, p) => {
      for (let i = 0; i < values.length; i++) {
        let [rest, position, stride] = [i, 0, 1];
        for (let axis = shape.length - 1; axis >= 0; axis--) {
          position += ((rest % shape[axis]!) + node.parts[p]!.begin[axis]!) * stride;
          rest = Math.floor(rest / shape[axis]!);
          stride *= node.shape[axis]!;
        }
        result[position] = values[i]! + (node.accumulate ? result[position]! : 0);
      }
    });
    return result;
  };

  test('adds boxes, or puts one into an array of equal values', () => {
    fc.assert(
      fc.property(boxes, precisions, fc.boolean(), ([rank, list], precision, accumulate) => {
        const parts = accumulate ? list : list.slice(0, 1);
        const node: AssembleNode = {
          op: 'assemble',
          shape: WHOLE.slice(0, rank),
          dtype: 'float',
          parts: parts.map(({ begin }, x) => ({ x, begin })),
          fill: accumulate ? 0 : 2.5,
          accumulate,
        };
        // Whole numbers, of which float32 sums are exact.
        const operands = parts.map(({ shape }, i) => ({ shape, values: integers(sizeOf(shape), 100, i) }));
        expect([...runNode(node, operands, precision)]).toEqual(assembled(node, operands));
      }),
      options,
    );
  });

  test('puts parts side by side', () => {
    const shapes3: Shape[] = [[3, 2, 5], [3, 4, 5], [3, 1, 5]];
    const operands = shapes3.map((shape, i) => floats(shape, i));
    const node = nodeOf(shapes3, (g, ...xs) => g.concat(xs, 1));
    const begins = [0, 2, 6];
    const same: AssembleNode = {
      op: 'assemble', shape: [3, 7, 5], dtype: 'float', fill: 0, accumulate: false,
      parts: begins.map((begin, x) => ({ x, begin: [0, begin, 0] })),
    };
    expect([...runNode(same, operands, 'float64')]).toEqual([...expectedOf(node, operands, 'float64')]);
  });
});
