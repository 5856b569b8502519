/** @file What SVI does around its losses: steps, runs, scopes, failures. */
import * as tf from '@tensorflow/tfjs-core';
import type { Tensor } from '@tensorflow/tfjs-core';
import { constraints, dist, factor, getParamStore, guides, handlers, infer, optim, param, ParamStore, plate, ready, sample, setSeed, setValidation } from '@tychejs/ppl';
import type { Loss } from '../../../src/infer/svi/loss.ts';
import type { SviProgress, SviRunOptions } from '../../../src/infer/svi/runOptions.ts';
import type { SviOptions } from '../../../src/infer/svi/svi.ts';
import { isValidationOn } from '../../../src/util/validation.ts';
import { expectNoLeak } from '../../helpers/leak.ts';
import { normalGuide, normalNormal, paramValue } from './helpers.ts';

// Machines under load take several times as long as alone.
jest.setTimeout(60_000);

beforeAll(() => ready({ backend: 'cpu' }));
beforeEach(() => {
  getParamStore().clear();
  setSeed(7);
});

const model = normalNormal({ priorMean: 0, priorSd: 2, noise: 1, data: [1, 2, 3] });
const guide = normalGuide(0.5, 0.7);

function makeSvi(options: Partial<SviOptions<[]>> = {}): InstanceType<typeof infer.SVI<[]>> {
  return new infer.SVI<[]>({ model, guide, optim: optim.adam({ lr: 0.05 }), loss: new infer.TraceELBO(), ...options });
}

const bothParams = (): number[] => [...paramValue('loc'), ...paramValue('scale')];

describe('step', () => {
  test('returns the loss before the move, and moves down the gradient', async () => {
    const svi = makeSvi({ optim: optim.sgd({ lr: 1e-3 }), loss: new infer.TraceMeanFieldELBO() });
    const before = 0.5;
    await svi.step();
    // The slope of -ELBO by loc is (loc - mean) / sd², which is negative here; the noise is smaller than that.
    expect(paramValue('loc')[0]).toBeGreaterThan(before);
    const losses: number[] = [];
    for (let i = 0; i < 200; i++) losses.push(await svi.step());
    const mean = (values: number[]): number => values.reduce((a, b) => a + b, 0) / values.length;
    expect(mean(losses.slice(-20))).toBeLessThan(mean(losses.slice(0, 20)));
  });

  test('is a function of the seed', async () => {
    const one = async (): Promise<number[]> => {
      getParamStore().clear();
      const svi = makeSvi();
      return handlers.seed({ seed: 3 }).run(async () => [await svi.step(), await svi.step(), ...bothParams()]);
    };
    const [first, second] = [await one(), await one()];
    expect(first).toEqual(second);
    expect(first[0]).not.toBe(first[1]);
  });

  test('trains parameters that come into being later, and only those that were read', async () => {
    let stage = 0;
    const growing = (): void => {
      model();
      if (stage !== 1) factor('a', tf.neg(tf.square(param('early', tf.scalar(1)))));
      if (stage > 0) factor('b', tf.neg(tf.square(param('late', tf.scalar(1)))));
    };
    const svi = makeSvi({ model: growing });
    await svi.step();
    expect(getParamStore().names()).not.toContain('late');
    const early = paramValue('early')[0]!;
    expect(early).not.toBe(1);
    stage = 1;
    await svi.step();
    expect(paramValue('early')[0]).toBe(early); // Adam would go on by its momentum
    expect(paramValue('late')[0]).not.toBe(1);
    stage = 2;
    await svi.step();
    expect(paramValue('early')[0]).not.toBe(early);
  });

  test('a fixed guide stays, while the model learns', async () => {
    const fixed = (): Tensor => sample('z', dist.normal(1, 0.5));
    const learning = (): Tensor => sample('x', dist.normal(tf.add(sample('z', dist.normal(0, 1)), param('shift', tf.scalar(0))), 1), { obs: 3 });
    const svi = makeSvi({ model: learning, guide: fixed, optim: optim.adam({ lr: 0.1 }) });
    await svi.run({ steps: 300 });
    expect(getParamStore().names()).toEqual(['shift']);
    // E log N(3; z + shift, 1) is largest at shift = 3 - E z; Adam leaves some noise.
    expect(Math.abs(paramValue('shift')[0]! - 2)).toBeLessThan(0.5);
  });

  test('parameters marked as not trainable stay', async () => {
    const halfFixed = (): void => {
      const loc = handlers.inferConfig({ config: { trainable: false } }).run(() => param('loc', tf.scalar(0.5)));
      sample('z', dist.normal(loc, param('scale', tf.scalar(0.7), { constraint: constraints.positive })));
    };
    await makeSvi({ guide: halfFixed }).step();
    expect(paramValue('loc')[0]).toBe(0.5);
    expect(paramValue('scale')[0]).not.toBeCloseTo(0.7, 4);
  });

  test('leaves no tensors but the parameters', async () => {
    const svi = makeSvi();
    await expectNoLeak(() => svi.step(), 2);
    await expectNoLeak(() => svi.step());
    await expectNoLeak(() => svi.evaluateLoss());
    await expectNoLeak(() => svi.run({ steps: 3 }));
  });

  test('does not write on values that somebody holds', async () => {
    const svi = makeSvi();
    await svi.step();
    const held = getParamStore().get('loc');
    const before = held.dataSync()[0];
    await svi.step();
    expect(held.dataSync()[0]).toBe(before);
    expect(paramValue('loc')[0]).not.toBe(before);
    held.dispose();
  });

  test('state of the optimiser goes on in another SVI', async () => {
    const [shared, fresh] = [optim.adam({ lr: 0.05 }), optim.adam({ lr: 0.05 })];
    const steps = async (optimizers: [typeof shared, typeof shared]): Promise<number[]> => {
      getParamStore().clear();
      return handlers.seed({ seed: 1 }).run(async () => {
        for (const optimizer of optimizers) await makeSvi({ optim: optimizer }).step();
        return bothParams();
      });
    };
    const continued = await steps([shared, shared]);
    expect(shared.getState().parameters['loc']!.updates).toBe(2);
    expect(await steps([fresh, optim.adam({ lr: 0.05 })])).not.toEqual(continued);
  });
});

