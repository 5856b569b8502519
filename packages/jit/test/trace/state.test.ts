/** @file Variables that traced functions read and assign: the same as eagerly, and the variables stay as they are. */
import * as tf from '@tensorflow/tfjs-core';
import * as layers from '@tensorflow/tfjs-layers';
import fc from 'fast-check';
import { compileSync } from '../../src/compile.ts';
import { interpret } from '../../src/graph/interpret.ts';
import { sameGraph } from '../../src/graph/sameGraph.ts';
import { CompiledProgram } from '../../src/program/program.ts';
import { AssignmentError, MismatchError, TraceError } from '../../src/trace/error.ts';
import type { TraceableFunction } from '../../src/trace/recording.ts';
import { traceGraph } from '../../src/trace/traceGraph.ts';
import { traceScan } from '../../src/trace/scan.ts';
import { discrepancy } from '../helpers/numbers.ts';
import { expectNoLeak, useCpu } from '../helpers/tfjs.ts';

beforeAll(useCpu);

let variables: tf.Variable[] = [];
const variable = (values: number[], dtype: 'float32' | 'int32' | 'bool' = 'float32'): tf.Variable => {
  const initial = tf.tensor1d(values, dtype);
  const made: tf.Variable = tf.variable(initial as tf.Tensor);
  initial.dispose();
  variables.push(made);
  return made;
};
afterEach(() => {
  tf.dispose(variables);
  variables = [];
});

/** All that could be noticed of a variable. */
const stateOf = (own: tf.Variable): unknown => [
  Object.getOwnPropertyDescriptor(own, 'dataId'),
  own.dataId === (Object.getOwnPropertyDescriptor(own, 'dataId') as { value: object }).value,
  tf.engine().state.tensorInfo.get(own.dataId),
  tf.engine().backend.refCount(own.dataId),
  own.isDisposed,
  [...own.dataSync()],
];

/** Runs `body`, during which the variables, tfjs's books and the number of tensors must not change. */
function untouched<T>(body: () => T): T {
  const before = variables.map(stateOf);
  const data = variables.map(({ dataId }) => dataId);
  const result = expectNoLeak(body);
  expect(variables.map(stateOf)).toEqual(before);
  variables.forEach(({ dataId }, i) => expect(dataId).toBe(data[i]));
  return result;
}

/** `v ← v + x`, twice; the sum of the variable between the two, the variable, and x. */
const walk = (v: tf.Variable): TraceableFunction => (x) => {
  v.assign(tf.add(v, x!));
  const between = tf.sum(v);
  v.assign(tf.add(v, x!));
  return [between, tf.clone(v as tf.Tensor), x!];
};

