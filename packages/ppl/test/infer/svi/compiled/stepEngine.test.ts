/** @file Compiled steps: they do what eager steps do, and nothing gets lost between program, store and optimiser. */
import * as tf from '@tensorflow/tfjs-core';
import type { Tensor } from '@tensorflow/tfjs-core';
import { ready } from '../../../../src/backend/ready.ts';
import * as constraints from '../../../../src/constraints/index.ts';
import * as dist from '../../../../src/distributions/index.ts';
import { scale as scaled } from '../../../../src/handlers/scale.ts';
import { inferConfig } from '../../../../src/handlers/inferConfig.ts';
import { AutoNormal } from '../../../../src/infer/guides/index.ts';
import { SVI } from '../../../../src/infer/svi/svi.ts';
import { TraceELBO } from '../../../../src/infer/svi/traceElbo.ts';
import { TraceMeanFieldELBO } from '../../../../src/infer/svi/traceMeanFieldElbo.ts';
import * as optim from '../../../../src/optim/index.ts';
import type { Optimizer } from '../../../../src/optim/index.ts';
import { getParamStore } from '../../../../src/params/store.ts';
import { plate } from '../../../../src/plate.ts';
import { factor, param, sample } from '../../../../src/primitives.ts';
import { setSeed } from '../../../../src/random/global.ts';

beforeEach(() => {
  getParamStore().clear();
  setSeed(3);
});

let warnings: jest.SpyInstance;
beforeEach(() => {
  warnings = jest.spyOn(console, 'warn').mockImplementation(() => undefined);
});
afterEach(() => warnings.mockRestore());

const xs = [0.5, 1.5, 2.5, 4];
const regression = (x: Tensor, y: Tensor): void => {
  const slope = sample('slope', dist.normal(0, 1));
  const noise = sample('noise', dist.halfNormal(1));
  plate('data', x.shape[0] as number, () => sample('y', dist.normal(tf.mul(slope, x), noise), { obs: y }));
};
// Machines under load take several times as long as alone.
jest.setTimeout(60_000);

let [x, y, part]: [Tensor, Tensor, [Tensor, Tensor]] = [] as never;
beforeAll(async () => {
  await ready({ backend: 'cpu' });
  [x, y] = [tf.tensor1d(xs), tf.tensor1d([0.4, 1.2, 2.8, 3.6])];
  part = [tf.tensor1d([1, 2]), tf.tensor1d([0.8, 2.1])];
});

type Settings = Partial<{ optimizer: Optimizer; loss: TraceELBO | TraceMeanFieldELBO }>;

function regressionSvi(engine: 'compiled' | 'eager' | 'auto', { optimizer = optim.adam({ lr: 0.05 }), loss = new TraceELBO() }: Settings = {}) {
  return new SVI<[Tensor, Tensor]>({ model: regression, guide: new AutoNormal(regression), optim: optimizer, loss, engine });
}

/** Unconstrained values of all parameters. */
const values = (): Record<string, number[]> =>
  Object.fromEntries(getParamStore().names().map((name) => [name, [...getParamStore().variable(name).dataSync()]]));

/** What `train` gives for each engine, from the same seed and an empty store. */
async function byEngine<R>(train: (engine: 'compiled' | 'eager') => Promise<R>): Promise<{ compiled: R; eager: R }> {
  const run = async (engine: 'compiled' | 'eager'): Promise<R> => {
    getParamStore().clear();
    setSeed(3);
    return train(engine);
  };
  return { compiled: await run('compiled'), eager: await run('eager') };
}

/** float32, in another order of summation, over some tens of steps. */
function expectAlike(actual: unknown, expected: unknown): void {
  const flat = (value: unknown): number[] =>
    typeof value === 'number' ? [value] : Object.values(value as Record<string, unknown>).flatMap(flat);
  const [a, b] = [flat(actual), flat(expected)];
  expect(a).toHaveLength(b.length);
  a.forEach((v, i) => expect(Math.abs(v - b[i]!)).toBeLessThan(1e-4 * Math.max(1, Math.abs(b[i]!))));
}

