/** @file Whole runs of SVI: where batches come from, when runs end, what they skip. */
import * as tf from '@tensorflow/tfjs-core';
import type { Tensor } from '@tensorflow/tfjs-core';
import { dist, factor, getParamStore, handlers, infer, optim, param, ParamStore, plate, ready, sample, setSeed } from '@tychejs/ppl';
import type { Batches, LossFunction, SviProgress, SviRunOptions } from '@tychejs/ppl';
import { expectNoLeak } from '../../helpers/leak.ts';
import { normalGuide, normalNormal, paramValue } from './helpers.ts';

// Machines under load take several times as long as alone.
jest.setTimeout(60_000);

beforeAll(() => ready({ backend: 'cpu' }));
beforeEach(() => {
  getParamStore().clear();
  setSeed(7);
});

const loss = new infer.TraceELBO();

describe('batches', () => {
  /** The arguments that each step was given. */
  async function seen(batches: Batches<(Tensor | number)[]>, steps: number): Promise<number[][]> {
    const calls: number[][] = [];
    const model = (...args: (Tensor | number)[]): void => {
      calls.push(args.map((arg) => (arg instanceof tf.Tensor ? arg.dataSync()[0]! : arg)));
      factor('f', tf.neg(tf.square(param('p', tf.scalar(1)))));
    };
    const svi = new infer.SVI<(Tensor | number)[]>({ model, guide: () => undefined, optim: optim.sgd({ lr: 1e-3 }), loss, engine: 'eager' });
    await svi.run({ steps, batches });
    return calls;
  }

  test('of a function that makes them anew for each pass, told its number', async () => {
    expect(await seen((pass) => [[pass, 1], [pass, 2]], 5)).toEqual([[0, 1], [0, 2], [1, 1], [1, 2], [2, 1]]);
    expect(await seen((pass) => Promise.resolve(new Set([[pass] as [number]])), 2)).toEqual([[0], [1]]);
    async function* later(pass: number): AsyncGenerator<[number]> {
      await Promise.resolve();
      yield [10 * pass];
      yield [10 * pass + 1];
    }
    expect(await seen(later, 3)).toEqual([[0], [1], [10]]);
    await expect(seen((() => 5) as never, 1)).rejects.toThrow(/the function given as batches must return something to iterate over, got 5/);
    await expect(seen(new Date() as never, 1)).rejects.toThrow(/batches must be an array or iterable of argument tuples.*got Date/);
    await expect(seen(() => [], 1)).rejects.toThrow(/batches is empty/);
  });

  /** Like `tf.data.array(...)`, with elements made for each iteration, as its `map` makes them. */
  const dataset = (make: (i: number) => unknown, size: number): { iterator(): Promise<{ next(): Promise<{ value: unknown; done: boolean }> }>; passes: number } => ({
    passes: 0,
    iterator() {
      this.passes++;
      let i = 0;
      return Promise.resolve({ next: () => Promise.resolve(i < size ? { value: make(i++), done: false } : { value: null, done: true }) });
    },
  });

  test('of a tf.data.Dataset, whose tensors live as long as their step', async () => {
    await seen([[1]], 1);
    const objects = dataset((i) => ({ xs: tf.scalar(i), ys: tf.scalar(-i) }), 2);
    expect(await expectNoLeak(() => seen(objects, 5))).toEqual([[0, -0], [1, -1], [0, -0], [1, -1], [0, -0]]);
    expect(objects.passes).toBe(3);
    expect(await expectNoLeak(() => seen(dataset((i) => [tf.scalar(i), tf.scalar(2 * i)], 2), 2))).toEqual([[0, 0], [1, 2]]);
    expect(await expectNoLeak(() => seen(dataset((i) => tf.scalar(i), 2), 2))).toEqual([[0], [1]]);
  });

  test('and the tensors of a step that fails are freed too', async () => {
    const model = (x: Tensor): void => {
      if (x.dataSync()[0] === 1) throw new Error('bad batch');
      factor('f', tf.neg(tf.square(param('p', tf.scalar(1)))));
    };
    getParamStore().set('p', 1);
    const svi = new infer.SVI<[Tensor]>({ model, guide: () => undefined, optim: optim.sgd(), loss, engine: 'eager' });
    await expectNoLeak(() => expect(svi.run({ steps: 3, batches: dataset((i) => tf.scalar(i), 3) })).rejects.toThrow('bad batch'));
  });
});