describe('traceGraph', () => {
  test('reads what was assigned last, and gives what is held in the end', () => {
    const v = variable([10, 20]);
    const graph = untouched(() => traceGraph(walk(v), { inputs: [{ shape: [2] }], state: [v], point: [[1, 2]] }));
    expect(graph.inputs).toHaveLength(2);
    const { outputs } = interpret(graph, [[1, 2], [100, 200]]);
    expect(outputs.map((output) => [...output])).toEqual([[303], [102, 204], [1, 2], [102, 204]]);
  });

  test('takes what is only read as an input, and what is only written as a result', () => {
    const [read, written, constant] = [variable([1]), variable([2]), variable([3])];
    const graph = untouched(() =>
      traceGraph(
        (x) => {
          written.assign(x as tf.Tensor1D);
          constant.assign(tf.tensor1d([7]));
          return tf.mul(x!, read);
        },
        { inputs: [{ shape: [1] }], state: [read, written, constant], point: [[4]] },
      ),
    );
    expect(interpret(graph, [[4], [5], [6], [8]]).outputs.map((output) => [...output])).toEqual([[20], [5], [4], [7]]);
  });

  test('gradients are those of the moment, and do not pass through assignments, as in tfjs', () => {
    const v = variable([3]);
    const loss: TraceableFunction = (x) => {
      const before = tf.mul(x!, tf.square(v));
      v.assign(tf.mul(x!, 2));
      return tf.sum(tf.add(before, tf.mul(x!, v)));
    };
    const graph = untouched(() => traceGraph(loss, { inputs: [{ shape: [1] }], state: [v], valueAndGrad: true, point: [[5]] }));
    // v² + 2 x, of which the second is not differentiated again.
    expect([...interpret(graph, [[5], [3]]).gradients[0]!]).toEqual([9 + 10]);
  });

  test('update is given what the variables held before, and may assign them', () => {
    const v = variable([3]);
    const graph = untouched(() =>
      traceGraph(
        (x) => {
          v.assign(tf.add(v, x!));
          return tf.sum(x!);
        },
        {
          inputs: [{ shape: [1] }],
          state: [v],
          valueAndGrad: true,
          update: ([value], _, [x, before]) => {
            v.assign(tf.where(tf.less(value!, 0), before!, v));
            return [x!];
          },
          point: [[5]],
        },
      ),
    );
    expect(interpret(graph, [[5], [3]]).outputs.map((output) => [...output])).toEqual([[5], [5], [8]]);
    expect(interpret(graph, [[-5], [3]]).outputs.map((output) => [...output])).toEqual([[-5], [-5], [3]]);
  });

  test('a scan reads them, and cannot assign them', () => {
    const v = variable([2]);
    const scanned = (assign: boolean): TraceableFunction => (x) => {
      const step = ([sum]: tf.Tensor[]): { carries: tf.Tensor[]; results: tf.Tensor[] } => {
        if (assign) v.assign(tf.add(v, x!));
        return { carries: [tf.add(sum!, tf.mul(v, x!))], results: [] };
      };
      const [total] = traceScan(step, [tf.zeros([1])], [], { length: 3 }).carries;
      v.assign(total as tf.Tensor1D);
      return [total!, traceScan(step, [tf.zeros([1])], [], { length: 2 }).carries[0]!];
    };
    const graph = untouched(() => traceGraph(scanned(false), { inputs: [{ shape: [1] }], state: [v] }));
    expect(interpret(graph, [[5], [2]]).outputs.map((output) => [...output])).toEqual([[30], [300], [30]]);
    untouched(() => {
      expect(() => traceGraph(scanned(true), { inputs: [{ shape: [1] }], state: [v] })).toThrow(/the body of a scan assigns the variable/);
    });
  });

  test('truth values', () => {
    const everBelow = variable([0, 1], 'bool');
    const graph = untouched(() =>
      traceGraph(
        (x) => {
          everBelow.assign(tf.logicalOr(everBelow, tf.less(x!, 0)));
          return tf.where(everBelow, x!, 0);
        },
        { inputs: [{ shape: [2] }], state: [everBelow], point: [[-1, 2]] },
      ),
    );
    expect(interpret(graph, [[-1, 2], [0, 0]]).outputs.map((output) => [...output])).toEqual([[-1, 0], [1, 0]]);
  });

  test('whole numbers, and two names for one array', () => {
    const [count, a, b] = [variable([1, 2], 'int32'), variable([1]), variable([2])];
    const graph = untouched(() =>
      traceGraph(
        (x) => {
          count.assign(tf.add(count, tf.tensor1d([1, 1], 'int32')) as tf.Tensor1D);
          const old = tf.clone(a as tf.Tensor);
          a.assign(b as tf.Tensor);
          b.assign(old);
          return x!;
        },
        { inputs: [{ shape: [] }], state: [count, a, b], point: [[0]] },
      ),
    );
    expect(interpret(graph, [[0], [5, 6], [10], [20]]).outputs.slice(1).map((output) => [...output])).toEqual([[6, 7], [20], [10]]);
  });
});

