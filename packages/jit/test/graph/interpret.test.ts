/** @file What nodes mean, where tfjs cannot be asked. */
import * as tf from '@tensorflow/tfjs-core';
import { GraphBuilder } from '../../src/graph/builder.ts';
import { erf } from '../../src/graph/erf.ts';
import { BINARY, registerFunction, UNARY } from '../../src/graph/functions.ts';
import { Graph } from '../../src/graph/graph.ts';
import { interpret } from '../../src/graph/interpret.ts';
import type { NodeId, Shape } from '../../src/graph/node.ts';
import { sizeOf } from '../../src/graph/shape.ts';
import { traceGraph } from '../../src/trace/traceGraph.ts';
import { discrepancy, uniform } from '../helpers/numbers.ts';

/** The value of what `make` builds from inputs of these shapes. */
function run(shapes: readonly Shape[], inputs: readonly number[][], make: (g: GraphBuilder, xs: NodeId[]) => NodeId): number[] {
  const g = new GraphBuilder();
  const result = make(g, shapes.map((shape, i) => g.input(i, shape, 'float')));
  const graph = new Graph({ inputs: shapes.map((shape) => ({ shape, dtype: 'float' })), nodes: g.nodes, outputs: [result], gradients: [] });
  return [...interpret(graph, inputs).outputs[0]!];
}

const numbers = (shape: Shape, seed: number): number[] => uniform(sizeOf(shape), -1, 1, seed);

describe('matrix products', () => {
  test('broadcast the axes before the last two on both sides', () => {
    const [a, b] = [numbers([2, 1, 2, 3], 1), numbers([5, 3, 4], 2)];
    const actual = run([[2, 1, 2, 3], [5, 3, 4]], [a, b], (g, [x, y]) => g.dot(x!, y!));
    const expected: number[] = [];
    for (let p = 0; p < 2; p++) {
      for (let q = 0; q < 5; q++) {
        for (let i = 0; i < 2; i++) {
          for (let j = 0; j < 4; j++) {
            expected.push([0, 1, 2].reduce((sum, k) => sum + a[(p * 2 + i) * 3 + k]! * b[(q * 3 + k) * 4 + j]!, 0));
          }
        }
      }
    }
    expect(discrepancy(actual, expected)).toBeLessThan(1e-15);
  });

  test('einsum contracts what is left out, where tfjs gives another shape', () => {
    const [a, b] = [numbers([2, 3, 4], 1), numbers([4], 2)];
    const graph = traceGraph((x, y) => tf.einsum('ijk,k->j', x!, y!), { inputs: [{ shape: [2, 3, 4] }, { shape: [4] }] });
    const expected = [0, 1, 2].map((j) => {
      let sum = 0;
      for (let i = 0; i < 2; i++) for (let k = 0; k < 4; k++) sum += a[(i * 3 + j) * 4 + k]! * b[k]!;
      return sum;
    });
    expect(graph.nodes[graph.outputs[0]!]!.shape).toEqual([3]);
    expect(discrepancy(interpret(graph, [a, b]).outputs[0]!, expected)).toBeLessThan(1e-15);
  });
});

describe('linear algebra', () => {
  const [n, m] = [4, 3];
  const square: Shape = [2, n, n];
  const b = numbers(square, 3);

  test('the Cholesky factor is lower triangular, and times its transpose the matrix', () => {
    const factor = (g: GraphBuilder, x: NodeId): NodeId => {
      const eye = Array.from({ length: n * n }, (_, i) => (i % (n + 1) === 0 ? 1 : 0));
      return g.cholesky(g.binary('add', g.dot(x, x, false, true), g.constant(eye, [n, n], 'float')));
    };
    const l = run([square], [b], (g, [x]) => factor(g, x!));
    l.forEach((value, i) => i % n > Math.floor(i / n) % n && expect(value).toBe(0));
    const rest = run([square], [b], (g, [x]) => {
      const root = factor(g, x!);
      return g.binary('sub', g.dot(root, root, false, true), g.dot(x!, x!, false, true));
    });
    rest.forEach((value, i) => expect(value).toBeCloseTo((i % (n * n)) % (n + 1) === 0 ? 1 : 0, 13));
  });

  test('of a matrix that is not positive definite it is NaN from where that shows', () => {
    const [a, c] = [[4, 2, 2, 0], [4, 9, 2, 5]];
    expect(run([[2, 2]], [a], (g, [x]) => g.cholesky(x!))).toEqual([2, 0, 1, Number.NaN]);
    expect(run([[2, 2]], [c], (g, [x]) => g.cholesky(x!))).toEqual([2, 0, 1, 2]);
  });

  test.each([[true, false], [true, true], [false, false], [false, true]])('systems: lower %s, transposed %s', (lower, transpose) => {
    const matrix = numbers(square, 4).map((x, i) => (i % n === Math.floor(i / n) % n ? x + 3 : x));
    const rhs = numbers([n, m], 5);
    const x = run([square, [n, m]], [matrix, rhs], (g, [t, r]) => g.triangularSolve(t!, r!, lower, transpose));
    expect(x).toHaveLength(2 * n * m);
    for (let batch = 0; batch < 2; batch++) {
      const entry = (i: number, j: number): number => {
        const [row, column] = transpose ? [j, i] : [i, j];
        return (lower ? column <= row : column >= row) ? matrix[(batch * n + row) * n + column]! : 0;
      };
      for (let i = 0; i < n; i++) {
        for (let j = 0; j < m; j++) {
          let sum = 0;
          for (let k = 0; k < n; k++) sum += entry(i, k) * x[(batch * n + k) * m + j]!;
          expect(sum).toBeCloseTo(rhs[i * m + j]!, 13);
        }
      }
    }
  });
});

