/** @file Programs whose results take the places of inputs, against the interpreter. */
import * as fc from 'fast-check';
import { compileGraph } from '../../src/compile.ts';
import { GraphBuilder } from '../../src/graph/builder.ts';
import { Graph } from '../../src/graph/graph.ts';
import { interpret } from '../../src/graph/interpret.ts';
import type { NodeId, Shape } from '../../src/graph/node.ts';
import { sizeOf } from '../../src/graph/shape.ts';
import { CompiledProgram } from '../../src/program/program.ts';
import { discrepancy, uniform } from '../helpers/numbers.ts';
import { carryingGraphs, points } from '../helpers/randomGraph.ts';
import { expectResults } from '../helpers/sameValues.ts';

const PLAIN = { precision: 'float64', relaxedSimd: false } as const;

/** What a run leaves: every result, as it can be seen. */
function execute(program: CompiledProgram, point: readonly (readonly number[])[]): Float64Array[] {
  point.forEach((values, i) => program.inputView(i).set(values));
  program.execute();
  return program.outputs.map((_, i) => Float64Array.from(program.outputView(i)));
}

test('random graphs leave results where inputs were, and other inputs alone', () => {
  let numReplaced = 0;
  fc.assert(
    fc.property(carryingGraphs(), points, points, ({ graph, carry }, first, second) => {
      const program = compileGraph(graph, { ...PLAIN, carry });
      const numFree = graph.outputs.length - carry.length;
      // Another run shows whether it depends on what was left behind.
      for (const point of [first, second]) {
        expectResults(graph, execute(program, point), point, () => `carry ${JSON.stringify(carry)}`);
        carry.forEach((input, i) => {
          if (input !== null) expect(program.inputView(input)).toEqual(program.outputView(numFree + i));
        });
        point.forEach((values, i) => {
          if (!carry.includes(i)) expect([...program.inputView(i)]).toEqual(values);
        });
      }
      numReplaced += carry.filter((input) => input !== null).length;
    }),
    { numRuns: 300 },
  );
  expect(numReplaced).toBeGreaterThan(600);
});

/** A graph of inputs of these shapes, all of whose results are carried. */
function graphOf(shapes: readonly Shape[], make: (g: GraphBuilder, xs: readonly NodeId[]) => NodeId[]): Graph {
  const g = new GraphBuilder();
  const outputs = make(g, shapes.map((shape, i) => g.input(i, shape, 'float')));
  return new Graph({ inputs: shapes.map((shape) => ({ shape, dtype: 'float' })), nodes: g.nodes, outputs, gradients: shapes.map(() => null) });
}

/** A state and a number to the next state and twice that. */
const smoothing = graphOf([[], []], (g, [state, x]) => {
  const next = g.binary('add', g.binary('mul', state!, g.scalar(0.5)), x!);
  return [next, g.binary('mul', next, g.scalar(2))];
});

const vectors = (n: number, length: number): Shape[] => Array.from({ length: n }, () => [length]);

