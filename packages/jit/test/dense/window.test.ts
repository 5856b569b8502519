/** @file Convolutions and pooling by wasm against the plain loops of the interpreter. */
import fc from 'fast-check';
import type { NodeId, Shape, WindowGeometry } from '../../src/graph/node.ts';
import { sizeOf } from '../../src/graph/shape.ts';
import type { GraphBuilder } from '../../src/graph/builder.ts';
import type { Precision } from '../../src/wasm/lanes/lanes.ts';
import { integers, uniform } from '../helpers/numbers.ts';
import { EPSILON, expectedOf, nodeOf, runNode, worst } from './runNode.ts';

/** A geometry with the size of the input and of the output along each axis. */
interface Windows {
  readonly geometry: WindowGeometry;
  readonly input: Shape;
  readonly output: Shape;
}

const windows: fc.Arbitrary<Windows> = fc
  .array(
    fc.record({
      size: fc.integer({ min: 1, max: 10 }),
      window: fc.integer({ min: 1, max: 4 }),
      stride: fc.integer({ min: 1, max: 3 }),
      dilation: fc.integer({ min: 1, max: 2 }),
      before: fc.integer({ min: 0, max: 3 }),
      after: fc.integer({ min: 0, max: 3 }),
    }),
    { minLength: 1, maxLength: 3 },
  )
  .map((axes) => ({
    geometry: {
      window: axes.map(({ window }) => window),
      strides: axes.map(({ stride }) => stride),
      dilations: axes.map(({ dilation }) => dilation),
      padding: axes.map(({ before }) => before),
    },
    input: axes.map(({ size }) => size),
    output: axes.map(({ size, window, stride, dilation, before, after }) =>
      Math.max(0, Math.floor((size + before + after - (window - 1) * dilation - 1) / stride) + 1),
    ),
  }))
  .filter(({ input }) => sizeOf(input) <= 200);

const precisions = fc.constantFrom<Precision>('float64', 'float32');
const batches = fc.integer({ min: 0, max: 3 });
const options = { numRuns: 150 };

/** Numbers in [-1, 1] through the node that `make` builds, by the kernel and by the interpreter. */
function compare(
  shapes: readonly Shape[],
  make: (g: GraphBuilder, ...xs: NodeId[]) => NodeId,
  precision: Precision,
  terms: number,
): void {
  const operands = shapes.map((shape, i) => ({ shape, values: uniform(sizeOf(shape), -1, 1, i + 1) }));
  const node = nodeOf(shapes, make);
  // Sums of products of numbers up to 1: terms² eps at most.
  const bound = (terms + 4) * (terms + 4) * EPSILON[precision];
  expect(worst(runNode(node, operands, precision), expectedOf(node, operands, precision))).toBeLessThanOrEqual(bound);
}

describe('convolutions', () => {
  const channels = fc.oneof(
    fc.tuple(fc.constant(1), fc.integer({ min: 0, max: 10 }), fc.integer({ min: 0, max: 19 })),
    fc.tuple(fc.integer({ min: 1, max: 4 }), fc.integer({ min: 1, max: 3 }), fc.integer({ min: 1, max: 9 })),
    fc.tuple(fc.integer({ min: 1, max: 19 }), fc.constant(1), fc.integer({ min: 1, max: 2 })),
  );

  test.each(['conv', 'convGradInput', 'convGradFilter'] as const)('%s', (op) => {
    fc.assert(
      fc.property(windows, channels, batches, fc.boolean(), precisions, ({ geometry, input, output }, [groups, inner, outer], batch, isPerImage, precision) => {
        const x = [batch, ...input, groups * inner];
        const filter = [...(isPerImage ? [batch] : []), ...geometry.window, inner, groups * outer];
        const y = [batch, ...output, groups * outer];
        const window = sizeOf(geometry.window);
        if (op === 'conv') compare([x, filter], (g, a, b) => g.conv(a!, b!, geometry, groups, y), precision, window * inner);
        else if (op === 'convGradInput') {
          compare([y, filter], (g, a, b) => g.convGradInput(a!, b!, geometry, groups, x), precision, window * outer);
        } else {
          compare([x, y], (g, a, b) => g.convGradFilter(a!, b!, geometry, groups, filter), precision, batch * sizeOf(output));
        }
      }),
      options,
    );
  });
});

describe('pooling', () => {
  const channels = fc.integer({ min: 0, max: 11 });

  test('greatest and mean', () => {
    fc.assert(
      fc.property(windows, channels, batches, fc.constantFrom('max', 'mean'), precisions, ({ geometry, input, output }, c, batch, fn, precision) => {
        const [x, y] = [[batch, ...input, c], [batch, ...output, c]];
        compare([x], (g, a) => g.pool(fn as 'max' | 'mean', a, geometry, y), precision, 8);
      }),
      options,
    );
  });

  test('gradient of the mean', () => {
    fc.assert(
      fc.property(windows, channels, batches, precisions, ({ geometry, input, output }, c, batch, precision) => {
        const [x, y] = [[batch, ...input, c], [batch, ...output, c]];
        compare([y], (g, a) => g.meanPoolGrad(a, geometry, x), precision, sizeOf(geometry.window));
      }),
      options,
    );
  });

  test.each([[[2, 2], [6, 4]], [[3, 1], [6, 5]]])('images cut into windows %j', (window, input) => {
    const geometry = { window, strides: window, dilations: [1, 1], padding: [0, 0] };
    const output = input.map((size, axis) => size / window[axis]!);
    for (const precision of ['float64', 'float32'] as const) {
      const [x, y] = [[2, ...input, 5], [2, ...output, 5]];
      compare([x], (g, a) => g.pool('max', a, geometry, y), precision, 1);
      compare([x], (g, a) => g.pool('mean', a, geometry, y), precision, sizeOf(window));
      compare([x, y], (g, a, b) => g.maxPoolGrad(a!, b!, geometry), precision, 1);
      compare([y], (g, a) => g.meanPoolGrad(a, geometry, x), precision, sizeOf(window));
    }
  });

  test('gradient of the greatest goes to the first of equals', () => {
    fc.assert(
      fc.property(windows, channels, batches, precisions, ({ geometry, input, output }, c, batch, precision) => {
        const [x, y] = [[batch, ...input, c], [batch, ...output, c]];
        const node = nodeOf([x, y], (g, a, b) => g.maxPoolGrad(a!, b!, geometry));
        // Whole numbers, few of them and now and then NaN: float32 sums are exact, and there are equals.
        const values = integers(sizeOf(x), 5, 1).map((n) => (n === 4 ? Number.NaN : n));
        const operands = [{ shape: x, values }, { shape: y, values: integers(sizeOf(y), 9, 2) }];
        expect([...runNode(node, operands, precision)]).toEqual([...expectedOf(node, operands, precision)]);
      }),
      options,
    );
  });
});