describe('a compiled step is an eager one', () => {
  test.each<[string, Settings]>([
    ['TraceELBO', {}],
    ['particles', { loss: new TraceELBO({ numParticles: 3 }) }],
    ['closed-form KL', { loss: new TraceMeanFieldELBO() }],
    ['momentum', { optimizer: optim.sgd({ lr: 1e-3, momentum: 0.9 }) }],
    ['a schedule', { optimizer: optim.schedule(optim.clippedAdam({ lr: 0.05 }), { decaySteps: 20 }) }],
    ['settings by name', { optimizer: optim.adam((name) => ({ lr: name.includes('scales') ? 1e-3 : 0.1 })) }],
  ])('%s', async (_name, settings) => {
    const { compiled, eager } = await byEngine(async (engine) => {
      const optimizer = settings.optimizer === undefined ? optim.adam({ lr: 0.05 }) : settings.optimizer;
      const before = optimizer.getState();
      const { losses } = await regressionSvi(engine, { ...settings, optimizer }).run({ steps: 25, args: [x, y] });
      const { parameters } = optimizer.getState();
      optimizer.setState(before);
      return { losses, values: values(), moments: Object.values(parameters).map(({ updates, moments }) => [updates, moments.map((m) => [...m])]) };
    });
    expectAlike(compiled, eager);
    expect(warnings).not.toHaveBeenCalled();
  });

  test('in batches of two shapes, for each of which there is one program', async () => {
    const { compiled, eager } = await byEngine(async (engine) => {
      const svi = regressionSvi(engine);
      const { losses } = await svi.run({ steps: 30, batches: [[x, y], part, part] });
      return { losses, values: values(), stats: svi.stats };
    });
    expectAlike([compiled.losses, compiled.values], [eager.losses, eager.values]);
    expect(compiled.stats).toMatchObject({ engine: 'compiled', programs: 2, reason: null });
    expect(eager.stats).toMatchObject({ engine: 'eager', programs: 0 });
  });

  test('with plates that subsample: the elements are drawn anew at every step', async () => {
    const model = (): void => {
      const mu = sample('mu', dist.normal(0, 10));
      plate('data', 4, { subsampleSize: 2 }, (indices) => sample('y', dist.normal(mu, 1), { obs: tf.gather(x, indices) }));
    };
    const { compiled, eager } = await byEngine(async (engine) => {
      const svi = new SVI<[]>({ model, guide: new AutoNormal(model), optim: optim.sgd({ lr: 1e-3 }), loss: new TraceELBO(), engine });
      return (await svi.run({ steps: 20 })).losses;
    });
    expectAlike(compiled, eager);
    expect(new Set(compiled).size).toBe(20);
  });

  test('with elements of a plate as an argument', async () => {
    const model = (indices: Tensor): void => {
      const mu = sample('mu', dist.normal(0, 10));
      plate('data', 4, { subsample: indices as tf.Tensor1D }, (rows) => sample('y', dist.normal(mu, 1), { obs: tf.gather(x, rows) }));
    };
    const batches = [[0, 1], [2, 3], [1, 3]].map((rows): [Tensor] => [tf.tensor1d(rows, 'int32')]);
    const { compiled, eager } = await byEngine(async (engine) => {
      const guide = new AutoNormal(model, { subsample: (indices) => ({ data: indices as tf.Tensor1D }) });
      const svi = new SVI<[Tensor]>({ model, guide, optim: optim.adam({ lr: 0.05 }), loss: new TraceELBO(), engine });
      const { losses } = await svi.run({ steps: 9, batches });
      return { losses, programs: svi.stats.programs };
    });
    expectAlike(compiled.losses, eager.losses);
    expect(compiled.programs).toBe(1);
  });

  test('under handlers, each set of which has a program of its own', async () => {
    const { compiled, eager } = await byEngine(async (engine) => {
      const svi = regressionSvi(engine);
      const losses = [await svi.step(x, y)];
      const scope = scaled({ scale: 2 });
      losses.push(await scope.run(() => svi.step(x, y)), await svi.step(x, y), await scope.run(() => svi.step(x, y)));
      return { losses, programs: svi.stats.programs };
    });
    expectAlike(compiled.losses, eager.losses);
    expect(compiled.programs).toBe(2);
  });

  test('with nested arguments, numbers among them', async () => {
    const model = ({ data: { inputs, targets }, prior }: { data: { inputs: Tensor; targets: Tensor[] }; prior: number }): void => {
      const slope = sample('slope', dist.normal(0, prior));
      plate('data', 4, () => sample('y', dist.normal(tf.mul(slope, inputs), 1), { obs: targets[0] as Tensor }));
    };
    const { compiled, eager } = await byEngine(async (engine) => {
      const svi = new SVI({ model, guide: new AutoNormal(model), optim: optim.adam({ lr: 0.05 }), loss: new TraceELBO(), engine });
      const losses: number[] = [];
      for (const prior of [1, 1, 5, 5, 1]) losses.push(await svi.step({ data: { inputs: x, targets: [y] }, prior }));
      return { losses, programs: svi.stats.programs };
    });
    expectAlike(compiled.losses, eager.losses);
    expect(compiled.programs).toBe(2);
  });

  test('for parameters of the model: constrained, fixed, and one that comes into being later', async () => {
    let isLate = false;
    const model = (): void => {
      const scale = param('scale', tf.scalar(2), { constraint: constraints.positive });
      inferConfig({ config: { trainable: false } }).run(() => param('fixed', tf.scalar(1)));
      if (isLate) factor('penalty', tf.neg(tf.square(param('late', tf.scalar(3)))));
      sample('y', dist.normal(tf.mul(param('w', tf.zeros([4])), x), scale).toEvent(1), { obs: y });
    };
    const { compiled, eager } = await byEngine(async (engine) => {
      isLate = false;
      const svi = new SVI<[]>({ model, guide: () => undefined, optim: optim.adam({ lr: 0.05 }), loss: new TraceELBO(), engine });
      const { losses } = await svi.run({ steps: 1 });
      isLate = true;
      losses.push(...(await svi.run({ steps: 5 })).losses);
      return { losses, values: values() };
    });
    expectAlike(compiled, eager);
    expect(compiled.values['fixed']).toEqual([1]);
    expect(compiled.values['late']![0]).toBeLessThan(3);
  });

  test('by an optimiser that has no formula for programs', async () => {
    const plainDescent = (): Optimizer => ({
      step: (parameters) => parameters.forEach(({ value, gradient }) => value.forEach((v, i) => (value[i] = v - 1e-3 * gradient[i]!))),
      getState: () => ({ optimizer: 'own', steps: 0, parameters: {} }),
      setState: () => undefined,
    });
    const { compiled, eager } = await byEngine(async (engine) => {
      const { losses } = await regressionSvi(engine, { optimizer: plainDescent() }).run({ steps: 10, args: [x, y] });
      return { losses, values: values() };
    });
    expectAlike(compiled, eager);
  });

  test('in float64, where that is asked for: sums that float32 loses', async () => {
    // The square is about 1e8, where float32 counts by eights.
    const model = (): void => {
      const z = sample('z', dist.normal(0, 1));
      factor('lost', tf.mul(1e-4, tf.sub(tf.square(tf.add(z, 1e4)), 1e8)));
    };
    const after = async (precision: 'float32' | 'float64'): Promise<number> => {
      getParamStore().clear();
      setSeed(3);
      const svi = new SVI<[]>({ model, guide: new AutoNormal(model), optim: optim.sgd({ lr: 1e-3 }), loss: new TraceELBO(), engine: 'compiled', precision });
      const { losses } = await svi.run({ steps: 1 });
      expect(svi.stats.precision).toBe(precision);
      return losses[0]!;
    };
    const [single, double] = [await after('float32'), await after('float64')];
    expect(Math.abs(single - double)).toBeGreaterThan(1e-6);
    expect(Math.abs(single - double)).toBeLessThan(1e-3);
  });

  test('on the WASM backend', async () => {
    await ready({ backend: 'wasm' });
    const { compiled, eager } = await byEngine(async (engine) => (await regressionSvi(engine).run({ steps: 10, args: [x, y] })).losses);
    expectAlike(compiled, eager);
    getParamStore().clear();
    await ready({ backend: 'cpu' });
  });
});

