/** @file What tracing accepts and refuses, and that it leaves tfjs as it found it. */
import * as tf from '@tensorflow/tfjs-core';
import * as layers from '@tensorflow/tfjs-layers';
import { interpret } from '../../src/graph/interpret.ts';
import { TraceError } from '../../src/trace/error.ts';
import { traceGraph } from '../../src/trace/traceGraph.ts';
import type { TraceableFunction } from '../../src/trace/recording.ts';
import type { TraceOptions } from '../../src/trace/recording.ts';
import { expectNoLeak, useCpu } from '../helpers/tfjs.ts';

beforeAll(useCpu);

const vector = { inputs: [{ shape: [3] }] };

/** The error of tracing `fn`, after which tfjs must be as before. */
function refusal(fn: TraceableFunction, options: TraceOptions = vector): TraceError {
  const before = stateOfTfjs();
  let caught: unknown;
  expectNoLeak(() => {
    try {
      traceGraph(fn, options);
    } catch (error) {
      caught = error;
    }
  });
  expect(stateOfTfjs()).toEqual(before);
  expect(caught).toBeInstanceOf(TraceError);
  return caught as TraceError;
}

function stateOfTfjs(): unknown {
  const { state, backendName, registryFactory, registry } = tf.engine();
  return {
    backendName,
    backend: tf.engine().backend === registry[backendName],
    factories: Object.keys(registryFactory),
    backends: Object.keys(registry),
    kernels: tf.getKernelsForBackend('trace').length,
    scopes: state.scopeStack.length,
    gradientDepth: state.gradientDepth,
    kernelDepth: state.kernelDepth,
    tape: state.activeTape?.length ?? 0,
    variables: Object.keys(state.registeredVariables),
    assign: Reflect.get(tf.Variable.prototype, 'assign'),
  };
}

/** The line of this file that calls it. */
function here(): string {
  return /traceGraph\.test\.ts:\d+/.exec(new Error('here').stack!.split('\n')[2]!)![0];
}

describe('results', () => {
  test('several, of which some are constants, inputs or tensors from outside', () => {
    const outside = tf.tensor1d([7, 8]);
    const graph = traceGraph((x, n) => [tf.mul(x!, 2), tf.tensor([[1]]), n!, outside], {
      inputs: [{ shape: [3] }, { shape: [], dtype: 'int32' }],
    });
    const { outputs, gradients } = interpret(graph, [[1, 2, 3], [5]]);
    expect(outputs.map((values) => [...values])).toEqual([[2, 4, 6], [1], [5], [7, 8]]);
    expect(gradients).toEqual([null, null]);
    expect([...outside.dataSync()]).toEqual([7, 8]);
    outside.dispose();
  });

  test('tensors from outside that share their data are of their own shape and type', () => {
    const ints = tf.tensor1d([3, 4], 'int32');
    const [floats, column] = [tf.cast(ints, 'float32'), tf.reshape(ints, [2, 1])];
    const graph = traceGraph((x) => [tf.add(x, floats), column, ints, floats], { inputs: [{ shape: [] }] });
    expect(graph.outputs.map((id) => graph.nodes[id]!).map(({ shape, dtype }) => [shape, dtype])).toEqual([
      [[2], 'float'],
      [[2, 1], 'int'],
      [[2], 'int'],
      [[2], 'float'],
    ]);
    tf.dispose([ints, floats, column]);
  });

  test('gradients only where they are asked for; zero where nothing depends', () => {
    const inputs = [{ shape: [2] }, { shape: [2], grad: false }, { shape: [], dtype: 'int32' as const }, { shape: [3] }];
    const graph = traceGraph((a, b) => [tf.sum(tf.mul(a!, b!)), tf.neg(b!)], { inputs, valueAndGrad: true });
    const { outputs, gradients } = interpret(graph, [[1, 2], [3, 4], [0], [9, 9, 9]]);
    expect(outputs.map((values) => [...values])).toEqual([[11], [-3, -4]]);
    expect(gradients.map((values) => values && [...values])).toEqual([[3, 4], null, null, [0, 0, 0]]);
  });

  test('gradients within the traced function become part of it', () => {
    const cube: TraceableFunction = (x) => tf.sum(tf.pow(x, 3));
    const graph = traceGraph((x) => tf.sum(tf.mul(x, tf.grad(cube as (x: tf.Tensor) => tf.Tensor)(x))), {
      ...vector,
      valueAndGrad: true,
    });
    const { outputs, gradients } = interpret(graph, [[1, 2, 3]]);
    expect([...outputs[0]!]).toEqual([3 * (1 + 8 + 27)]);
    expect([...gradients[0]!]).toEqual([9, 36, 81]);
  });

  test('the function runs once, and nothing that depends on its inputs is computed', () => {
    let runs = 0;
    const size = 1000;
    const big = traceGraph(
      (x) => {
        runs++;
        return tf.sum(tf.matMul(tf.matMul(x, x), x));
      },
      { inputs: [{ shape: [size, size] }], valueAndGrad: true },
    );
    // On the cpu backend these six products of 1e9 multiplications each would take most of a minute.
    expect(runs).toBe(1);
    expect(big.nodes.filter(({ op }) => op === 'dot')).toHaveLength(6);
  });

  test('equal work is done once', () => {
    const graph = traceGraph((x) => tf.add(tf.exp(tf.mul(x, 2)), tf.exp(tf.mul(x, 2))), vector);
    expect(graph.numOperations).toBe(3);
  });
});

