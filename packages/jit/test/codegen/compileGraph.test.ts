/** @file Compiled graphs against the float64 interpreter. */
import * as fc from 'fast-check';
import { compileGraph } from '../../src/compile.ts';
import { GraphBuilder } from '../../src/graph/builder.ts';
import { Graph } from '../../src/graph/graph.ts';
import type { DType, NodeId, Shape } from '../../src/graph/node.ts';
import { expectCompiled } from '../helpers/compiled.ts';
import { uniform } from '../helpers/numbers.ts';
import { graphs, points } from '../helpers/randomGraph.ts';
import { expectResults } from '../helpers/sameValues.ts';

/** A graph of one or several results. */
function graph(
  inputs: readonly { readonly shape: Shape; readonly dtype?: DType }[],
  build: (g: GraphBuilder, ...inputs: NodeId[]) => NodeId | NodeId[],
): Graph {
  const g = new GraphBuilder();
  const typed = inputs.map(({ shape, dtype = 'float' }) => ({ shape, dtype }));
  const outputs = [build(g, ...typed.map(({ shape, dtype }, i) => g.input(i, shape, dtype)))].flat();
  return new Graph({ inputs: typed, nodes: g.nodes, outputs, gradients: typed.map(() => null) });
}

const numbers = (count: number, seed: number = 1): number[] => uniform(count, -2, 2, seed);

test('random graphs in float64', () => {
  fc.assert(
    fc.property(graphs(), points, (own, point) => {
      const program = compileGraph(own, { precision: 'float64', relaxedSimd: false });
      expectResults(own, program.run(...point).outputs, point);
    }),
    { numRuns: 400 },
  );
});

test('random graphs in float32', () => {
  fc.assert(
    fc.property(graphs(12), points, (own, point) => {
      // Nothing so small that its square is lost in float32.
      const rounded = point.map((values) => values.map((x) => Math.round(x * 64) / 64));
      const program = compileGraph(own, { precision: 'float32', relaxedSimd: false });
      // Indices and the like are exact; rounding is 2^29 times that of float64.
      expectResults(own, program.run(...rounded).outputs, rounded, undefined, 1e-4);
    }),
    { numRuns: 200 },
  );
});