describe('indices', () => {
  test('out of range are an error when gathering, and left out when scattering', () => {
    const gather = (index: number): number[] => run([[3], [1]], [[5, 6, 7], [index]], (g, [x, i]) => g.gather(x!, i!, 0));
    expect(gather(2)).toEqual([7]);
    expect(() => gather(3)).toThrow(RangeError);
    expect(() => gather(-1)).toThrow('index -1 is not within an axis of 3');
    const scatter = run([[4, 1], [4]], [[1, 2, 4, 8], [1, -1, 1, 2]], (g, [x, i]) => g.scatterAdd(x!, i!, 2));
    expect(scatter).toEqual([0, 5]);
  });
});

describe('reductions of nothing', () => {
  test.each([['sum', 0], ['prod', 1], ['max', -Infinity], ['min', Infinity]] as const)('%s is %d', (fn, expected) => {
    expect(run([[2, 0]], [[]], (g, [x]) => g.reduce(fn, x!, [1]))).toEqual([expected, expected]);
  });
});

describe('functions', () => {
  // Abramowitz and Stegun, tables 7.1 and 7.3; for 5, mpmath.
  test.each([
    [0.1, 0.1124629160182849],
    [0.5, 0.5204998778130465],
    [1, 0.8427007929497149],
    [2, 0.9953222650189527],
    [2.5, 0.9995930479825550],
    [3, 0.9999779095030014],
    [5, 0.9999999999984626],
    [7, 1],
  ])('erf(%d)', (x, expected) => {
    expect(Math.abs(erf(x) / expected - 1)).toBeLessThan(1e-15);
    expect(erf(-x)).toBe(-erf(x));
  });

  test('erf of the special', () => {
    expect([0, Infinity, -Infinity, Number.NaN].map(erf)).toEqual([0, 1, -1, Number.NaN]);
  });

  test('rounding is to even, the remainder has the sign of the divisor', () => {
    expect([-2.5, -1.5, -0.5, 0.5, 1.5, 2.5, 2.4, 2.6].map(UNARY.round)).toEqual([-2, -2, 0, 0, 2, 2, 2, 3]);
    expect([[7, 3], [-7, 3], [7, -3], [-7, -3], [6, 3]].map(([a, b]) => BINARY.mod(a!, b!))).toEqual([1, 2, -2, -1, 0]);
  });

  test('softplus and sigmoid neither overflow nor lose their tails', () => {
    expect([-800, -40, 40, 800].map(UNARY.softplus)).toEqual([0, Math.exp(-40), 40, 800]);
    expect([-800, 800].map(UNARY.sigmoid)).toEqual([0, 1]);
  });

  test('get as many arguments as the graph gives them', () => {
    registerFunction('Largest', Math.max);
    expect(run([[2], []], [[-2, 3], [-1]], (g, [x, y]) => g.special('Largest', x!, y!))).toEqual([-1, 3]);
    expect(run([[2]], [[-2, 3]], (g, [x]) => g.special('Largest', x!))).toEqual([-2, 3]);
    expect(run([[2], [], []], [[-2, 3], [-3], [-1]], (g, [x, y, z]) => g.special('Largest', x!, y!, z!))).toEqual([-1, 3]);
    expect(run([[2], [], [], []], [[-2, 3], [-3], [-1], [0]], (g, [x, y, z, w]) => g.special('Largest', x!, y!, z!, w!))).toEqual([0, 3]);
  });

  test('a function that nobody registered is refused by name', () => {
    expect(() => run([[1]], [[1]], (g, [x]) => g.special('zeta', x!))).toThrow('no function "zeta" is registered');
  });
});

test('inputs must fit', () => {
  const graph = new Graph({ inputs: [{ shape: [2, 2], dtype: 'float' }], nodes: [], outputs: [], gradients: [] });
  expect(() => interpret(graph, [])).toThrow('takes 1 inputs, got 0');
  expect(() => interpret(graph, [[1, 2, 3]])).toThrow('input 0 has shape [2,2], got 3 values');
});