describe('reading values', () => {
  test.each([
    ['dataSync', (x: tf.Tensor) => x.dataSync()],
    ['arraySync', (x: tf.Tensor) => x.arraySync()],
    ['bufferSync', (x: tf.Tensor) => x.bufferSync()],
    ['toString', (x: tf.Tensor) => x.toString()],
    ['data', (x: tf.Tensor) => void x.data()],
    ['array', (x: tf.Tensor) => void x.array()],
    ['tf.whereAsync', (x: tf.Tensor) => void tf.whereAsync(tf.greater(x, 0))],
  ])('%s is refused', (_, read) => {
    const error = refusal((x) => {
      read(tf.exp(x));
      return x;
    });
    expect(error.message).toMatch(/shape \[3\] and type \w+ was read .* Use tensor ops instead/s);
  });

  test('the error names the line of the caller', () => {
    let line = '';
    const error = refusal((x) => {
      const y = tf.tanh(x);
      if (((line = here()), y.dataSync()[0]! > 0)) return x;
      return y;
    });
    expect(error.location).toContain(line);
    expect(error.message).toContain(line);
  });

  test('it is refused even if the function swallows the error', () => {
    const error = refusal((x) => {
      try {
        return tf.mul(x, x.dataSync()[0]!);
      } catch {
        return x;
      }
    });
    expect(error.message).toContain('was read');
  });

  test('constants may be read', () => {
    const graph = traceGraph((x) => {
      const constant = tf.sqrt(tf.tensor1d([4, 9, 16]));
      return tf.mul(x, constant.dataSync()[1]!);
    }, vector);
    expect([...interpret(graph, [[1, 2, 3]]).outputs[0]!]).toEqual([3, 6, 9]);
  });

  test('async functions and results that are not tensors are refused', () => {
    expect(refusal((async (x: tf.Tensor) => x) as unknown as TraceableFunction).message).toContain('must not be async');
    expect(refusal((() => 3) as unknown as TraceableFunction).message).toContain('got 3');
    expect(refusal(() => []).message).toContain('empty array');
  });
});

