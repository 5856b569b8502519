/** @file Variables that models read and assign, in compiled steps as in eager ones. */
import * as tf from '@tensorflow/tfjs-core';
import type { Tensor, Variable } from '@tensorflow/tfjs-core';
import { ready } from '../../../../src/backend/ready.ts';
import * as dist from '../../../../src/distributions/index.ts';
import { logDensity } from '../../../../src/infer/mcmc/model/modelTarget.ts';
import { Assignments } from '../../../../src/infer/svi/assignments.ts';
import { holdState } from '../../../../src/infer/svi/compiled/heldState.ts';
import { SVI } from '../../../../src/infer/svi/svi.ts';
import { TraceELBO } from '../../../../src/infer/svi/traceElbo.ts';
import * as optim from '../../../../src/optim/index.ts';
import type { Optimizer } from '../../../../src/optim/index.ts';
import { getParamStore } from '../../../../src/params/store.ts';
import { param, sample } from '../../../../src/primitives.ts';
import { setSeed } from '../../../../src/random/global.ts';
import { expectNoLeak } from '../../../helpers/leak.ts';

beforeAll(() => ready({ backend: 'cpu' }));

let warnings: jest.SpyInstance;
let made: Variable[] = [];
beforeEach(() => {
  getParamStore().clear();
  setSeed(3);
  warnings = jest.spyOn(console, 'warn').mockImplementation(() => undefined);
});
afterEach(() => {
  warnings.mockRestore();
  tf.dispose(made);
  made = [];
});

const variable = (values: number[], dtype: 'float32' | 'int32' = 'float32'): Variable => {
  const own: Variable = tf.tidy(() => tf.variable(tf.tensor(values, undefined, dtype)));
  made.push(own);
  return own;
};
const numbers = (own: Tensor): number[] => [...own.dataSync()];

/** A model that keeps a moving average of its data, centres them by it, and counts how often it ran. */
function averaging(engine: 'compiled' | 'eager', optimizer: Optimizer = optim.adam({ lr: 0.05 })) {
  const [average, count] = [variable([0]), variable([0], 'int32')];
  const model = (data: Tensor): void => {
    const mu = sample('mu', dist.normal(0, 1));
    average.assign(tf.add(tf.mul(average, 0.5), tf.mul(tf.mean(data), 0.5)));
    count.assign(tf.add(count, tf.onesLike(count)));
    sample('y', dist.normal(tf.sub(tf.mean(data), average), 1).toEvent(1), { obs: tf.reshape(mu, [1]) });
  };
  const guide = (): void => void sample('mu', dist.normal(param('loc', 0.3), 0.1));
  const svi = new SVI<[Tensor]>({ model, guide, optim: optimizer, loss: new TraceELBO(), engine });
  return { svi, average, count, model };
}

/** Gradient descent that has no update for programs. */
function withoutFusion(): Optimizer {
  const inner = optim.sgd({ lr: 0.05 });
  return {
    step: (parameters) => inner.step(parameters),
    getState: () => inner.getState(),
    setState: (state) => inner.setState(state),
  };
}

test.each<[string, () => Optimizer]>([
  ['an update in the program', () => optim.adam({ lr: 0.05 })],
  ['an update after it', withoutFusion],
])('compiled and eager steps agree, whole numbers too: with %s', async (_name, optimizer) => {
  const data = [tf.tensor1d([1, 2, 3]), tf.tensor1d([-2, 5, 1])];
  const results = [];
  for (const engine of ['compiled', 'eager'] as const) {
    getParamStore().clear();
    setSeed(3);
    const { svi, average, count } = averaging(engine, optimizer());
    const losses = [];
    for (let i = 0; i < 10; i++) losses.push(await svi.step(data[i % 2]!));
    expect(svi.stats.engine).toBe(engine);
    expect(numbers(count)).toEqual([10]);
    results.push([...losses, ...numbers(average), ...numbers(getParamStore().variable('loc'))]);
  }
  const [compiled, eager] = results as [number[], number[]];
  compiled.forEach((value, i) => expect(Math.abs(value - eager[i]!)).toBeLessThan(1e-5 * Math.max(1, Math.abs(eager[i]!))));
  expect(warnings).not.toHaveBeenCalled();
  tf.dispose(data);
});

test('inside of a run callbacks see it, and what they assign counts', async () => {
  const { svi, count } = averaging('compiled');
  const data = tf.tensor1d([1, 2, 3]);
  const seen: number[] = [];
  await svi.run({
    steps: 6,
    args: [data],
    onProgress: ({ step }) => {
      if (step === 3) tf.tidy(() => count.assign(tf.tensor1d([100], 'int32')));
      if (step % 2 === 0) seen.push(...numbers(count));
    },
  });
  expect(seen).toEqual([2, 101, 103]);
  expect(svi.stats).toMatchObject({ engine: 'compiled', programs: 1 });
  data.dispose();
});

test('any op reads it, in gradients and in traces too', async () => {
  const { svi, average } = averaging('compiled');
  const data = tf.tensor1d([4, 4]);
  // 2, 3, 3.5, 3.75 after each step.
  await svi.step(data);
  expect(tf.tidy(() => numbers(tf.mul(average, 2)))).toEqual([4]);
  await svi.step(data);
  const gradient = tf.tidy(() => numbers(tf.grad((x) => tf.mul(x, average))(tf.scalar(1))));
  expect(gradient).toEqual([3]);
  await svi.step(data);
  const density = logDensity(() => void sample('x', dist.normal(tf.reshape(average, []), 1)), [], { engine: 'compiled' });
  const slope = new Float64Array(1);
  density.evaluate(Float64Array.of(0), slope);
  expect(slope[0]).toBe(3.5);
  await svi.step(data);
  const copy = tf.clone<Tensor>(average);
  await svi.step(data);
  expect(numbers(copy)).toEqual([3.75]);
  tf.dispose([data, copy]);
});