describe('fused loops', () => {
  test.each([1, 2, 3, 7, 8, 9, 64, 129, 1000])('over %i numbers: vectors and what is left over', (n) => {
    const own = graph([{ shape: [n] }, { shape: [] }], (g, x, s) => {
      const y = g.unary('exp', g.binary('mul', x, s));
      return [g.binary('add', y, x), g.reduce('sum', y, [0]), g.reduce('max', y, [0]), g.reduce('prod', g.unary('tanh', y), [0])];
    });
    expectCompiled(own, [numbers(n), [0.7]]);
  });

  test.each([[[0]], [[1]], [[2]], [[0, 1]], [[0, 2]], [[1, 2]], [[0, 1, 2]]])('sums over axes %j', (axes) => {
    for (const shape of [[3, 4, 5], [2, 9, 16], [5, 1, 3]]) {
      const own = graph([{ shape }, { shape: shape.slice(2) }], (g, x, y) => {
        const z = g.binary('mul', x, y);
        return [g.reduce('sum', z, axes), g.reduce('min', z, axes)];
      });
      expectCompiled(own, [numbers(shape.reduce((a, b) => a * b)), numbers(shape[2]!, 2)]);
    }
  });

  test.each([[2, 3, 4, 5], [3, 2, 50, 3], [2, 2, 3, 8], [2, 3, 2, 33]])('sums of columns of [%i, %i, %i, %i]', (...shape) => {
    const own = graph([{ shape }], (g, x) => {
      const y = g.unary('sin', x);
      return [[0], [2], [0, 2], [1, 2], [0, 1, 2]].flatMap((axes) => [g.reduce('sum', y, axes), g.reduce('max', y, axes)]);
    });
    expectCompiled(own, [numbers(shape.reduce((a, b) => a * b))]);
    const single = graph([{ shape }], (g, x) => g.reduce('sum', g.unary('neg', x), [0, 2]));
    expectCompiled(single, [numbers(shape.reduce((a, b) => a * b))]);
  });

  test('truth values are computed, combined, stored and reduced', () => {
    const own = graph([{ shape: [3, 5] }, { shape: [5] }], (g, x, y) => {
      const less = g.compare('lt', x, y);
      const both = g.binary('and', less, g.unary('not', g.compare('eq', x, g.scalar(0))));
      return [less, g.reduce('any', both, [1]), g.reduce('all', less, [0]), g.select(both, x, g.scalar(7)), g.cast(less, 'float')];
    });
    expectCompiled(own, [numbers(15), numbers(5, 3)]);
  });

  test('whole numbers are cut off and wrap', () => {
    const own = graph([{ shape: [6] }, { shape: [6], dtype: 'int' }], (g, x, k) => {
      const whole = g.cast(x, 'int');
      return [whole, g.binary('add', k, whole), g.binary('mul', k, g.scalar(3, 'int')), g.binary('div', k, g.scalar(2, 'int'))];
    });
    const ints = [2 ** 31 - 1, -(2 ** 31), 5, -5, 0, 1_000_000_007];
    const program = compileGraph(own, { precision: 'float64', relaxedSimd: false });
    const { outputs } = program.run([1.9, -1.9, NaN, 3e9, 0.5, -0.5], ints);
    expect([...outputs[0]!].map((x) => x + 0)).toEqual([1, -1, 0, 3e9 | 0, 0, 0]);
    expect([...outputs[1]!].map((x) => x + 0)).toEqual(ints.map((k, i) => (k + outputs[0]![i]!) | 0));
    expect([...outputs[2]!].map((x) => x + 0)).toEqual(ints.map((k) => (k * 3) | 0));
    expect([...outputs[3]!].map((x) => x + 0)).toEqual(ints.map((k) => (k / 2) | 0));
  });

  test('gathers by indices that are only known at run time stay within the array', () => {
    const own = graph([{ shape: [4, 3] }, { shape: [5], dtype: 'int' }], (g, x, k) => [g.gather(x, k, 0), g.gather(x, k, 1)]);
    expectCompiled(own, [numbers(12), [0, 2, 1, 2, 0]]);
    const program = compileGraph(own, { precision: 'float64', relaxedSimd: false });
    const { outputs } = program.run(numbers(12), [-1e9, 1e9, 1, 2, 0]);
    expect([...outputs[0]!].every((value) => numbers(12).includes(value))).toBe(true);
  });

  test('scatters leave out what is out of range', () => {
    const own = graph([{ shape: [6, 3] }, { shape: [6], dtype: 'int' }], (g, x, k) => g.scatterAdd(g.unary('exp', x), k, 4));
    expectCompiled(own, [numbers(18), [3, 0, -1, 3, 4, 0]]);
    const single = graph([{ shape: [7] }, { shape: [7], dtype: 'int' }], (g, x, k) => g.scatterAdd(x, k, 3));
    expectCompiled(single, [numbers(7), [0, 2, 5, 2, -3, 1, 0]]);
  });

  test('arrays put together from parts that overlap', () => {
    const own = graph([{ shape: [9] }, { shape: [4, 3] }], (g, x, m) => {
      const pad = (id: NodeId, before: number, after: number): NodeId => g.pad(id, [before], [after], 0);
      const sum = g.binary('add', pad(g.unary('exp', x), 1, 0), g.binary('add', pad(g.unary('sin', x), 0, 1), pad(g.slice(x, [2], [3]), 4, 3)));
      return [sum, g.concat([m, g.unary('neg', m)], 1), g.pad(m, [1, 2], [0, 1], 3.5)];
    });
    expectCompiled(own, [numbers(9), numbers(12)]);
  });

  test('nothing at all', () => {
    const own = graph([{ shape: [0, 3] }], (g, x) => [
      g.reduce('sum', x, [0]), g.reduce('max', x, [0, 1]), g.unary('exp', x), g.concat([x, g.broadcast(g.scalar(2), [2, 3])], 0),
    ]);
    expectCompiled(own, [[]]);
  });

  test('many numbers in a row, through several functions', () => {
    const own = graph([{ shape: [2] }], (g, q) => {
      const [a, b] = [g.reshape(g.slice(q, [0], [1]), []), g.reshape(g.slice(q, [1], [1]), [])];
      let state = a;
      const all: NodeId[] = [];
      for (let i = 0; i < 1500; i++) {
        state = g.unary('sin', g.binary('add', g.binary('mul', state, b), g.scalar(i / 1500)));
        all.push(g.reshape(state, [1]));
      }
      return [g.concat(all, 0), g.reduce('sum', g.concat(all, 0), [0])];
    });
    expectCompiled(own, [[0.3, 0.8]], { float64: 1e-11, float32: 1e-3 });
  });
});

describe('transposed arrays', () => {
  test.each([
    [[40, 50], [1, 0]],
    [[33, 35], [1, 0]],
    [[2, 30, 21], [0, 2, 1]],
    [[5, 6, 7, 8], [3, 1, 0, 2]],
    [[12, 10, 11], [2, 0, 1]],
    [[4, 9, 40], [1, 0, 2]],
  ])('%j by %j: as results, in loops, in products, gathered from, in slices', (shape, permutation) => {
    const size = shape.reduce((a, b) => a * b);
    const own = graph([{ shape }], (g, x) => {
      const moved = g.transpose(x, permutation);
      const { shape: turned } = g.node(moved);
      const rows = g.reshape(moved, [turned[0]!, size / turned[0]!]);
      const indices = g.constant([1, 0, 1], [3], 'int');
      return [
        moved,
        g.binary('add', g.unary('neg', moved), g.reshape(x, turned)),
        g.gather(moved, indices, 0),
        g.reduce('sum', g.binary('mul', moved, moved), [0]),
        g.dot(rows, rows, false, true),
        g.slice(g.unary('abs', moved), turned.map(() => 1), turned.map((n) => n - 1)),
      ];
    });
    expectCompiled(own, [numbers(size)]);
  });
});