describe('mini-batches give what all data give, on average over all of them', () => {
  const data = [0.1, -1, 2, 0.7, 1.4, -0.3];
  const guide = normalGuide(0.4, 0.6);
  /** The number of data in all is the size of the plate; those that are there stand for all. */
  const observing = (values: readonly number[], indices: readonly number[]): void => {
    const z = sample('z', dist.normal(0, 1));
    plate('data', data.length, { subsample: [...indices] }, () => sample('x', dist.normal(z, 0.8), { obs: [...values] }));
  };
  /** Loss and gradients of one step, by the way that plain gradient descent goes: for one and the same draw of z. */
  async function stepWith(values: readonly number[], indices: readonly number[]): Promise<number[]> {
    const store = new ParamStore();
    const lr = 1e-2;
    return handlers.paramStore({ store }).run(() =>
      handlers.seed({ seed: 2 }).run(async () => {
        handlers.trace(guide).getTrace().dispose();
        const before = store.names().map((name) => store.variable(name).dataSync()[0]!);
        const svi = new infer.SVI<[readonly number[], readonly number[]]>({ model: observing, guide: () => guide(), optim: optim.sgd({ lr }), loss, engine: 'eager' });
        const { losses } = await svi.run({ steps: 1, batches: [[values, indices]] });
        const after = store.names().map((name) => store.variable(name).dataSync()[0]!);
        store.clear();
        return [losses[0]!, ...after.map((value, i) => (before[i]! - value) / lr)];
      }),
    );
  }

  test.each([1, 2, 3])('batches of %i', async (size) => {
    const choose = (from: number, count: number): number[][] =>
      count === 0 ? [[]] : data.flatMap((_, i) => (i < from ? [] : choose(i + 1, count - 1).map((rest) => [i, ...rest])));
    const all = choose(0, size);
    const whole = await stepWith(data, data.map((_, i) => i));
    const parts: number[][] = [];
    for (const indices of all) parts.push(await stepWith(indices.map((i) => data[i]!), indices));
    expect(whole).toHaveLength(3);
    whole.forEach((value, k) => {
      const mean = parts.reduce((sum, part) => sum + part[k]!, 0) / parts.length;
      // Steps of 1e-2 in float32 leave gradients an error of 1e-5 or so.
      expect(Math.abs(mean - value)).toBeLessThan(2e-4 * (1 + Math.abs(value)));
    });
    expect(new Set(parts.map(([first]) => first)).size).toBe(parts.length);
  });
});

describe('runs', () => {
  const model = normalNormal({ priorMean: 0, priorSd: 2, noise: 1, data: [1, 2, 3] });
  const guide = normalGuide(0.5, 0.7);
  const makeSvi = (optimizer = optim.adam({ lr: 0.05 })): InstanceType<typeof infer.SVI<[]>> =>
    new infer.SVI<[]>({ model, guide, optim: optimizer, loss, engine: 'eager' });

  test('tell how they ended', async () => {
    const result = await makeSvi().run({ steps: 3 });
    expect(result).toMatchObject({ steps: 3, stopped: 'steps', skipped: 0, stats: { engine: 'eager' } });
    expect(result.losses).toHaveLength(3);
  });

  test('tell of every nth step, and of the last, and wait for who listens', async () => {
    const steps: number[] = [];
    let waiting = 0;
    const onProgress = async ({ step }: SviProgress): Promise<void> => {
      waiting++;
      await new Promise((go) => setTimeout(go, 1));
      waiting--;
      steps.push(step);
    };
    await makeSvi().run({ steps: 7, every: 3, onProgress });
    expect([steps, waiting]).toEqual([[3, 6, 7], 0]);
    const angry = (): Promise<void> => Promise.reject(new Error('enough'));
    await expect(makeSvi().run({ steps: 2, onProgress: angry })).rejects.toThrow('enough');
  });

  test('end early when they are told to', async () => {
    const asked: SviProgress[] = [];
    const stopWhen = (progress: SviProgress): boolean => asked.push(progress) === 4;
    const { losses, stopped, steps } = await makeSvi().run({ steps: 10, stopWhen });
    expect([stopped, steps]).toEqual(['early', 4]);
    expect(asked).toEqual(losses.map((value, i) => ({ step: i + 1, steps: 10, loss: value })));
    const flat = await makeSvi().run({ steps: 5000, stopWhen: infer.stopWhenFlat({ window: 50, patience: 100 }) });
    expect(flat.stopped).toBe('early');
    expect(flat.steps).toBeLessThan(5000);
  });

  test('tell the optimiser of each loss', async () => {
    const heard: number[] = [];
    const listening = { ...optim.sgd({ lr: 1e-3 }), observe: (value: number) => void heard.push(value) };
    const inner = optim.sgd({ lr: 1e-3 });
    Object.assign(listening, { step: inner.step.bind(inner), getState: () => inner.getState(), setState: () => undefined });
    const svi = makeSvi(listening);
    const { losses } = await svi.run({ steps: 3 });
    expect(heard).toEqual(losses);
    const one = await svi.step();
    expect(heard).toEqual([...losses, one]);
  });

  test.each<[string, object, RegExp]>([
    ['args', { args: 3 }, /svi\.run: args must be an array of the arguments of model and guide, such as \[x, y\]; got 3$/],
    ['every', { every: 0 }, /svi\.run: every must be an integer of at least 1, got 0/],
    ['checkpointEvery', { checkpointEvery: 0.5, onCheckpoint: () => undefined }, /checkpointEvery must be an integer of at least 1/],
    ['no onCheckpoint', { checkpointEvery: 5 }, /checkpointEvery needs onCheckpoint/],
    ['stopWhen', { stopWhen: { patience: 3 } }, /stopWhen must be infer\.stopWhenFlat\(\), or a function/],
    ['resume', { resume: { version: 2 } }, /cannot resume, and nothing was changed: a checkpoint of version 2/],
  ])('refuse a wrong %s', async (_, options, message) => {
    await expect(makeSvi().run({ steps: 1, ...options } as SviRunOptions<[]>)).rejects.toThrow(message);
  });
});

