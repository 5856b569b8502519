/** @file Scans in traced functions, against the same steps written out. */
import * as tf from '@tensorflow/tfjs-core';
import { interpret } from '../../src/graph/interpret.ts';
import { activeTrace } from '../../src/trace/backend.ts';
import { traceScan } from '../../src/trace/scan.ts';
import type { ScanOptions } from '../../src/trace/scan.ts';
import type { ScanResults, ScanStep } from '../../src/trace/scanBody.ts';
import { traceGraph } from '../../src/trace/traceGraph.ts';
import type { TraceableFunction } from '../../src/trace/recording.ts';
import type { Argument } from '../helpers/agree.ts';
import { expectAgreement, expectTrueGradient, floats } from '../helpers/agree.ts';
import { expectNoLeak, useCpu } from '../helpers/tfjs.ts';

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
function check(fn: TraceableFunction, args: readonly Argument[]): void {
  const graph = expectAgreement(fn, args, { grad: true });
  expect(graph.nodes.filter(({ op }) => op === 'loop').length).toBeGreaterThanOrEqual(2);
  expectTrueGradient(fn, args);
}

/** h' = tanh(h) phi + x, giving its square. */
const recursion =
  (phi: tf.Tensor): ScanStep =>
  ([h], [x]) => {
    const next = tf.add(tf.mul(tf.tanh(h!), phi), x!);
    return { carries: [next], results: [tf.square(next)] };
  };

test.each([false, true])('carries, slices, results and captured tensors (reverse: %s)', (reverse) => {
  check(
    (phi, xs) => {
      const { carries, results } = scan(recursion(phi), [tf.scalar(0.3)], [xs], { length: 5, reverse });
      return tf.add(carries[0]!, tf.sum(tf.mul(results[0]!, tf.tensor1d([1, 2, 3, 4, 5]))));
    },
    [floats([]), floats([5], -1, 1, 3)],
  );
});

test('ints are carried and scanned without gradients', () => {
  check(
    (xs) => {
      const step: ScanStep = ([i, sum], [at]) => ({
        carries: [tf.add(i!, tf.scalar(2, 'int32')), tf.add(sum!, tf.mul(tf.gather(xs, at!), tf.cast(i!, 'float32')))],
        results: [],
      });
      const where = tf.tensor1d([2, 0, 2, 1], 'int32');
      return scan(step, [tf.scalar(1, 'int32'), tf.scalar(0)], [where], { length: 4 }).carries[1]!;
    },
    [floats([3])],
  );
});

test('a scan in a scan uses tensors of every level', () => {
  check(
    (a, xs) => {
      const inner = (scale: tf.Tensor): ScanStep => ([c], [x]) => ({
        carries: [tf.add(tf.mul(tf.sin(c!), scale), tf.mul(a, x!))],
        results: [],
      });
      const outer: ScanStep = ([c], [row]) => ({
        carries: scan(inner(tf.tanh(c!)), [c!], [row!], { length: 3 }).carries,
        results: [],
      });
      return scan(outer, [tf.scalar(0.5)], [xs], { length: 2 }).carries[0]!;
    },
    [floats([]), floats([2, 3])],
  );
});

test('a tensor and its copy without a gradient stay apart', () => {
  // As ppl's stopGradient: the same node, but another tensor on the tape.
  const stopped = (x: tf.Tensor): tf.Tensor => tf.customGrad((y) => ({ value: tf.clone(y as tf.Tensor), gradFunc: (dy) => tf.zerosLike(dy) }))(x);
  const fn: TraceableFunction = (a) => {
    const b = stopped(a);
    return scan(([c]) => ({ carries: [tf.add(tf.mul(c!, b), tf.mul(c!, a))], results: [] }), [tf.scalar(1)], [], { length: 2 }).carries[0]!;
  };
  // (b + a)^2: its slope in a alone is 2 (b + a) = 4a.
  const graph = traceGraph(fn, { inputs: [{ shape: [] }], valueAndGrad: true, point: [[0.5]] });
  expect(interpret(graph, [[0.5]]).gradients[0]![0]).toBe(2);
});

test('constants, large ones too, are part of the body', () => {
  const table = tf.tensor1d(Array.from({ length: 100 }, (_, i) => i / 8));
  check(
    (x) => {
      const step: ScanStep = ([c], [t]) => ({ carries: [tf.add(tf.mul(c!, x), tf.gather(table, t!))], results: [] });
      return scan(step, [tf.scalar(0)], [tf.tensor1d([3, 1, 99], 'int32')], { length: 3 }).carries[0]!;
    },
    [floats([])],
  );
  table.dispose();
});

test('what is constant altogether is worked out', () => {
  const fn: TraceableFunction = (x) =>
    tf.add(x, scan(recursion(tf.scalar(0)), [tf.scalar(0)], [tf.tensor1d([1, 2])], { length: 2 }).carries[0]!);
  expect(traceGraph(fn, { inputs: [{ shape: [] }] }).numOperations).toBe(1);
});

describe('refused', () => {
  const options = { inputs: [{ shape: [3] }], valueAndGrad: true };
  const tracing = (fn: TraceableFunction) => (): void => expectNoLeak(() => void traceGraph(fn, options));

  test('outside of a trace', () => {
    expect(() => traceScan(recursion(tf.scalar(1)), [], [], { length: 1 })).toThrow('only inside of a function that is being traced');
  });

  test('carries that change', () => {
    const widen: ScanStep = ([c]) => ({ carries: [tf.sum(c!)], results: [] });
    expect(tracing((x) => tf.sum(scan(widen, [x], [], { length: 2 }).carries[0]!))).toThrow(
      'carry 0 goes into the body as float32[3] and comes out as float32[]',
    );
    const lose: ScanStep = () => ({ carries: [], results: [] });
    expect(tracing((x) => tf.sum(scan(lose, [x], [], { length: 2 }).carries[0]!))).toThrow('gives 0 carries, for 1');
  });

  test('reading a value in the body, and drawing random numbers', () => {
    const step = (f: (c: tf.Tensor) => tf.Tensor): ScanStep => ([c]) => ({ carries: [f(c!)], results: [] });
    const run = (f: (c: tf.Tensor) => tf.Tensor) => tracing((x) => tf.sum(scan(step(f), [x], [], { length: 2 }).carries[0]!));
    expect(run((c) => tf.mul(c, c.dataSync()[0]!))).toThrow('was read');
    expect(run((c) => tf.add(c, tf.randomNormal([3])))).toThrow('draws random numbers');
    expect(run((c) => tf.keep(tf.exp(c)))).toThrow(/kept \d tensors? that/);
  });

  test('a body that does not do the same at every step', () => {
    const counting = (x: tf.Tensor): tf.Tensor => {
      let t = 0;
      const step: ScanStep = ([c]) => ({ carries: [tf.mul(c!, ++t)], results: [] });
      return tf.sum(scan(step, [x], [], { length: 3 }).carries[0]!);
    };
    expect(tracing(counting)).toThrow(/does not do the same every time that it runs.*Carry what changes/);
  });

  test('an error in the body, which leaves nothing open', () => {
    const failing: ScanStep = () => {
      throw new RangeError('of the body');
    };
    expect(tracing((x) => tf.sum(scan(failing, [x], [], { length: 2 }).carries[0]!))).toThrow(new RangeError('of the body'));
    expect(tf.engine().state.gradientDepth).toBe(0);
    traceGraph((x) => tf.exp(x), { inputs: [{ shape: [3] }], point: [[1, 2, 3]] });
  });
});