test('steps leave no tensors, whether somebody looks or not; and it may be disposed of', async () => {
  const { svi, average, count } = averaging('compiled');
  const data = tf.tensor1d([4, 4]);
  await svi.step(data);
  await expectNoLeak(async () => {
    await svi.step(data);
    numbers(average);
    await svi.step(data);
  });
  expectNoLeak(() => {
    const again = tf.tensor1d([7]);
    average.assign(again);
    again.dispose();
  });
  expect(numbers(average)).toEqual([7]);
  await svi.step(data);
  const before = tf.memory().numTensors;
  count.dispose();
  expect(tf.memory().numTensors).toBe(before - 1);
  // As tfjs has it of tensors that are gone.
  await expect(svi.step(data)).rejects.toThrow(/reading 'backend'/);
  data.dispose();
});

test('a variable that is assigned only later has steps compiled anew', async () => {
  const total = variable([0]);
  let isOn = false;
  const model = (): void => {
    const mu = sample('mu', dist.normal(0, 1));
    if (isOn) total.assign(tf.add(total, tf.reshape(tf.add(tf.mul(mu, 0), 1), [1])));
  };
  const svi = new SVI<[]>({ model, guide: () => void sample('mu', dist.normal(param('loc', 0), 1)), optim: optim.sgd({ lr: 0.1 }), loss: new TraceELBO(), engine: 'compiled' });
  await svi.step();
  await svi.step();
  isOn = true;
  svi.review();
  for (let i = 0; i < 3; i++) await svi.step();
  expect(numbers(total)).toEqual([3]);
  expect(svi.stats.programs).toBe(2);
});

test('a parameter that the model assigns itself cannot be compiled', async () => {
  const model = (): void => {
    const mu = sample('mu', dist.normal(0, 1));
    param('loc', 0).dispose();
    getParamStore().variable('loc').assign(tf.mul(mu, 2));
  };
  const make = (engine: 'compiled' | 'auto'): SVI<[]> =>
    new SVI<[]>({ model, guide: () => void sample('mu', dist.normal(param('loc', 0), 1)), optim: optim.sgd({ lr: 0.1 }), loss: new TraceELBO(), engine });
  await expect(make('compiled').step()).rejects.toThrow(/cannot be compiled: .*was assigned/);
  const svi = make('auto');
  await svi.step();
  expect(svi.stats.engine).toBe('eager');
  expect(warnings).toHaveBeenCalledTimes(1);
});

describe('assignments', () => {
  test('are undone to the very data, also of variables assigned twice, and not of those disposed of', () => {
    const [a, b, c] = [variable([1]), variable([2]), variable([3])];
    const { dataId } = a;
    const assignments = new Assignments();
    expectNoLeak(() => {
      tf.tidy(() => {
        assignments.run(() => {
          a.assign(tf.tensor1d([5]));
          a.assign(tf.add(a, 1));
          b.assign(tf.tensor1d([7]));
        });
      });
      expect([a, b].map((own) => numbers(own)[0])).toEqual([6, 7]);
      assignments.undo();
    });
    expect(assignments.variables).toEqual([a, b]);
    expect([a, b, c].map((own) => numbers(own)[0])).toEqual([1, 2, 3]);
    expect(a.dataId).toBe(dataId);
    expectNoLeak(() => {
      tf.tidy(() => assignments.run(() => c.assign(tf.tensor1d([9]))));
      c.dispose();
      assignments.undo();
    }, -1);
    expect(assignments.variables).toEqual([]);
  });

  test('that are accepted stay', () => {
    const a = variable([1]);
    const assignments = new Assignments();
    expectNoLeak(() => {
      tf.tidy(() => assignments.run(() => a.assign(tf.tensor1d([5]))));
      assignments.accept();
      assignments.undo();
    });
    expect(numbers(a)).toEqual([5]);
    expect(assignments.variables).toEqual([a]);
  });

  test('after an error tfjs is as before', () => {
    const assign: unknown = Reflect.get(tf.Variable.prototype, 'assign');
    expect(() => new Assignments().run(() => { throw new RangeError('mine'); })).toThrow(RangeError);
    expect(Reflect.get(tf.Variable.prototype, 'assign')).toBe(assign);
  });
});

test('a variable that is held asks its holder once, whoever comes, and is a variable like others again', () => {
  const held = variable([1]);
  const fields = Object.getOwnPropertyDescriptor(held, 'dataId');
  let times = 0;
  let release = (): void => undefined;
  const holder = {
    giveBack: () => {
      times++;
      release();
      tf.tidy(() => held.assign(tf.tensor1d([2])));
    },
  };
  expectNoLeak(() => {
    release = holdState([held], holder);
    expect(held.shape).toEqual([1]);
    expect(times).toBe(0);
    expect(numbers(held)).toEqual([2]);
    release = holdState([held], holder);
    const next = tf.tensor1d([3]);
    held.assign(next);
    next.dispose();
  });
  expect(times).toBe(2);
  expect(numbers(held)).toEqual([3]);
  expect(Object.getOwnPropertyDescriptor(held, 'dataId')).toMatchObject({ ...fields, value: held.dataId });
});