describe('kernels without a lowering', () => {
  test('are refused by name, with the tfjs call and the line', () => {
    let line = '';
    const error = refusal((x) => ((line = here()), tf.topk(x, 2).values));
    expect(error.message).toMatch(/tf\.topk runs the tfjs kernel TopK.*registerLowering\('TopK'/s);
    expect(error.location).toContain(line);
  });

  test('run eagerly on constants', () => {
    const graph = expectNoLeak(() =>
      traceGraph((x) => tf.add(x, tf.topk(tf.tensor1d([3, 1, 4, 1, 5]), 3).values), { ...vector, point: [[0, 0, 0]] }),
    );
    expect([...interpret(graph, [[0, 0, 0]]).outputs[0]!]).toEqual([5, 4, 3]);
  });

  test('need a backend that has them even then', () => {
    tf.registerBackend('elsewhere', () => new tf.KernelBackend());
    tf.registerKernel({ kernelName: 'Odd', backendName: 'elsewhere', kernelFunc: () => [] });
    const odd: TraceableFunction = () => tf.engine().runKernel('Odd', { x: tf.scalar(1) });
    expect(refusal(odd).message).toMatch(/kernel Odd has no lowering, and no backend that has it was active/);
    tf.unregisterKernel('Odd', 'elsewhere');
    tf.removeBackend('elsewhere');
  });

  test('a shape error inside a kernel names the op', () => {
    expect(refusal((x) => tf.add(x, tf.ones([4]))).message).toMatch(/tf\.add: .*\[3\], \[4\] do not broadcast/);
  });
});

describe('randomness', () => {
  test.each([
    ['randomNormal', () => tf.randomNormal([3])],
    ['randomUniform', () => tf.randomUniform([3])],
    ['truncatedNormal', () => tf.truncatedNormal([3])],
    ['randomGamma', () => tf.randomGamma([3], 2)],
    ['dropout', (x: tf.Tensor) => tf.dropout(x, 0.5)],
    ['multinomial', () => tf.multinomial(tf.tensor1d([1, 2, 3]), 3)],
  ] as [string, TraceableFunction][])('tf.%s is refused', (name, draw) => {
    const error = refusal((x) => tf.add(x, draw(x) as tf.Tensor));
    expect(error.message).toMatch(/random numbers, which tracing would freeze/);
    expect(error.message).toContain(`tf.${name}`);
  });
});

describe('side effects', () => {
  test('a variable cannot be assigned what depends on the inputs, and keeps its value', () => {
    const variable: tf.Variable = tf.variable(tf.tensor([1, 2, 3]), true, 'average');
    let line = '';
    const error = refusal((x) => {
      const doubled = tf.mul(x, 2);
      [line] = [here(), variable.assign(doubled)];
      return x;
    });
    expect(error.message).toMatch(/variable "average" was assigned/);
    expect(error.location).toContain(line);
    expect([...variable.dataSync()]).toEqual([1, 2, 3]);
    variable.dispose();
  });

  test('tensors that depend on the inputs cannot be kept', () => {
    expect(refusal((x) => tf.keep(tf.exp(x))).message).toMatch(/kept 1 tensor that depends on its inputs/);
    expect(refusal((x) => tf.variable(tf.exp(x), true, 'v')).message).toMatch(/kept 1 tensor/);
  });

  test('constants can, and live on the backend that was active', () => {
    let kept = tf.scalar(0);
    kept.dispose();
    const variable = tf.variable(tf.tensor1d([0, 0]));
    const graph = traceGraph((x) => {
      kept = tf.keep(tf.mul(tf.tensor1d([1, 2, 3]), 0.5));
      variable.assign(tf.tensor1d([5, 6]));
      return tf.add(x, kept);
    }, vector);
    expect([...interpret(graph, [[1, 1, 1]]).outputs[0]!]).toEqual([1.5, 2, 2.5]);
    for (const { dataId } of [kept, variable]) {
      expect(tf.engine().state.tensorInfo.get(dataId)?.backend).toBe(tf.backend());
    }
    expect([...tf.tidy(() => tf.add(kept, 1)).dataSync()]).toEqual([1.5, 2, 2.5]);
    expect([...tf.tidy(() => tf.neg(variable)).dataSync()]).toEqual([-5, -6]);
    tf.dispose([kept, variable]);
  });

  test('variables made of tensors from outside, or assigned them, share their data as ever', () => {
    const outside = tf.tensor1d([5, 6]);
    const assigned = tf.variable(tf.tensor1d([0, 0]));
    let made: tf.Variable | null = null;
    traceGraph((x) => {
      made = tf.variable<tf.Rank>(outside);
      assigned.assign(outside);
      return tf.add(x, made);
    }, { inputs: [{ shape: [2] }] });
    tf.dispose([made!, assigned]);
    expect([...outside.dataSync()]).toEqual([5, 6]);
    expectNoLeak(() => tf.tidy(() => void tf.neg(outside)));
    outside.dispose();
  });

  test('variables and tensors from outside are constants', () => {
    const weight = tf.variable(tf.tensor1d([1, 2, 3]));
    const graph = expectNoLeak(() => traceGraph((x) => tf.sum(tf.mul(x, weight)), { ...vector, valueAndGrad: true }));
    weight.assign(tf.tensor1d([0, 0, 0]));
    expect([...interpret(graph, [[1, 1, 1]]).gradients[0]!]).toEqual([1, 2, 3]);
    weight.dispose();
  });

  test('batch normalisation in training, which changes its averages, is refused and does no harm', () => {
    const layer = layers.layers.batchNormalization({ inputShape: [3] });
    const input = tf.ones([2, 3]);
    (layer.apply(input) as tf.Tensor).dispose();
    const batch = { inputs: [{ shape: [2, 3] }] };
    expect(refusal((x) => layer.apply(x, { training: true }) as tf.Tensor, batch).message).toMatch(/training: false/);
    expect(layer.getWeights().map((weight) => weight.dataSync()[0])).toEqual([1, 0, 0, 1]);
    traceGraph((x) => layer.apply(x, { training: false }) as tf.Tensor, { ...batch, point: [[1, 2, 3, 4, 5, 6]] });
    layer.dispose();
    input.dispose();
  });
});

describe('afterwards', () => {
  test('an error of the function itself comes through, and gradients work again', () => {
    const before = stateOfTfjs();
    const failing: TraceableFunction = (x) => {
      // The tape saves both factors, one of them a constant.
      tf.mul(tf.exp(x), tf.tensor1d([1, 2, 3]));
      throw new RangeError('of the user');
    };
    expectNoLeak(() => expect(() => traceGraph(failing, { ...vector, valueAndGrad: true })).toThrow(new RangeError('of the user')));
    expect(stateOfTfjs()).toEqual(before);
    expect(tf.tidy(() => tf.grad((x) => tf.square(x))(tf.scalar(3)).dataSync()[0])).toBe(6);
  });

  test('a scope left open by the function is closed', () => {
    const error = refusal((x) => {
      tf.engine().startScope();
      return tf.topk(x, 1).values;
    });
    expect(error.message).toContain('TopK');
  });

  test('placeholders that leaked are disposed of', () => {
    let leaked: tf.Tensor | undefined;
    traceGraph((x) => (leaked = tf.exp(x)), vector);
    expect(leaked!.isDisposed).toBe(true);
  });

  test('traces do not nest, nor run inside gradients', () => {
    expect(refusal((x) => (traceGraph(tf.neg, vector), x)).message).toMatch(/one after another/);
    const inGradient = (): unknown => tf.tidy(() => tf.grad((x) => (traceGraph(tf.neg, vector), x))(tf.scalar(1)));
    expect(inGradient).toThrow(/inside tf.grad/);
  });
});

describe('gradients', () => {
  test('need a scalar', () => {
    expect(refusal((x) => x, { ...vector, valueAndGrad: true }).message).toMatch(/one float, got shape \[3\], type float32/);
  });

  test('that tfjs lacks are refused by name', () => {
    const fn: TraceableFunction = (x) => tf.sum(tf.cumprod(x));
    expect(refusal(fn, { ...vector, valueAndGrad: true }).message).toMatch(/no gradient for the kernel Cumprod/);
    expect(traceGraph(fn, vector).outputs).toHaveLength(1);
  });
});

describe('options', () => {
  test.each([
    [{ inputs: [{ shape: [3] }], valueAndGradient: true }, /unknown option "valueAndGradient"/],
    [{}, /inputs must be an array/],
    [{ inputs: [{ shape: 3 }] }, /inputs\[0\]: shape must be an array/],
    [{ inputs: [{ shape: [-1] }] }, /inputs\[0\]: shape must be an array of whole numbers, got \[-1\]/],
    [{ inputs: [{ shape: [], dtype: 'string' }] }, /dtype must be/],
    [{ inputs: [{ shape: [], dtype: 'int32', grad: true }] }, /no gradient in int32/],
    [{ inputs: [{ shape: [] }], constants: 'exact' }, /constants must be/],
    [{ inputs: [{ shape: [2] }], point: [[1]] }, /point\[0\] must hold the values of shape \[2\], got 1 values/],
  ])('%j is refused', (options, message) => {
    expect(() => traceGraph(tf.neg, options as unknown as TraceOptions)).toThrow(message);
  });
});

describe('the check at a point', () => {
  test('finds state that changes from call to call', () => {
    let calls = 0;
    const counting: TraceableFunction = (x) => tf.add(x, ++calls);
    expect(refusal(counting, { ...vector, point: [[1, 2, 3]] }).message).toMatch(/entry 0 of output 0 is 2 .* and 3 by eager/);
  });

  test('finds a gradient that is not what the graph has', () => {
    let calls = 0;
    const fickle: TraceableFunction = (x) => tf.sum(tf.mul(tf.sub(x, 1), ++calls));
    const message = /entry 0 of the gradient in input 0 is 1 by the graph and 2/;
    expect(refusal(fickle, { ...vector, valueAndGrad: true, point: [[1, 1, 1]] }).message).toMatch(message);
  });
});

test('a constant that one trace kept is one to the next, and may be disposed of between', () => {
  const keepIn = (): tf.Tensor => {
    let kept: tf.Tensor | undefined;
    traceGraph((x) => tf.add(x, (kept = tf.keep(tf.mul(tf.tensor1d([1, 2, 3]), 2)))), vector);
    return kept!;
  };
  expectNoLeak(() => {
    const kept = keepIn();
    const graph = traceGraph((x) => tf.mul(x, kept), vector);
    expect([...interpret(graph, [[1, 1, 1]]).outputs[0]!]).toEqual([2, 4, 6]);
    kept.dispose();
    expect(refusal((x) => tf.mul(x, kept)).message).toMatch(/^tf\.mul uses a tensor of shape \[3\] that has been disposed of \(by dispose, .* Keep it/);
  });
});
