/** @file Convolutions by minimal filtering against the plain loops of the interpreter. */
import fc from 'fast-check';
import type { GraphBuilder } from '../../src/graph/builder.ts';
import type { NodeId, NodeOf, Shape, WindowGeometry } from '../../src/graph/node.ts';
import { sizeOf } from '../../src/graph/shape.ts';
import type { Precision } from '../../src/wasm/lanes/lanes.ts';
import { correlationOf } from '../../src/dense/window/correlation.ts';
import { filteringOf } from '../../src/dense/winograd/plan.ts';
import { uniform } from '../helpers/numbers.ts';
import { EPSILON, expectedOf, nodeOf, runNode, worst } from './runNode.ts';

/** 3×3 windows in steps of 1 over many channels. */
const convolutions = fc
  .record({
    size: fc.tuple(fc.integer({ min: 1, max: 7 }), fc.integer({ min: 1, max: 7 })),
    before: fc.tuple(fc.integer({ min: 0, max: 3 }), fc.integer({ min: 0, max: 3 })),
    after: fc.tuple(fc.integer({ min: 0, max: 3 }), fc.integer({ min: 0, max: 3 })),
    channels: fc.tuple(fc.constantFrom(4, 12, 20), fc.constantFrom(8, 12, 20)),
    batch: fc.integer({ min: 0, max: 3 }),
    isPerImage: fc.boolean(),
  })
  .map(({ size, before, after, channels: [c, f], batch, isPerImage }) => {
    const geometry = { window: [3, 3], strides: [1, 1], dilations: [1, 1], padding: before };
    const output = size.map((n, axis) => Math.max(0, n + before[axis]! + after[axis]! - 2));
    return { geometry, x: [batch, ...size, c], y: [batch, ...output, f], filter: [...(isPerImage ? [batch] : []), 3, 3, c, f] };
  });

/** The greatest error, in units of the rounding of the greatest sum of magnitudes. */
function errorOf(shapes: readonly Shape[], make: (g: GraphBuilder, ...xs: NodeId[]) => NodeId): number {
  const operands = shapes.map((shape, i) => ({ shape, values: uniform(sizeOf(shape), -1, 1, i + 1) }));
  const node = nodeOf(shapes, make);
  const magnitudes = expectedOf(node, operands.map(({ shape, values }) => ({ shape, values: Array.from(values, Math.abs) })), 'float32');
  const most = magnitudes.reduce((greatest, x) => Math.max(greatest, x), 1e-30);
  return worst(runNode(node, operands, 'float32'), expectedOf(node, operands, 'float32')) / (most * EPSILON.float32);
}

/** 2e-6 of the sum of magnitudes: the worst of 400 such cases was 19 units, in the gradient of a filter over few places. */
const MOST_ERROR = 32;

test.each(['conv', 'convGradInput', 'convGradFilter'] as const)('%s, whatever the borders', (op) => {
  fc.assert(
    fc.property(convolutions, ({ geometry, x, y, filter }) => {
      const error =
        op === 'conv' ? errorOf([x, filter], (g, a, b) => g.conv(a!, b!, geometry, 1, y))
        : op === 'convGradInput' ? errorOf([y, filter], (g, a, b) => g.convGradInput(a!, b!, geometry, 1, x))
        : errorOf([x, y], (g, a, b) => g.convGradFilter(a!, b!, geometry, 1, filter));
      expect(error).toBeLessThan(MOST_ERROR);
    }),
    { numRuns: 25 },
  );
});

test('several blocks of tiles of an image', () => {
  const geometry = { window: [3, 3], strides: [1, 1], dilations: [1, 1], padding: [1, 1] };
  const [x, filter] = [[1, 33, 27, 8], [3, 3, 8, 12]];
  const y = [1, 33, 27, 12];
  expect(errorOf([x, filter], (g, a, b) => g.conv(a!, b!, geometry, 1, y))).toBeLessThan(MOST_ERROR);
  expect(errorOf([x, y], (g, a, b) => g.convGradFilter(a!, b!, geometry, 1, filter))).toBeLessThan(MOST_ERROR);
});

describe('is chosen', () => {
  interface Change extends Partial<WindowGeometry> {
    readonly size?: number;
    readonly c?: number;
    readonly f?: number;
    readonly groups?: number;
  }

  /** Outputs of a tile along an axis. */
  const choice = ({ size = 8, c = 16, f = 16, groups = 1, ...rest }: Change, precision: Precision = 'float32'): number | undefined => {
    const geometry = { window: [3, 3], strides: [1, 1], dilations: [1, 1], padding: [1, 1], ...rest };
    const [x, filter, y] = [[2, size, size, c], [...geometry.window, c / groups, f], [2, size, size, f]];
    const node = nodeOf([x, filter], (g, a, b) => g.conv(a!, b!, geometry, groups, y)) as NodeOf<'conv'>;
    return filteringOf(correlationOf(node, x, filter, y), precision)?.outputs;
  };

  test('for 3×3 windows in steps of one, over whole vectors of channels, in float32', () => {
    expect(choice({})).toBe(4);
    expect(choice({}, 'float64')).toBeUndefined();
    for (const change of [{ c: 3 }, { f: 10 }, { groups: 2 }, { window: [3, 2] }, { window: [3] }, { strides: [1, 2] }, { dilations: [2, 1] }]) {
      expect([change, choice(change)]).toEqual([change, undefined]);
    }
  });

  test('with tiles that suit the image, if it is not too small', () => {
    expect([32, 16, 14, 8, 6, 2].map((size) => choice({ size }))).toEqual([4, 4, 4, 4, 2, undefined]);
  });
});
