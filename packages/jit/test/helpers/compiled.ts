/** @file Checking compiled programs against the float64 interpreter. */
import { compileGraph } from '../../src/compile.ts';
import type { Graph } from '../../src/graph/graph.ts';
import { interpret } from '../../src/graph/interpret.ts';
import { discrepancy } from './numbers.ts';

/** How far a program may be from the interpreter, relative to the greatest entry: some hundred roundings. */
const TOLERANCES = { float64: 1e-13, float32: 1e-4 } as const;

/** Compiles the graph in both precisions and compares everything with the interpreter at the given arguments. */
export function expectCompiled(
  graph: Graph,
  args: readonly ArrayLike<number>[],
  tolerances: Readonly<Record<'float64' | 'float32', number>> = TOLERANCES,
): void {
  const expected = interpret(graph, args);
  for (const precision of ['float64', 'float32'] as const) {
    const { outputs, gradients } = compileGraph(graph, { precision, relaxedSimd: false }).run(...args);
    outputs.forEach((output, i) => expect(discrepancy(output, expected.outputs[i]!)).toBeLessThan(tolerances[precision]));
    gradients.forEach((gradient, i) => {
      const own = expected.gradients[i] ?? null;
      if (gradient === null || own === null) expect(gradient).toBe(own);
      else expect(discrepancy(gradient, own)).toBeLessThan(tolerances[precision]);
    });
  }
}