test('evaluateLoss learns nothing', async () => {
  const svi = makeSvi();
  await svi.step();
  const before = bothParams();
  const losses = [await svi.evaluateLoss(), await svi.evaluateLoss()];
  expect(bothParams()).toEqual(before);
  expect(losses[0]).not.toBe(losses[1]);
});

test('a loss needs only lossAndGradients, and may be asynchronous', async () => {
  const inner = new infer.TraceELBO();
  const loss: Loss = {
    lossAndGradients: async (m, g, args) => {
      const result = inner.lossAndGradients(m, g, args);
      await Promise.resolve();
      return result;
    },
  };
  const svi = makeSvi({ loss });
  await svi.step();
  expect(bothParams()).not.toEqual([0.5, 0.7]);
  await expectNoLeak(() => svi.step());
  expect(await expectNoLeak(() => svi.evaluateLoss())).toEqual(expect.any(Number));
});

describe('run', () => {
  test('takes steps, and tells of them', async () => {
    const seen: SviProgress[] = [];
    const { losses } = await makeSvi().run({ steps: 4, onProgress: (progress) => seen.push(progress) });
    expect(losses).toHaveLength(4);
    expect(seen).toEqual(losses.map((loss, i) => ({ step: i + 1, steps: 4, loss })));
    expect((await makeSvi().run({ steps: 0 })).losses).toEqual([]);
  });

  test('draws anew in each step, and is a function of the seed', async () => {
    const run = async (seed: number): Promise<number[]> => {
      getParamStore().clear();
      const svi = makeSvi({ optim: optim.sgd({ lr: 1e-9 }) });
      return handlers.seed({ seed }).run(async () => (await svi.run({ steps: 4 })).losses);
    };
    const losses = await run(1);
    expect(new Set(losses).size).toBe(4);
    expect(await run(1)).toEqual(losses);
    expect(await run(2)).not.toEqual(losses);
  });

  test('lets the event loop turn', async () => {
    let turns = 0;
    const timer = setInterval(() => turns++, 5);
    const until = performance.now() + 250;
    const busy = (): void => {
      model();
      const end = performance.now() + 10;
      while (performance.now() < end);
    };
    const svi = makeSvi({ model: busy, engine: 'eager' });
    await svi.run({ steps: 25 });
    clearInterval(timer);
    expect(performance.now()).toBeGreaterThan(until);
    // 25 steps of 10 ms give way every 30 ms or so.
    expect(turns).toBeGreaterThanOrEqual(4);
  });

  test('an abort rejects with an AbortError and keeps what was learnt', async () => {
    const outcome = async (steps: number, abortAt: number): Promise<number[]> => {
      getParamStore().clear();
      const controller = new AbortController();
      const svi = makeSvi();
      const run = handlers.seed({ seed: 5 }).run(() =>
        svi.run({ steps, signal: controller.signal, onProgress: ({ step }) => step === abortAt && controller.abort() }),
      );
      if (abortAt < steps) await expect(run).rejects.toMatchObject({ name: 'AbortError' });
      else await run;
      return bothParams();
    };
    await makeSvi().step();
    const whole = await outcome(4, 4);
    expect(await expectNoLeak(() => outcome(100, 4))).toEqual(whole);
    const reason = new Error('enough');
    await expect(makeSvi().run({ steps: 1, signal: AbortSignal.abort(reason) })).rejects.toBe(reason);
  });

  test('a scope around it means what it says', async () => {
    const first = async (body: (run: () => Promise<{ losses: number[] }>) => Promise<{ losses: number[] }>): Promise<number[]> => {
      getParamStore().clear();
      const svi = makeSvi({ optim: optim.sgd({ lr: 1e-8 }) });
      const { losses } = await handlers.seed({ seed: 1 }).run(() => body(() => svi.run({ steps: 30 })));
      return losses;
    };
    const plain = await first((run) => run());
    const doubled = await first((run) => handlers.scale({ scale: 2 }).run(run));
    plain.forEach((loss, i) => expect(doubled[i]).toBeCloseTo(2 * loss, 3));
    const conditioned = await first((run) => handlers.condition({ data: { x: [5, 5, 5] } }).run(run));
    expect(conditioned[29]).toBeGreaterThan(plain[29]! + 10);
  });

  test('a scope that renames does so to sites and parameters alike', async () => {
    const program = (): Tensor => sample('x', dist.normal(sample('z', dist.normal(0, 1)), 1), { obs: 1 });
    const svi = makeSvi({ model: program, guide: new guides.AutoNormal(program) });
    await handlers.scope({ prefix: 'a' }).run(() => svi.run({ steps: 2 }));
    expect(getParamStore().names()).toEqual(['a/AutoNormal.locs.z', 'a/AutoNormal.scales.z']);
  });

  test('two runs that interleave are as if each were alone', async () => {
    const run = (seed: number, scale: number): Promise<number[]> => {
      const store = new ParamStore();
      const svi = makeSvi();
      const busy = handlers.paramStore({ store }).run(() =>
        handlers.seed({ seed }).run(() =>
          handlers.scale({ scale }).run(() =>
            // Every step gives way to the other run.
            svi.run({ steps: 12, batches: { async *[Symbol.asyncIterator]() { await new Promise((go) => setTimeout(go, 1)); yield []; } } }),
          ),
        ),
      );
      return busy.then(({ losses }) => {
        store.clear();
        return losses;
      });
    };
    const alone = [await run(1, 1), await run(2, 3)];
    const together = await Promise.all([run(1, 1), run(2, 3)]);
    expect(together).toEqual(alone);
    expect(getParamStore().names()).toEqual([]);
  });
});