describe('what is refused', () => {
  const inputs = [{ shape: [1] }];
  const caught = (body: () => unknown): Error => {
    try {
      body();
    } catch (error) {
      return error as Error;
    }
    throw new Error('nothing was thrown');
  };

  test('an assignment to another variable, which the error has', () => {
    const [v, other] = [variable([1]), variable([2])];
    const fn: TraceableFunction = (x) => {
      v.assign(x as tf.Tensor1D);
      other.assign(tf.mul(x!, 2) as tf.Tensor1D);
      return x!;
    };
    const error = untouched(() => caught(() => traceGraph(fn, { inputs, state: [v] })));
    expect(error).toBeInstanceOf(AssignmentError);
    expect((error as AssignmentError).variable).toBe(other);
    expect(error.message).toMatch(/option state/);
    untouched(() => traceGraph(fn, { inputs, state: [v, (error as AssignmentError).variable], point: [[3]] }));
  });

  test('another shape or type, as by tfjs', () => {
    const v = variable([1]);
    const assigning = (value: () => tf.Tensor) => (): unknown =>
      traceGraph((x) => (v.assign(value()), x!), { inputs, state: [v] });
    untouched(() => {
      expect(assigning(() => tf.zeros([2]))).toThrow(/shape of the new value/);
      expect(assigning(() => tf.zeros([1], 'int32'))).toThrow(/dtype of the new value/);
    });
  });

  test('what throws on the way', () => {
    const v = variable([1]);
    const fail = (): never => {
      throw new RangeError('mine');
    };
    const fn: TraceableFunction = (x) => {
      v.assign(tf.add(v, x!));
      return x!;
    };
    const failing: TraceableFunction = (x) => {
      fn(x!);
      return fail();
    };
    untouched(() => expect(() => traceGraph(failing, { inputs, state: [v] })).toThrow(RangeError));
    untouched(() => expect(() => traceGraph(fn, { inputs: [{ shape: [] }], state: [v], valueAndGrad: true, update: fail })).toThrow(RangeError));
    let calls = 0;
    const failingEagerly: TraceableFunction = (x) => {
      fn(x!);
      if (++calls > 1) fail();
      return x!;
    };
    untouched(() => expect(() => traceGraph(failingEagerly, { inputs, state: [v], point: [[1]] })).toThrow(RangeError));
  });

  test('a value that is read', () => {
    const v = variable([1]);
    untouched(() => expect(() => traceGraph((x) => (v.dataSync(), x!), { inputs, state: [v] })).toThrow(/was read/));
  });

  test('state that changes from call to call', () => {
    const v = variable([1]);
    let calls = 0;
    const fn: TraceableFunction = (x) => {
      v.assign(tf.mul(x!, ++calls) as tf.Tensor1D);
      return x!;
    };
    const error = untouched(() => caught(() => traceGraph(fn, { inputs, state: [v], point: [[1]] })));
    expect(error).toBeInstanceOf(MismatchError);
    expect(error.message).toContain(`what the variable "${v.name}" holds in the end`);
  });

  test('what is no variable, or gone, or there twice', () => {
    const [v, gone] = [variable([1]), tf.variable(tf.scalar(1))];
    gone.dispose();
    const naming = (state: unknown) => () => traceGraph((x) => x!, { inputs, state: state as tf.Variable[] });
    expect(naming(v)).toThrow(/state must be an array of variables/);
    expect(naming([3])).toThrow(/state\[0\] must be a tf.Variable, got number/);
    expect(naming([tf.tidy(() => tf.scalar(0))])).toThrow(/got a tensor that is none/);
    expect(naming([v, v])).toThrow(/state\[1\], the variable ".*", is there twice/);
    expect(naming([gone])).toThrow(/has been disposed of/);
    expect(() => traceGraph((x) => traceGraph(() => x!, { inputs }).outputs as never, { inputs, state: [v] })).toThrow(TraceError);
  });
});