describe('between steps', () => {
  test('the store has what was learnt, whenever it is asked; what is written there counts', async () => {
    const { compiled, eager } = await byEngine(async (engine) => {
      const svi = regressionSvi(engine);
      const seen: unknown[] = [];
      await svi.step(x, y);
      seen.push(values());
      await svi.step(x, y);
      getParamStore().set('AutoNormal.locs.slope', 0.25);
      await svi.step(x, y);
      seen.push(values());
      const state = getParamStore().getState();
      await svi.step(x, y);
      getParamStore().setState(state);
      await svi.step(x, y);
      return [...seen, values()];
    });
    expectAlike(compiled, eager);
  });

  test('an eager SVI with the same optimiser goes on where a compiled one was', async () => {
    const { compiled, eager } = await byEngine(async (engine) => {
      const optimizer = optim.adam({ lr: 0.05 });
      for (const which of [engine, 'eager', engine] as const) await regressionSvi(which, { optimizer }).run({ steps: 4, args: [x, y] });
      return values();
    });
    expectAlike(compiled, eager);
  });

  test('evaluateLoss moves nothing', async () => {
    const svi = regressionSvi('compiled');
    await svi.run({ steps: 3, args: [x, y] });
    const before = values();
    expect(Number.isFinite(await svi.evaluateLoss(x, y))).toBe(true);
    expect(values()).toEqual(before);
  });

  test('ten thousand steps leave nothing behind', async () => {
    const svi = regressionSvi('compiled');
    await svi.run({ steps: 2, args: [x, y] });
    const before = tf.memory().numTensors;
    const { losses } = await svi.run({ steps: 10_000, args: [x, y] });
    expect(tf.memory().numTensors).toBe(before);
    const mean = (part_: number[]): number => part_.reduce((a, b) => a + b, 0) / part_.length;
    expect(mean(losses.slice(-1000))).toBeLessThan(mean(losses.slice(0, 20)));
    expect(svi.stats.programs).toBe(1);
  });
});