describe('stableUpdate', () => {
  const observing = (x: number): void => {
    factor('f', tf.neg(tf.square(tf.sub(param('p', tf.scalar(1)), x))));
    // Its slope is infinite at zero.
    if (x === 7) factor('root', tf.sqrt(tf.mul(0, param('p'))));
  };
  const makeSvi = (): InstanceType<typeof infer.SVI<[number]>> =>
    new infer.SVI<[number]>({ model: observing, guide: () => undefined, optim: optim.adam({ lr: 0.1 }), loss, engine: 'eager' });

  test('skips steps that are not finite, as if they had not been there', async () => {
    const batches: [number][] = [[1.5], [NaN], [2], [Infinity], [7], [3]];
    getParamStore().set('p', 1);
    const result = await expectNoLeak(() => makeSvi().run({ steps: 6, batches, stableUpdate: true }));
    expect(result.skipped).toBe(3);
    expect(result.losses.map(Number.isNaN)).toEqual([false, true, false, true, true, false]);
    const learnt = paramValue('p');
    getParamStore().set('p', 1);
    const alone = await makeSvi().run({ steps: 3, batches: [[1.5], [2], [3]] });
    expect(paramValue('p')).toEqual(learnt);
    expect(result.losses.filter((value) => !Number.isNaN(value))).toEqual(alone.losses);
  });

  test('else the first of them ends the run', async () => {
    await expect(makeSvi().run({ steps: 6, batches: [[1.5], [NaN]] })).rejects.toThrow(/svi: the loss is NaN/);
  });

  test('but other errors are thrown', async () => {
    const svi = new infer.SVI<[]>({ model: () => sample('x', dist.normal(0, -1), { obs: 1 }), guide: () => undefined, optim: optim.adam(), loss, engine: 'eager' });
    await expect(svi.run({ steps: 1, stableUpdate: true })).rejects.toThrow(/scale must be positive/);
  });
});

test('a loss may be a plain function', async () => {
  const squares: LossFunction = () => tf.tidy(() => tf.square(tf.sub(param('p', tf.scalar(0)), 3)) as tf.Scalar);
  const svi = new infer.SVI<[]>({ model: () => undefined, guide: () => undefined, optim: optim.adam({ lr: 0.1 }), loss: squares, engine: 'eager' });
  await svi.run({ steps: 300 });
  expect(paramValue('p')[0]).toBeCloseTo(3, 2);
});

test('two models in one process, each in a store of its own, share nothing but names', async () => {
  const make = (obs: number): { store: ParamStore; svi: InstanceType<typeof infer.SVI<[]>> } => ({
    store: new ParamStore(),
    svi: new infer.SVI<[]>({
      model: () => sample('x', dist.normal(param('loc', tf.scalar(0)), 1), { obs }),
      guide: () => undefined,
      optim: optim.adam({ lr: 0.1 }),
      loss,
      engine: 'eager',
    }),
  });
  const [a, b] = [make(2), make(-5)];
  await Promise.all([a, b].map(({ store, svi }) => handlers.paramStore({ store }).run(() => svi.run({ steps: 300 }))));
  const found = [a, b].map(({ store }) => store.variable('loc').dataSync()[0]!);
  expect(found[0]).toBeCloseTo(2, 1);
  expect(found[1]).toBeCloseTo(-5, 1);
  expect(getParamStore().names()).toEqual([]);
  a.store.clear();
  b.store.clear();
});