describe('batches', () => {
  const observing = (x: number): void => {
    sample('x', dist.normal(param('loc', tf.scalar(0)), 1), { obs: x });
  };
  const run = (options: SviRunOptions<[number]>): Promise<{ losses: number[] }> =>
    new infer.SVI<[number]>({ model: observing, guide: () => undefined, optim: optim.sgd({ lr: 1e-9 }), loss: new infer.TraceELBO() }).run(options);
  /** The observation that a loss comes from. */
  const observed = ({ losses }: { losses: number[] }): number[] => losses.map((loss) => Math.round(Math.sqrt(2 * (loss - 0.5 * Math.log(2 * Math.PI)))));

  test('are gone through in order, again and again', async () => {
    expect(observed(await run({ steps: 5, batches: [[1], [2], [3]] }))).toEqual([1, 2, 3, 1, 2]);
    const set = new Set<[number]>([[1], [2]]);
    expect(observed(await run({ steps: 5, batches: set }))).toEqual([1, 2, 1, 2, 1]);
    const later: AsyncIterable<[number]> = { async *[Symbol.asyncIterator]() { for (const x of [4, 5]) { await Promise.resolve(); yield [x]; } } };
    expect(observed(await run({ steps: 3, batches: later }))).toEqual([4, 5, 4]);
    expect(observed(await run({ steps: 2, args: [6] }))).toEqual([6, 6]);
  });

  test('that end and cannot begin anew are an error, and iterators are closed', async () => {
    let closed = 0;
    function* once(): Generator<[number]> {
      try {
        yield [1];
        yield [2];
      } finally {
        closed++;
      }
    }
    await expect(run({ steps: 3, batches: once() })).rejects.toThrow(/batches ended after 2 steps and cannot be gone through again.*steps: 2/);
    expect(observed(await run({ steps: 1, batches: once() }))).toEqual([1]);
    expect(closed).toBe(2);
  });

  test.each<[string, SviRunOptions<[number]>, RangeError | TypeError | RegExp]>([
    ['none', { steps: 1, batches: [] }, /batches is empty/],
    ['no arrays', { steps: 1, batches: [3] as unknown as [number][] }, /each of batches must be an array of arguments, such as \[x, y\]; got 3/],
    ['both', { steps: 1, args: [1], batches: [[1]] }, /give args or batches, not both/],
    ['no steps', {} as { steps: number }, /svi\.run: steps must be an integer of at least 0, got undefined/],
    ['misspelt', { steps: 1, batch: [] } as { steps: number }, /svi\.run: unknown option "batch"\. Did you mean "batches"/],
  ])('%s', async (_, options, message) => {
    await expect(run(options)).rejects.toThrow(message as RegExp);
  });
});

