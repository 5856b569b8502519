/** @file Scans in traced functions, against the same steps written out. */
import * as tf from '@tensorflow/tfjs-core';
import { activeTrace } from '../../src/trace/backend.ts';
import { traceScan } from '../../src/trace/scan.ts';
import type { ScanOptions } from '../../src/trace/scan.ts';
import type { ScanResults, ScanStep } from '../../src/trace/scanBody.ts';
import { traceGraph } from '../../src/trace/traceGraph.ts';
import type { TraceableFunction } from '../../src/trace/traceGraph.ts';
import type { Argument } from '../helpers/agree.ts';
import { expectAgreement, expectTrueGradient, floats } from '../helpers/agree.ts';
import { useCpu } from '../helpers/tfjs.ts';

beforeAll(useCpu);

/** The scan while tracing, else its steps one after another. */
function scan(step: ScanStep, init: tf.Tensor[], xs: tf.Tensor[], options: ScanOptions): ScanResults {
  if (activeTrace() !== null) return traceScan(step, init, xs, options);
  const { length, reverse = false } = options;
  const rows: tf.Tensor[][] = [];
  let carries: readonly tf.Tensor[] = init;
  for (let i = 0; i < length; i++) {
    const t = reverse ? length - 1 - i : i;
    const made = step([...carries], xs.map((x) => tf.squeeze(tf.slice(x, t, 1), [0])));
    carries = made.carries;
    rows[t] = [...made.results];
  }
  return { carries, results: (rows[0] ?? []).map((_, i) => tf.stack(rows.map((row) => row[i]!))) };
}

/** Value and gradient of the function: by the scan's loops, by the steps written out, and by differences. */
function check(fn: TraceableFunction, args: readonly Argument[], tolerance = 1e-5): void {
  const graph = expectAgreement(fn, args, { grad: true, tolerance });
  if (process.env['SHOW']) console.log(String(graph));
  expect(graph.nodes.filter(({ op }) => op === 'loop').length).toBeGreaterThanOrEqual(2);
  expectTrueGradient(fn, args);
}

test('first', () => {
  check(
    (phi, xs) => {
      const { carries, results } = scan(
        ([h], [x]) => {
          const next = tf.add(tf.mul(tf.tanh(h!), phi!), x!);
          return { carries: [next], results: [tf.square(next)] };
        },
        [tf.scalar(0.3)],
        [xs!],
        { length: 5 },
      );
      return tf.add(carries[0]!, tf.sum(tf.mul(results[0]!, tf.tensor1d([1, 2, 3, 4, 5]))));
    },
    [floats([]), floats([5], -1, 1, 3)],
  );
});