describe.each(['float64', 'float32'] as const)('in %s', (precision) => {
  test.each<[string, readonly Shape[], (number | null)[], (g: GraphBuilder, xs: readonly NodeId[]) => NodeId[]]>([
    ['a swap', vectors(2, 37), [0, 1], (_, [a, b]) => [b!, a!]],
    ['a swap of scalars', [[], []], [0, 1], (_, [a, b]) => [b!, a!]],
    ['a swap of transposes', [[40, 50], [50, 40]], [0, 1], (g, [a, b]) => [g.transpose(b!, [1, 0]), g.transpose(a!, [1, 0])]],
    ['a rotation of three', vectors(3, 5), [0, 1, 2], (_, [a, b, c]) => [b!, c!, a!]],
    ['a shift', vectors(3, 5), [0, 1, 2], (g, [a, b]) => [g.unary('sin', b!), a!, b!]],
    ['an input that stays', vectors(2, 5), [0, 1], (g, [a, b]) => [a!, g.binary('add', a!, b!)]],
    ['a constant', [[3]], [0], (g) => [g.constant([1, 2, 3], [3], 'float')]],
    ['a result of two inputs', vectors(2, 9), [0, 1], (g, [a, b]) => [g.binary('mul', a!, b!), g.binary('mul', a!, b!)]],
    ['the same that is a result, too', [[9]], [null, 0], (g, [a]) => [g.unary('exp', a!), g.unary('exp', a!)]],
    ['the old value as a result', [[9]], [null, 0], (g, [a]) => [a!, g.unary('exp', a!)]],
    ['reversal', [[64]], [0], (g, [a]) => [g.binary('mul', g.slice(a!, [63], [64], [-1]), g.scalar(2))]],
    ['a transpose', [[40, 40]], [0], (g, [a]) => [g.transpose(a!, [1, 0])]],
    ['a square added to its transpose', [[9, 9]], [0], (g, [a]) => [g.binary('add', a!, g.transpose(a!, [1, 0]))]],
    ['a square taken from its transpose', [[9, 9]], [0], (g, [a]) => [g.binary('sub', g.transpose(a!, [1, 0]), a!)]],
    ['a product with itself', [[20, 20]], [0], (g, [a]) => [g.dot(a!, a!)]],
    ['what its own sum is taken from', [[50]], [0], (g, [a]) => [g.binary('sub', a!, g.reduce('sum', a!, [0]))]],
    ['two that read each other', vectors(2, 33), [0, 1], (g, [a, b]) => [g.binary('add', a!, b!), g.binary('sub', a!, b!)]],
    ['gathering', [[6]], [0], (g, [a]) => [g.binary('add', a!, g.gather(a!, g.constant([5, 4, 3, 2, 1, 0], [6], 'int'), 0))]],
    ['indices', [[6], [6]], [0], (g, [a, b]) => [g.scatterAdd(b!, g.cast(a!, 'int'), 6)]],
    ['a new shape', [[6, 4], [24]], [1, 0], (g, [a, b]) => [g.reshape(g.unary('sin', a!), [24]), g.reshape(g.unary('cos', b!), [6, 4])]],
    ['an empty array', [[0, 3]], [0], (g, [a]) => [g.unary('exp', a!)]],
    ['a loop over time', [[], [5]], [0, 1], (g, [a, b]) => g.loop({ body: smoothing, length: 5, carries: [a!], scanned: [b!], invariants: [] })],
    ['parts', [[2, 3]], [0], (g, [a]) => [g.concat([g.slice(a!, [1, 0], [1, 3]), g.slice(a!, [0, 0], [1, 3])], 0)]],
  ])('%s', (name, shapes, carry, make) => {
    const graph = graphOf(shapes, make);
    const program = compileGraph(graph, { precision, relaxedSimd: false, carry });
    const isOfIndices = name === 'indices';
    let state: readonly ArrayLike<number>[] = shapes.map((shape, i) => {
      return isOfIndices && i === 0 ? [5, 4, 3, 2, 1, 0] : uniform(sizeOf(shape), -1, 1, i + 1).map(Math.fround);
    });
    state.forEach((values, i) => program.inputView(i).set(values));
    for (let round = 0; round < (isOfIndices ? 1 : 3); round++) {
      const { outputs } = interpret(graph, state, { precision });
      program.execute();
      state = state.map((values, i) => outputs[carry.indexOf(i)] ?? values);
      // Sums of products in another order: some units in the last place, from round to round.
      const tolerance = 200 * (precision === 'float64' ? 2 ** -52 : 2 ** -23);
      state.forEach((values, i) => expect(discrepancy(program.inputView(i), values)).toBeLessThan(tolerance));
      outputs.forEach((values, k) => expect(program.outputView(k)).toHaveLength(values.length));
    }
  });
});

test('a carried result is seen in the memory of its input, in programs from bytes too', () => {
  const graph = graphOf([[8], [8]], (g, [a, b]) => [g.unary('cos', b!), g.binary('add', a!, b!)]);
  const made = compileGraph(graph, { ...PLAIN, carry: [null, 0] });
  const loaded = CompiledProgram.fromBytes(made.toBytes());
  for (const program of [made, loaded]) {
    program.inputView(1).set(uniform(8, 0, 1, 3));
    for (let i = 1; i <= 100; i++) program.execute();
    expect(program.outputView(1).byteOffset).toBe(program.inputView(0).byteOffset);
    expect(program.outputView(0).byteOffset).not.toBe(program.inputView(1).byteOffset);
    uniform(8, 0, 1, 3).forEach((x, i) => expect(program.inputView(0)[i]).toBeCloseTo(100 * x, 10));
  }
});
