/** @file Whether two graphs compute the same, as far as rounding allows. */
import type { Graph } from '../../src/graph/graph.ts';
import { interpret } from '../../src/graph/interpret.ts';

/** Units in the last place, of the scale below. */
const TOLERANCE = 1e-12;

/**
 * Checks that two graphs have the same values at a point, within 1e-12 of what rounding can do: of the greatest value on the
 * way, and of how far results move when the inputs move by 1e-6 of that (which is how far a badly conditioned graph
 * magnifies errors). What is not finite must be so in both, but NaN may have become a number.
 */
export function expectSameValues(expected: Graph, actual: Graph, point: readonly number[][]): void {
  const types = (graph: Graph): unknown => graph.outputs.map((id) => ({ shape: graph.nodes[id]!.shape, dtype: graph.nodes[id]!.dtype }));
  expect(types(actual)).toEqual(types(expected));
  expectResults(expected, results(actual, point), point, () => String(actual));
}

/** Checks results, however they came about, against those of a graph, as {@link expectSameValues} does. */
export function expectResults(
  expected: Graph,
  after: readonly ArrayLike<number>[],
  point: readonly number[][],
  describe: () => string = () => '',
  tolerance: number = TOLERANCE,
): void {
  const before = results(expected, point);
  const moved = results(expected, point.map((values) => values.map((x, i) => x + 1e-6 * (i % 2 === 0 ? 1 : -1))));
  const scale = greatestOnTheWay(expected, point);
  before.forEach((values, k) => {
    values.forEach((value, i) => {
      const got = after[k]![i]!;
      if (Object.is(got, value) || got === value || Number.isNaN(value)) return;
      const sensitivity = Math.abs(moved[k]![i]! - value) / 1e-6;
      const allowed = tolerance * (scale + (Number.isFinite(sensitivity) ? sensitivity : 0));
      if (!(Math.abs(got - value) <= allowed)) {
        throw new Error(`result ${k}[${i}] is ${got}, was ${value} (allowed ${allowed})\n${String(expected)}\n${describe()}`);
      }
    });
  });
}

function results(graph: Graph, point: readonly number[][]): Float64Array[] {
  const { outputs, gradients } = interpret(graph, point);
  return [...outputs, ...gradients.filter((gradient) => gradient !== null)];
}

/** The greatest finite |value| of any node that loops or selections do not hide, and at least 1. */
function greatestOnTheWay(graph: Graph, point: readonly number[][]): number {
  const visible = graph.nodes.flatMap((node, id) => (node.op === 'loop' ? [] : [id]));
  const all = interpret({ inputs: graph.inputs, nodes: graph.nodes, outputs: visible, gradients: [] }, point).outputs;
  return Math.max(1, ...all.map((values) => values.reduce((m, x) => (Number.isFinite(x) ? Math.max(m, Math.abs(x)) : m), 0)));
}