describe('what is no number', () => {
  /** Observes what it is told; `gamma` has a support that can be missed. */
  const observing = (x: number): void => {
    const z = sample('z', dist.normal(0, 1));
    sample('x', dist.normal(z, 1), { obs: x });
    sample('rate', dist.gamma(2, 1), { obs: Math.abs(x) > 50 ? -1 : 1 });
  };
  const svi = (): InstanceType<typeof infer.SVI<[number]>> =>
    new infer.SVI<[number]>({ model: observing, guide, optim: optim.adam(), loss: new infer.TraceELBO() });

  test.each<[string, number, RegExp]>([
    ['NaN in the data', NaN, /svi: the loss is NaN; no parameter was changed\. site "x": .*NaN/],
    ['an observation outside of its support', 100, /svi: the loss is Infinity; no parameter was changed\. site "rate": gamma: value must be nonNegative, got -1/],
  ])('%s after the first step: the site is named, and nothing has changed', async (_, bad, message) => {
    const engine = svi();
    await engine.step(1);
    const before = bothParams();
    await expectNoLeak(() => expect(engine.step(bad)).rejects.toThrow(message));
    expect(bothParams()).toEqual(before);
    await engine.step(1);
    expect(bothParams()).not.toEqual(before);
    await expectNoLeak(() => expect(engine.run({ steps: 3, batches: [[1], [bad]] })).rejects.toThrow(message));
  });

  test('a parameter is named before the sites that it spoils', async () => {
    const engine = svi();
    await engine.step(1);
    const variable = getParamStore().variable('scale');
    variable.assign(tf.scalar(NaN));
    await expect(engine.step(1)).rejects.toThrow(/the loss is NaN.* param "scale": its value is NaN/);
  });

  test('NaN of a density itself', async () => {
    let spoil = false;
    const engine = makeSvi({
      model: () => {
        model();
        factor('penalty', tf.log(tf.scalar(spoil ? -1 : 1)));
      },
    });
    await engine.step();
    spoil = true;
    await expect(engine.step()).rejects.toThrow(/site "penalty": its log-density under factor is NaN, at its observed value/);
    await expect(engine.evaluateLoss()).rejects.toThrow(/site "penalty"/);
  });

  test('an infinite slope under a finite loss', async () => {
    const engine = makeSvi({ model: () => (model(), factor('root', tf.sqrt(tf.abs(param('at zero', tf.scalar(0)))))) });
    await expectNoLeak(() => expect(engine.step()).rejects.toThrow(/the gradient of param "at zero" is (NaN|Infinity|-Infinity) at element 0, although the loss is finite/));
    expect(getParamStore().names()).toEqual([]);
  });

  test('an error on the way back leaves nothing behind', async () => {
    const oneWay = tf.customGrad((...inputs) => ({
      value: tf.sum(inputs[0] as Tensor),
      gradFunc: (): Tensor => {
        throw new Error('no way back');
      },
    }));
    const engine = makeSvi({ model: () => (model(), factor('odd', oneWay(param('ahead', tf.tensor1d([1, 2]))))) });
    await expectNoLeak(() => expect(engine.step()).rejects.toThrow(/^no way back$/));
    expect(getParamStore().names()).toEqual([]);
  });

  test('a model that throws halfway leaves nothing behind', async () => {
    const engine = makeSvi({ model: () => (model(), param('new', tf.scalar(1)), tf.exp(1), factor('f', tf.scalar(1)), fail()) });
    await expectNoLeak(() => expect(engine.step()).rejects.toThrow(/^halfway$/));
    expect(getParamStore().names()).toEqual([]);
  });

  function fail(): never {
    throw new Error('halfway');
  }
});