describe('programs', () => {
  test('keep the state from run to run, beginning with what the variables hold', () => {
    const v = variable([10, 20]);
    const program = untouched(() => compileSync(walk(v), { inputs: [{ shape: [2] }], state: [v] }));
    expect(program.inputs.map(({ shape }) => shape)).toEqual([[2], [2]]);
    program.inputView(0).set([1, 2]);
    program.execute();
    program.execute();
    expect([...program.inputView(1)]).toEqual([14, 28]);
    expect([...program.outputView(0)]).toEqual([39]);
    expect([...v.dataSync()]).toEqual([10, 20]);
    const unchecked = untouched(() => compileSync(walk(v), { inputs: [{ shape: [2] }], state: [v], point: null }));
    expect([...unchecked.inputView(1)]).toEqual([10, 20]);
  });

  test('as bytes', () => {
    const v = variable([10, 20]);
    const program = CompiledProgram.fromBytes(compileSync(walk(v), { inputs: [{ shape: [2] }], state: [v] }).toBytes());
    const { outputs } = program.run([1, 2], [100, 200]);
    expect(outputs.map((output) => [...output])).toEqual([[303], [102, 204], [1, 2], [102, 204]]);
    expect([...program.inputView(1)]).toEqual([102, 204]);
    program.execute();
    expect([...program.inputView(1)]).toEqual([104, 208]);
  });

  test('state beside an update that carries', () => {
    const average = variable([0]);
    // Gradient descent on x² / 2, and the moving average of where it was.
    const step = untouched(() =>
      compileSync(
        (x) => {
          average.assign(tf.add(tf.mul(average, 0.5), tf.mul(x!, 0.5)) as tf.Tensor1D);
          return tf.mul(0.5, tf.sum(tf.square(x!)));
        },
        { inputs: [{ shape: [1] }], valueAndGrad: true, state: [average], update: (_, [g], [x]) => [tf.sub(x!, tf.mul(0.5, g!))], carry: [0] },
      ),
    );
    step.inputView(0).set([8]);
    for (let i = 0; i < 3; i++) step.execute();
    expect([...step.inputView(0)]).toEqual([1]);
    // ((8 / 2) + 4) / 2, and again.
    expect([...step.inputView(1)]).toEqual([(4 / 2 + 4 / 2) / 2 + 2 / 2]);
  });

  test('batch normalisation in training moves its averages as it does eagerly', () => {
    const layer = layers.layers.batchNormalization({ inputShape: [3], momentum: 0.5 });
    layer.build([2, 3]);
    const [, , mean, variance] = layer.weights.map((weight) => weight.read() as unknown as tf.Variable);
    const state = [mean!, variance!];
    const program = expectNoLeak(() =>
      compileSync((x) => layer.apply(x!, { training: true }) as tf.Tensor, { inputs: [{ shape: [2, 3] }], state, precision: 'float32' }),
    );
    const batch = [1, 2, 5, 4, -1, 0];
    program.inputView(0).set(batch);
    for (let i = 0; i < 3; i++) {
      program.execute();
      tf.tidy(() => layer.apply(tf.tensor2d(batch, [2, 3]), { training: true }) as tf.Tensor);
      state.forEach((own, k) => expect(discrepancy(program.inputView(1 + k), own.dataSync())).toBeLessThan(1e-6));
    }
    expect(Math.abs(mean!.dataSync()[0]! - 2.5 * (1 - 0.5 ** 3))).toBeLessThan(1e-6);
    tf.dispose(layer.weights.map((weight) => weight.read()));
  });
});

/** What random functions do, with three variables and an argument, all of shape [2]. */
type Action = { readonly kind: 'assign' | 'copy' | 'tidied' | 'constant'; readonly to: number; readonly from: number };

const action: fc.Arbitrary<Action> = fc.record({
  kind: fc.constantFrom('assign', 'copy', 'tidied', 'constant'),
  to: fc.nat(2),
  from: fc.nat(2),
});

test('random programs of assignments do in a program what they do eagerly', () => {
  fc.assert(
    fc.property(fc.array(action, { maxLength: 8 }), (actions) => {
      const own = [variable([1, 2]), variable([3, 4]), variable([5, 6])];
      const fn: TraceableFunction = (x) => {
        let sum: tf.Tensor = tf.mul(x!, 0.5);
        for (const { kind, to, from } of actions) {
          const target = own[to]! as tf.Variable;
          if (kind === 'assign') target.assign(tf.add(own[from]!, tf.mul(x!, 0.25)));
          // Eagerly, a variable that is assigned to itself loses its data.
          if (kind === 'copy' && from !== to) target.assign(own[from]! as tf.Tensor);
          if (kind === 'constant') target.assign(tf.tensor1d([0.5, to]) as tf.Tensor);
          if (kind === 'tidied') tf.tidy(() => target.assign(tf.mul(tf.tidy(() => tf.clone(own[from]! as tf.Tensor)), 0.5)));
          sum = tf.add(sum, target);
        }
        return sum;
      };
      const options = { inputs: [{ shape: [2] }], state: own };
      const program = untouched(() => compileSync(fn, { ...options, precision: 'float32' }));
      untouched(() => expect(sameGraph(traceGraph(fn, options), traceGraph(fn, options))).toBe(true));
      program.inputView(0).set([1, -1]);
      for (let run = 0; run < 3; run++) {
        program.execute();
        const expected = tf.tidy(() => fn(tf.tensor1d([1, -1])) as tf.Tensor).dataSync();
        expect([...program.outputView(0)]).toEqual([...expected]);
        own.forEach((each, i) => expect([...program.inputView(1 + i)]).toEqual([...each.dataSync()]));
      }
    }),
    { numRuns: 30 },
  );
});