describe('what cannot be', () => {
  test('a loss that is NaN is explained as by an eager step, and nothing has moved', async () => {
    const svi = regressionSvi('compiled');
    await svi.step(x, y);
    const before = values();
    const broken = tf.tensor1d([0.4, NaN, 2.8, 3.6]);
    await expect(svi.step(x, broken)).rejects.toThrow(/svi: the loss is NaN; no parameter was changed\. site "y".*NaN/s);
    expect(values()).toEqual(before);
    await svi.step(x, y);
    expect(values()).not.toEqual(before);
  });

  test('classes that are none are found in later batches too', async () => {
    const model = (labels: Tensor): void => {
      const logits = sample('logits', dist.normal(tf.zeros([3]), 1).toEvent(1));
      plate('data', 2, () => sample('y', dist.categorical({ logits: tf.broadcastTo(logits, [2, 3]) }), { obs: labels }));
    };
    const svi = new SVI<[Tensor]>({ model, guide: new AutoNormal(model), optim: optim.adam(), loss: new TraceELBO(), engine: 'compiled' });
    await svi.step(tf.tensor1d([0, 2], 'int32'));
    await expect(svi.step(tf.tensor1d([0, 3], 'int32'))).rejects.toThrow(/site "y"/);
  });

  const readingModel = (data: Tensor): void => {
    const mu = sample('mu', dist.normal(data.dataSync()[0]!, 1));
    sample('y', dist.normal(mu, 1), { obs: 1 });
  };
  const readingSvi = (engine: 'compiled' | 'auto') =>
    new SVI<[Tensor]>({ model: readingModel, guide: new AutoNormal(readingModel), optim: optim.adam(), loss: new TraceELBO(), engine });

  test('a model that reads its data: `auto` says why, once, and steps eagerly', async () => {
    const svi = readingSvi('auto');
    await svi.run({ steps: 3, args: [x] });
    expect(warnings).toHaveBeenCalledTimes(1);
    expect(warnings.mock.calls[0]![0]).toMatch(/steps are run eagerly.*cannot be compiled.*read/s);
    expect(svi.stats).toMatchObject({ engine: 'eager', programs: 0, reason: expect.stringMatching(/read/) as string });
  });

  test('a model that reads its data: `compiled` is an error', async () => {
    await expect(readingSvi('compiled').step(x)).rejects.toThrow(/infer\.SVI: the step cannot be compiled: .*read/s);
    expect(values()).toEqual({});
  });

  test('a number that changes outside of the arguments is noticed', async () => {
    let weight = 1;
    const model = (): void => {
      scaled({ scale: weight }).run(() => sample('z', dist.normal(0, 1)));
      sample('y', dist.normal(0, 1), { obs: 1 });
    };
    const guide = (): void => {
      scaled({ scale: weight }).run(() => sample('z', dist.normal(param('loc', tf.scalar(1)), 0.5)));
    };
    const train = async (engine: 'auto' | 'eager'): Promise<{ losses: number[]; reason: string | null }> => {
      getParamStore().clear();
      setSeed(3);
      weight = 1;
      const svi = new SVI<[]>({ model, guide, optim: optim.sgd({ lr: 0.1 }), loss: new TraceELBO(), engine });
      const losses: number[] = [];
      for (; weight < 6; weight++) losses.push(await svi.step());
      return { losses, reason: svi.stats.reason };
    };
    const [auto, eager] = [await train('auto'), await train('eager')];
    expectAlike(auto.losses, eager.losses);
    expect(auto.reason).toMatch(/changes from step to step/);
  });

  test('a change after some steps is noticed by the sixteenth', async () => {
    let target = 1;
    const model = (): void => {
      sample('y', dist.normal(sample('z', dist.normal(0, 1)), 1), { obs: target });
    };
    const svi = new SVI<[]>({ model, guide: new AutoNormal(model), optim: optim.adam(), loss: new TraceELBO(), engine: 'compiled' });
    for (let i = 0; i < 30; i++) {
      if (i === 7) target = 5;
      await svi.step();
    }
    expect(svi.stats.programs).toBe(2);
    expect(warnings).toHaveBeenCalledTimes(1);
  });

  test('steps that are begun together share a program', async () => {
    const svi = regressionSvi('compiled');
    const losses = await Promise.all([svi.step(x, y), svi.step(x, y), svi.step(x, y)]);
    expect(new Set(losses).size).toBe(3);
    expect(svi.stats.programs).toBe(1);
  });

  test('arguments that have been disposed are refused', async () => {
    const svi = regressionSvi('compiled');
    const gone = tf.clone(y);
    await svi.step(x, gone);
    gone.dispose();
    await expect(svi.step(x, gone)).rejects.toThrow(/tensor of shape \[4\] among the arguments has been disposed/);
    await svi.step(x, y);
  });

  test('what has changed between two runs is compiled anew, without a word', async () => {
    let targets = y;
    const model = (): void => regression(x, targets);
    const { compiled, eager } = await byEngine(async (engine) => {
      targets = y;
      const svi = new SVI<[]>({ model, guide: new AutoNormal(model), optim: optim.adam({ lr: 0.05 }), loss: new TraceELBO(), engine });
      const losses = [...(await svi.run({ steps: 5 })).losses];
      targets = x;
      losses.push(...(await svi.run({ steps: 5 })).losses);
      return { losses, programs: svi.stats.programs };
    });
    expectAlike(compiled.losses, eager.losses);
    expect(compiled.programs).toBe(2);
    expect(warnings).not.toHaveBeenCalled();
  });

  test('arguments that are others every time are not compiled for ever', async () => {
    const model = (prior: number): void => {
      sample('z', dist.normal(0, prior));
    };
    const svi = new SVI<[number]>({ model, guide: new AutoNormal(model), optim: optim.adam(), loss: new TraceELBO() });
    for (let i = 1; i < 15; i++) await svi.step(i);
    expect(svi.stats).toMatchObject({ engine: 'eager', programs: 8 });
    expect(svi.stats.reason).toMatch(/Pass numbers that change as tensors/);
  });
});

describe.each(['auto', 'compiled', 'eager'] as const)('%s', (engine) => {
  test.each<[string, object, RegExp]>([
    ['unknown', { learningRate: 1 }, /^optim\.adam: unknown option "learningRate"/],
    ['out of range', { lr: -1 }, /^optim\.adam: lr must be positive, got -1$/],
  ])('settings of one parameter that are %s are an error, and no reason for eager steps', async (_, settings, message) => {
    const chosen = optim.adam((name) => (name.includes('scales') ? settings : {}));
    const svi = regressionSvi(engine, { optimizer: optim.schedule(chosen, { gamma: 0.9 }) });
    await expect(svi.step(x, y)).rejects.toThrow(message);
    expect(warnings).not.toHaveBeenCalled();
    expect(getParamStore().names()).toEqual([]);
  });
});