test('checks are on in the first step of a run, off in the others, and off if they were before', async () => {
  const seen: boolean[] = [];
  const svi = makeSvi({ model: () => (seen.push(isValidationOn()), model()), engine: 'eager' });
  await svi.run({ steps: 3 });
  await svi.run({ steps: 2 });
  expect(seen).toEqual([true, false, false, true, false]);
  seen.length = 0;
  const other = makeSvi({ model: () => (seen.push(isValidationOn()), model()), engine: 'eager' });
  await other.step();
  await other.step();
  await other.evaluateLoss();
  expect(seen).toEqual([true, false, true]);
  seen.length = 0;
  setValidation(false);
  await makeSvi({ model: () => (seen.push(isValidationOn()), model()), engine: 'eager' }).step();
  setValidation(true);
  expect(seen).toEqual([false]);
});

test.each<[string, object, RegExp]>([
  ['model', { model: 1 }, /infer\.SVI: model must be a function, got number/],
  ['guide', { guide: {} }, /infer\.SVI: guide must be a function, or one of `guides`/],
  ['optim', { optim: { applyGradients: () => undefined } }, /infer\.SVI: optim must be made by one of `optim`.*tf\.train do not fit/],
  ['loss', { loss: infer.TraceELBO }, /infer\.SVI: loss must be an object such as new infer\.TraceELBO\(\)/],
  ['unknown', { optimizer: 1 }, /infer\.SVI: unknown option "optimizer"\. Did you mean "optim"\?|infer\.SVI: unknown option "optimizer"/],
])('a wrong %s is refused', (_, options, message) => {
  expect(() => makeSvi(options)).toThrow(message);
});

test('a subsample gives the whole in expectation', () => {
  // Six data, two at a time: the mean over all fifteen pairs, for the same draw of z, is what all data give.
  const data = [0.1, -1, 2, 0.7, 1.4, -0.3];
  const part = (subsample: number[]) => (): void => {
    const z = sample('z', dist.normal(0, 1));
    plate('data', 6, { subsample }, (indices) => sample('x', dist.normal(z, 0.8), { obs: tf.gather(tf.tensor1d(data), indices) }));
  };
  const numbers = (subsample: number[]): number[] => {
    const result = handlers.seed({ seed: 2 }).run(() => new infer.TraceELBO().lossAndGradients(part(subsample), guide, []));
    return [result.loss, ...result.gradients.map(({ gradient }) => gradient)].map((tensor) => tensor.dataSync()[0]!);
  };
  const pairs = data.flatMap((_, i) => data.slice(0, i).map((_unused, j) => numbers([i, j])));
  numbers([0, 1, 2, 3, 4, 5]).forEach((whole, k) => {
    expect(pairs.reduce((sum, pair) => sum + pair[k]!, 0) / pairs.length).toBeCloseTo(whole, 4);
  });
});
