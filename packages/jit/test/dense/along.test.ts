/** @file Running sums and places of extremes by wasm against the plain loops of the interpreter. */
import fc from 'fast-check';
import type { Shape } from '../../src/graph/node.ts';
import { sizeOf } from '../../src/graph/shape.ts';
import type { Precision } from '../../src/wasm/lanes/lanes.ts';
import { integers, uniform } from '../helpers/numbers.ts';
import type { Operand } from './runNode.ts';
import { EPSILON, expectedOf, nodeOf, runNode, worst } from './runNode.ts';

const precisions = fc.constantFrom<Precision>('float64', 'float32');
const shapes = fc.array(fc.oneof(fc.integer({ min: 0, max: 5 }), fc.integer({ min: 1, max: 20 })), { minLength: 1, maxLength: 4 });
const floats = (shape: Shape, seed = 1): Operand => ({ shape, values: uniform(sizeOf(shape), -1, 1, seed) });
const options = { numRuns: 150 };

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
