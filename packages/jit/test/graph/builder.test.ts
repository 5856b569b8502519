/** @file Building graphs: shapes, constants, and what falls away. */
import { GraphBuilder } from '../../src/graph/builder.ts';
import { Graph } from '../../src/graph/graph.ts';

/** A builder with inputs `x` [2, 3] and `s` []. */
function start(): { g: GraphBuilder; x: number; s: number } {
  const g = new GraphBuilder();
  return { g, x: g.input(0, [2, 3], 'float'), s: g.input(1, [], 'float') };
}

describe('operations that change nothing give their operand', () => {
  const { g, x, s } = start();
  const zeros = g.constant([0, 0, 0], [3], 'float');
  const ones = g.constant([1, 1, 1, 1, 1, 1], [2, 3], 'float');
  test.each([
    ['reshape', g.reshape(x, [2, 3])],
    ['reshape there and back', g.reshape(g.reshape(x, [6]), [2, 3])],
    ['transpose', g.transpose(x, [0, 1])],
    ['slice', g.slice(x, [0, 0], [2, 3])],
    ['pad', g.pad(x, [0, 0], [0, 0], 1)],
    ['broadcast', g.broadcast(x, [2, 3])],
    ['cast', g.cast(x, 'float')],
    ['concat with nothing', g.concat([x, g.constant([], [2, 0], 'float')], 1)],
    ['x + 0', g.binary('add', x, zeros)],
    ['0 + x', g.binary('add', zeros, x)],
    ['x - 0', g.binary('sub', x, zeros)],
    ['x * 1', g.binary('mul', x, ones)],
    ['1 * x', g.binary('mul', ones, x)],
    ['x / 1', g.binary('div', x, ones)],
    ['sum over no axes', g.reduce('sum', x, [])],
  ])('%s', (_, result) => expect(result).toBe(x));

  test('but not those that do', () => {
    const wide = g.constant([1, 1], [2, 1, 1], 'float');
    for (const result of [
      g.binary('sub', zeros, x),
      g.binary('div', ones, x),
      g.binary('mul', x, wide),
      g.binary('pow', x, ones),
      g.slice(x, [0, 0], [2, 3], [1, -1]),
      g.transpose(x, [1, 0]),
    ]) {
      expect(result).not.toBe(x);
    }
    expect(g.shape(g.binary('mul', s, ones))).toEqual([2, 3]);
    expect(g.shape(g.binary('mul', x, wide))).toEqual([2, 2, 3]);
  });
});

describe('constants', () => {
  test('are one for one value, type and shape', () => {
    const { g } = start();
    expect(g.constant([1, 2], [2], 'float')).toBe(g.constant(Float32Array.of(1, 2), [2], 'float'));
    expect(g.scalar(Number.NaN)).toBe(g.scalar(Number.NaN));
    const distinct = [
      g.constant([1, 2], [2], 'float'),
      g.constant([1, 2], [2], 'int'),
      g.constant([1, 2], [1, 2], 'float'),
      g.constant([2, 1], [2], 'float'),
      g.scalar(0),
      g.scalar(-0),
    ];
    expect(new Set(distinct).size).toBe(distinct.length);
  });

  test('of one number are a broadcast scalar', () => {
    const { g } = start();
    const filled = g.constant([7, 7, 7, 7], [2, 2], 'float');
    expect(g.node(filled)).toMatchObject({ op: 'broadcast', x: g.scalar(7), shape: [2, 2] });
    expect(g.constantValue(filled)).toEqual({ shape: [2, 2], values: Float64Array.of(7, 7, 7, 7) });
    expect(g.reshape(filled, [4])).toBe(g.constant([7, 7, 7, 7], [4], 'float'));
  });

  test('are worked out in float64, ints as int32', () => {
    const { g } = start();
    expect(g.binary('div', g.scalar(1), g.scalar(3))).toBe(g.scalar(1 / 3));
    expect(g.binary('add', g.scalar(2 ** 31 - 1, 'int'), g.scalar(1, 'int'))).toBe(g.scalar(-(2 ** 31), 'int'));
    expect(g.cast(g.scalar(-2.7), 'int')).toBe(g.scalar(-2, 'int'));
    expect(g.cast(g.scalar(-0.5), 'bool')).toBe(g.scalar(1, 'bool'));
  });

  test('need as many values as their shape says', () => {
    expect(() => start().g.constant([1, 2], [3], 'float')).toThrow('shape [3] cannot hold 2 values');
  });
});

describe('broadcasting', () => {
  test('is left to the end of elementwise chains', () => {
    const { g, x, s } = start();
    const wide = g.broadcast(s, [2, 3]);
    const result = g.binary('add', g.unary('exp', g.binary('mul', wide, g.scalar(2))), x);
    const graph = new Graph({ inputs: [], nodes: g.nodes, outputs: [result], gradients: [] });
    expect(graph.nodes.map(({ op, shape }) => `${op}[${shape.join()}]`)).toEqual([
      'input[2,3]',
      'input[]',
      'constant[]',
      'binary[]',
      'unary[]',
      'binary[2,3]',
    ]);
  });

  test('of a scalar survives being moved about', () => {
    const { g, s } = start();
    const wide = g.broadcast(s, [2, 3]);
    expect(g.reshape(wide, [6])).toBe(g.broadcast(s, [6]));
    expect(g.transpose(wide, [1, 0])).toBe(g.broadcast(s, [3, 2]));
    expect(g.slice(wide, [0, 1], [1, 1])).toBe(g.reshape(s, [1, 1]));
    expect(g.gather(wide, g.constant([0, 1, 1], [3], 'int'), 0)).toBe(g.broadcast(s, [3, 3]));
  });

  test('refuses shapes that do not fit', () => {
    const { g, x } = start();
    expect(() => g.broadcast(x, [3, 3])).toThrow('shapes [2,3], [3,3] do not broadcast');
    expect(() => g.broadcast(x, [3])).toThrow('shape [2,3] does not broadcast to [3]');
    expect(() => g.reshape(x, [5])).toThrow('shape [2,3] cannot be reshaped to [5]');
    expect(() => g.dot(x, x)).toThrow('dot: shapes [2,3] and [2,3] do not fit');
    expect(() => g.gather(x, g.constant([0, 3], [2], 'int'), 1)).toThrow('index 3 is not within axis 1 of [2,3]');
  });
});

test('a transpose that moves only axes of size 1 is a reshape', () => {
  const g = new GraphBuilder();
  const x = g.input(0, [1, 4, 1, 5], 'float');
  expect(g.node(g.transpose(x, [1, 0, 3, 2]))).toMatchObject({ op: 'reshape', shape: [4, 1, 5, 1] });
  expect(g.node(g.transpose(x, [3, 0, 1, 2]))).toMatchObject({ op: 'transpose' });
});

test('a graph keeps only what leads to its results', () => {
  const { g, x } = start();
  const used = g.unary('exp', x);
  g.unary('sin', x);
  const graph = new Graph({ inputs: [], nodes: g.nodes, outputs: [used], gradients: [null] });
  expect(graph.nodes.map(({ op }) => op)).toEqual(['input', 'unary']);
  expect(graph.outputs).toEqual([1]);
});
