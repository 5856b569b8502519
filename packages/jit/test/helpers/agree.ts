/** @file Checking a graph against eager tfjs, and its gradient against differences of its own value. */
import * as tf from '@tensorflow/tfjs-core';
import { Graph } from '../../src/graph/graph.ts';
import { interpret } from '../../src/graph/interpret.ts';
import { sizeOf } from '../../src/graph/shape.ts';
import { traceGraph } from '../../src/trace/traceGraph.ts';
import type { TraceableFunction } from '../../src/trace/recording.ts';
import { expectCompiled } from './compiled.ts';
import { discrepancy, gradientByDifferences, uniform } from './numbers.ts';
import { expectNoLeak } from './tfjs.ts';

/** An argument of a function under test: its shape, and the numbers in it. */
export interface Argument {
  readonly shape: number[];
  readonly values: readonly number[];
  readonly dtype?: 'float32' | 'int32' | 'bool';
}

/** Floats in [low, high), rounded to float32 so that eager code sees the same. */
export function floats(shape: number[], low = -2, high = 2, seed = 1): Argument {
  return { shape, values: uniform(sizeOf(shape), low, high, seed).map(Math.fround) };
}

/** What `fn` is eagerly, with its gradients in the floats if asked. */
export function eager(
  fn: TraceableFunction,
  args: readonly Argument[],
  withGradients: boolean,
): { outputs: { shape: number[]; dtype: string; values: ArrayLike<number> }[]; gradients: (ArrayLike<number> | null)[] } {
  return expectNoLeak(() => {
    const inputs = args.map(({ values, shape, dtype = 'float32' }) => tf.tensor([...values], shape, dtype));
    let outputs: { shape: number[]; dtype: string; values: ArrayLike<number> }[] = [];
    const run = (): tf.Tensor => {
      const results = [fn(...inputs)].flat();
      outputs = results.map((tensor) => ({ shape: tensor.shape, dtype: tensor.dtype, values: tensor.dataSync().slice() }));
      return results[0]!;
    };
    const floatInputs = inputs.filter(({ dtype }) => dtype === 'float32');
    let gradients: (ArrayLike<number> | null)[] = [];
    tf.tidy(() => {
      if (!withGradients) {
        run();
        return;
      }
      const { grads } = tf.engine().gradients(run, floatInputs, undefined, true);
      gradients = inputs.map((input) => {
        const i = floatInputs.indexOf(input);
        if (i < 0) return null;
        return (grads[i] as tf.Tensor | undefined)?.dataSync().slice() ?? new Float32Array(input.size);
      });
    });
    tf.dispose(inputs);
    return { outputs, gradients };
  });
}

/** Options of {@link expectAgreement}. */
export interface AgreementOptions {
  readonly grad?: boolean;
  /** Relative to the greatest entry. Float32 rounding, over as many operations as these functions have, is below 1e-5. */
  readonly tolerance?: number;
}

/** Traces `fn`, interprets and compiles the graph and compares types, shapes, values and gradients with eager tfjs. */
export function expectAgreement(fn: TraceableFunction, args: readonly Argument[], options: AgreementOptions = {}): Graph {
  const { grad = false, tolerance = 1e-5 } = options;
  const graph = trace(fn, args, grad);
  const expected = eager(fn, args, grad);
  const actual = interpret(graph, args.map(({ values }) => values));
  expectCompiled(graph, args.map(({ values }) => values));
  const types = graph.outputs.map((id) => ({ shape: graph.nodes[id]!.shape, dtype: graph.nodes[id]!.dtype }));
  const dtypes: Record<string, string> = { float32: 'float', int32: 'int', bool: 'bool' };
  expect(types).toEqual(expected.outputs.map(({ shape, dtype }) => ({ shape, dtype: dtypes[dtype] })));
  actual.outputs.forEach((output, i) => {
    expect(discrepancy(output, expected.outputs[i]!.values)).toBeLessThan(tolerance);
  });
  if (grad) {
    actual.gradients.forEach((gradient, i) => {
      if (gradient !== null) expect(discrepancy(gradient, expected.gradients[i]!)).toBeLessThan(tolerance);
    });
  }
  return graph;
}

/** Compares the graph's gradients with differences of its value in float64: an oracle that tfjs has no part in. */
export function expectTrueGradient(fn: TraceableFunction, args: readonly Argument[], tolerance = 1e-7): Graph {
  const graph = trace(fn, args, true);
  const { gradients } = interpret(graph, args.map(({ values }) => values));
  const { inputs, nodes, outputs } = graph;
  const value = new Graph({ inputs, nodes, outputs, gradients: [] });
  args.forEach(({ values, dtype = 'float32' }, i) => {
    if (dtype !== 'float32') return;
    const valueAt = (x: number[]): number =>
      interpret(value, args.map((other, j) => (j === i ? x : other.values))).outputs[0]![0]!;
    expect(discrepancy(gradients[i]!, gradientByDifferences(valueAt, values))).toBeLessThan(tolerance);
  });
  return graph;
}

function trace(fn: TraceableFunction, args: readonly Argument[], valueAndGrad: boolean): Graph {
  const inputs = args.map(({ shape, dtype = 'float32' }) => ({ shape, dtype }));
  return expectNoLeak(() => traceGraph(fn, { inputs, valueAndGrad }));
}
