/** @file Kernels of others: refused until somebody says what they mean. */
import * as tf from '@tensorflow/tfjs-core';
import { interpret } from '../../src/graph/interpret.ts';
import { KERNELS, registerElementwise, registerLowering } from '../../src/trace/lower/registry.ts';
import { inputOf } from '../../src/trace/lower/lowering.ts';
import { traceGraph } from '../../src/trace/traceGraph.ts';
import { expectAgreement, expectTrueGradient, floats } from '../helpers/agree.ts';
import { expectNoLeak, useCpu } from '../helpers/tfjs.ts';

beforeAll(useCpu);

/** log cosh x, computed in float64 by a kernel that is registered on whatever backend is active, as ppl's are. */
function logCosh(x: tf.Tensor, kernelName: string): tf.Tensor {
  const backendName = tf.getBackend();
  if ((tf.getKernel(kernelName, backendName) as unknown) === undefined) {
    tf.registerKernel({
      kernelName,
      backendName,
      kernelFunc: ({ inputs, backend }) => {
        const { dataId, shape } = inputs['x']!;
        const storage = backend as tf.KernelBackend;
        const values = storage.readSync(dataId) as Float32Array;
        return { dataId: storage.write(values.map(logCoshOf), shape, 'float32'), shape, dtype: 'float32' };
      },
    });
  }
  return tf.engine().runKernel(kernelName, { x });
}

const logCoshOf = (x: number): number => Math.abs(x) + Math.log1p(Math.exp(-2 * Math.abs(x))) - Math.LN2;

for (const kernelName of ['Unknown', 'LogCosh', 'Twice']) {
  tf.registerGradient({
    kernelName,
    inputsToSave: ['x'],
    gradFunc: (dy, saved) => ({ x: () => tf.mul(dy as tf.Tensor, tf.tanh(saved[0]!)) }),
  });
}

describe('a kernel that nobody lowers', () => {
  const options = { inputs: [{ shape: [2] }] };

  test('is refused when it reads what depends on the inputs, and is gone afterwards', () => {
    const message = /runs a kernel of its own that reads a tensor of shape \[2\].*Call registerLowering/s;
    expectNoLeak(() => expect(() => traceGraph((x) => logCosh(x, 'Unknown'), options)).toThrow(message));
    expect(tf.getKernelsForBackend('trace')).toEqual([]);
  });

  test('is refused by name once another backend knows it', () => {
    logCosh(tf.scalar(1), 'Unknown').dispose();
    expect(() => traceGraph((x) => logCosh(x, 'Unknown'), options)).toThrow(/kernel Unknown.*registerLowering\('Unknown'/s);
  });

  test('runs on constants', () => {
    const graph = traceGraph((x) => tf.add(x, logCosh(tf.tensor1d([0, 1]), 'Unknown')), options);
    const [zero, one] = interpret(graph, [[0, 0]]).outputs[0]!;
    expect([zero, one]).toEqual([0, Math.fround(logCoshOf(1))]);
  });
});

describe('a registered function of each entry', () => {
  beforeAll(() => registerElementwise('LogCosh', ['x'], logCoshOf));

  test('is traced with its gradient', () => {
    const model = (x: tf.Tensor): tf.Tensor => tf.sum(tf.mul(logCosh(x, 'LogCosh'), tf.tensor1d([1, -2, 3])));
    expectAgreement(model, [floats([3])], { grad: true });
    const graph = expectTrueGradient(model, [floats([3])]);
    expect(String(graph)).toContain('= LogCosh(x0)');
  });

  test('is float64', () => {
    const graph = traceGraph((x) => logCosh(x, 'LogCosh'), { inputs: [{ shape: [] }] });
    expect([...interpret(graph, [[1 / 3]]).outputs[0]!]).toEqual([logCoshOf(1 / 3)]);
  });

  test('is worked out at once where its arguments are constants', () => {
    const graph = traceGraph((x) => tf.add(x, logCosh(tf.scalar(0.1), 'LogCosh')), { inputs: [{ shape: [] }] });
    expect([...interpret(graph, [[0]]).outputs[0]!]).toEqual([logCoshOf(0.1)]);
    expect(graph.numOperations).toBe(1);
  });
});

test('a lowering can be given, and given again', () => {
  const twice = (x: tf.Tensor): tf.Tensor => tf.engine().runKernel('Twice', { x });
  const run = (): number[] => [...interpret(traceGraph(twice, { inputs: [{ shape: [] }] }), [[3]]).outputs[0]!];
  registerLowering('Twice', (call, g) => g.binary('add', inputOf(call, 'x'), inputOf(call, 'x')));
  expect(run()).toEqual([6]);
  registerLowering('Twice', (call, g) => g.binary('mul', inputOf(call, 'x'), g.scalar(-2)));
  expect(run()).toEqual([-6]);
  registerLowering('Twice', (call, g) => g.unary('neg', inputOf(call, 'y')));
  expect(run).toThrow('kernel Twice was run without its input "y"');
});

test('the list of kernels holds tfjs kernels only, in order', () => {
  expect(KERNELS).toEqual([...new Set(KERNELS)].sort());
  const known = new Set(tf.getKernelsForBackend('cpu').map(({ kernelName }) => kernelName));
  expect(KERNELS.filter((kernel) => !known.has(kernel))).toEqual([]);
});
