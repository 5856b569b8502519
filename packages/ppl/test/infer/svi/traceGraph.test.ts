/** @file What TraceGraphELBO leaves out of rewards, and baselines. */
import * as tf from '@tensorflow/tfjs-core';
import type { Tensor } from '@tensorflow/tfjs-core';
import { traceGraph } from '@tychejs/jit';
import { dist, factor, getParamStore, handlers, infer, optim, param, plate, ready, sample } from '@tychejs/ppl';
import { downstream } from '../../../src/infer/svi/downstream.ts';
import { runParticle } from '../../../src/infer/svi/particle.ts';
import { RandomStream } from '../../../src/random/stream.ts';
import { gradient as slopes } from '../../helpers/finiteDifference.ts';
import { expectNoLeak } from '../../helpers/leak.ts';
import { estimate, lossAt, paramValue } from './helpers.ts';

beforeAll(() => ready({ backend: 'cpu' }));
beforeEach(() => getParamStore().clear());

type Program = () => unknown;

const coin = (name: string, infer: Record<string, unknown> = {}): Tensor => sample(name, dist.bernoulli({ logits: param(`${name}.logit`, tf.scalar(0.4)) }), { infer });
const sigmoid = (x: number): number => 1 / (1 + Math.exp(-x));

describe('downstream of a draw', () => {
  const sites = (model: Program, guide: Program, name: string): { guide: string[]; model: string[] } => {
    const particle = runParticle(model, guide, [], { stream: RandomStream.fromSeed(1) });
    const found = downstream(particle.guide.sampleSite(name), particle);
    return { guide: found.guide.map((site) => site.name), model: found.model.map((site) => site.name) };
  };
  const prior = (name: string): Tensor => sample(name, dist.bernoulli({ probs: 0.5 }));
  const model = (): void => {
    factor('before', 0);
    prior('a');
    factor('between', 0);
    prior('b');
    prior('c');
    factor('after', 0);
  };

  test('is what comes later in guide and model', () => {
    const guide = (): unknown => ['a', 'b', 'c'].map((name) => coin(name));
    expect(sites(model, guide, 'a')).toEqual({ guide: ['a', 'b', 'c'], model: ['a', 'between', 'b', 'c', 'after'] });
    expect(sites(model, guide, 'b')).toEqual({ guide: ['b', 'c'], model: ['b', 'c', 'after'] });
    expect(sites(model, guide, 'c')).toEqual({ guide: ['c'], model: ['c', 'after'] });
  });

  test('in a guide in another order, also what the sites that come after it may have passed on', () => {
    const guide = (): unknown => ['c', 'b', 'a'].map((name) => coin(name));
    expect(sites(model, guide, 'a')).toEqual({ guide: ['a'], model: ['a', 'between', 'b', 'c', 'after'] });
    expect(sites(model, guide, 'b')).toEqual({ guide: ['b', 'a'], model: ['a', 'between', 'b', 'c', 'after'] });
    expect(sites(model, guide, 'c')).toEqual({ guide: ['c', 'b', 'a'], model: ['a', 'between', 'b', 'c', 'after'] });
  });

  test('of a site that only the guide has, begins in the model with the first one after it', () => {
    const guide = (): unknown => [coin('a'), coin('u', { isAuxiliary: true }), coin('b'), coin('c'), coin('v', { isAuxiliary: true })];
    expect(sites(model, guide, 'u')).toEqual({ guide: ['u', 'b', 'c', 'v'], model: ['b', 'c', 'after'] });
    expect(sites(model, guide, 'v')).toEqual({ guide: ['v'], model: [] });
  });
});

test('what was settled before a draw is no noise in its gradient', () => {
  const model = (bonus: number) => (): void => {
    factor('before', bonus);
    sample('z', dist.bernoulli({ probs: 0.3 }));
  };
  const slope = (loss: 'TraceELBO' | 'TraceGraphELBO', bonus: number): number =>
    estimate(new infer[loss](), model(bonus), () => coin('z'), 3).gradients['z.logit']![0]!;
  expect(slope('TraceGraphELBO', 100)).toBe(slope('TraceGraphELBO', 0));
  expect(slope('TraceELBO', 100)).not.toBeCloseTo(slope('TraceELBO', 0), 0);
});

describe('baselines', () => {
  /** z ~ Bernoulli(0.3) that data shift; -ELBO as a function of the guide's logit. */
  const model = (): void => {
    const z = sample('z', dist.bernoulli({ probs: 0.3 }));
    sample('x', dist.normal(tf.mul(z, 2), 1), { obs: 1.3 });
  };
  const logX = (z: number): number => -0.5 * (1.3 - 2 * z) ** 2 - 0.5 * Math.log(2 * Math.PI);
  const reward = (z: number, q: number): number =>
    logX(z) + (z === 1 ? Math.log(0.3 / q) : Math.log(0.7 / (1 - q)));
  const exact = ([logit]: number[]): number => {
    const q = sigmoid(logit!);
    return -q * reward(1, q) - (1 - q) * reward(0, q);
  };
  const q = sigmoid(0.4);

  /** Loss and gradients when z is drawn as given. */
  const drawn = (guide: Program, z: number): ReturnType<typeof estimate> =>
    handlers.substitute({ data: { z } }).run(() => estimate(new infer.TraceGraphELBO(), model, guide, 1));
  const expectedSlope = (guide: Program): number =>
    q * drawn(guide, 1).gradients['z.logit']![0]! + (1 - q) * drawn(guide, 0).gradients['z.logit']![0]!;

  test.each<[string, () => object]>([
    ['a number', () => ({ value: -3 })],
    ['a tensor', () => ({ value: tf.scalar(-3) })],
    ['a network', () => ({ network: (x: Tensor) => tf.mul(param('weight', tf.scalar(-1.5)), x), networkInput: tf.scalar(2) })],
  ])('%s is subtracted from the reward: right in the mean, and nothing of it in the loss', (_, baseline) => {
    const guide = (): Tensor => coin('z', { baseline: baseline() });
    const plain = drawn(() => coin('z'), 1);
    const found = drawn(guide, 1);
    expect(found.loss).toBe(plain.loss);
    expect(found.gradients['z.logit']![0]).toBeCloseTo(-(reward(1, q) + 3) * (1 - q), 5);
    expect(expectedSlope(guide)).toBeCloseTo(slopes(exact, [0.4])[0]!, 5);
  });

  test('TraceELBO, which uses none, says so once; of sites that could have one', () => {
    const warning = jest.spyOn(console, 'warn').mockReturnValue();
    const loss = new infer.TraceELBO();
    const guide = (): Tensor => coin('z', { baseline: { value: -3 } });
    estimate(loss, model, guide, 3);
    expect(warning.mock.calls).toEqual([[expect.stringMatching(/infer\.TraceELBO: site "z" of the guide has a baseline, which only infer\.TraceGraphELBO uses/)]]);
    warning.mockClear();
    estimate(new infer.TraceELBO(), model, () => coin('z'), 1);
    estimate(new infer.TraceGraphELBO(), model, guide, 1);
    expect(warning).not.toHaveBeenCalled();
    warning.mockRestore();
  });

  test('a network learns to predict the reward, and its input learns nothing', () => {
    const guide = (): Tensor => {
      const networkInput = tf.mul(param('shared', tf.scalar(1)), 2);
      const network = (x: Tensor): Tensor => tf.mul(param('weight', tf.scalar(-1.5)), x);
      return coin('z', { baseline: { network, networkInput } });
    };
    const { gradients } = drawn(guide, 1);
    // The slope of (reward - 2 weight)², which is to be minimised.
    expect(gradients['weight']![0]).toBeCloseTo(-4 * (reward(1, q) + 3), 4);
    expect(gradients['shared'] ?? [0]).toEqual([0]);
  });

  test('a decaying average of rewards moves once a step, from zero', () => {
    const guide = (): Tensor => coin('z', { baseline: { decayingAverage: { beta: 0.8 } } });
    let average = 0;
    for (const z of [1, 0, 0, 1]) {
      const { gradients } = drawn(guide, z);
      expect(gradients['z.logit']![0]).toBeCloseTo(-(reward(z, q) - average) * (z - q), 4);
      expect(Object.keys(gradients)).toEqual(['z.logit']);
      average = 0.8 * average + 0.2 * reward(z, q);
      expect(paramValue('__baseline_avg_z')[0]).toBeCloseTo(average, 5);
    }
    // A mere look at the loss does not move it.
    lossAt(new infer.TraceGraphELBO(), model, guide, 1);
    expect(paramValue('__baseline_avg_z')[0]).toBeCloseTo(average, 5);
  });

  test('by default an average keeps 0.9, and adds up with a value', () => {
    const guide = (): Tensor => coin('z', { baseline: { decayingAverage: true, value: -1 } });
    drawn(guide, 1);
    expect(paramValue('__baseline_avg_z')[0]).toBeCloseTo(0.1 * reward(1, q), 5);
    const { gradients } = drawn(guide, 1);
    expect(gradients['z.logit']![0]).toBeCloseTo(-(0.9 * reward(1, q) + 1) * (1 - q), 5);
  });

  test.each([false, true])('several particles are one step (vectorizeParticles: %s)', (vectorizeParticles) => {
    const guide = (): Tensor => coin('z', { baseline: { decayingAverage: true } });
    const loss = new infer.TraceGraphELBO({ numParticles: 4, vectorizeParticles });
    estimate(loss, model, () => coin('z'), 8);
    const { loss: value } = estimate(loss, model, guide, 8);
    // All of the loss is reward here, so that their mean is the mean reward.
    expect(paramValue('__baseline_avg_z')).toHaveLength(1);
    expect(paramValue('__baseline_avg_z')[0]).toBeCloseTo(-0.1 * value, 5);
  });

  test('in plates there is one for each element, or one for all if they are drawn at random', () => {
    const programs = (options: object): [Program, Program] => [
      () => plate('data', 3, options, () => sample('z', dist.bernoulli({ probs: 0.3 }))),
      () => plate('data', 3, options, () => sample('z', dist.bernoulli({ logits: param('logit', tf.scalar(0.4)) }), { infer: { baseline: { decayingAverage: true } } })),
    ];
    estimate(new infer.TraceGraphELBO(), ...programs({}), 1);
    expect(paramValue('__baseline_avg_z')).toHaveLength(3);
    getParamStore().clear();
    estimate(new infer.TraceGraphELBO(), ...programs({ subsampleSize: 2 }), 1);
    expect(paramValue('__baseline_avg_z')).toHaveLength(1);
  });

  test('a reward that is not finite leaves the average as it was', () => {
    const guide = (): Tensor => coin('z', { baseline: { decayingAverage: true } });
    drawn(guide, 1);
    const before = paramValue('__baseline_avg_z');
    const broken = (): void => (model(), factor('f', Number.NaN));
    handlers.substitute({ data: { z: 1 } }).run(() => estimate(new infer.TraceGraphELBO(), broken, guide, 1));
    expect(paramValue('__baseline_avg_z')).toEqual(before);
  });

  test('an average makes for less noise than none', () => {
    // The reward is near -50 whatever is drawn.
    const shifted = (): void => (model(), factor('f', -50));
    const spread = (guide: Program): number => {
      const loss = new infer.TraceGraphELBO();
      for (let seed = 0; seed < 60; seed++) estimate(loss, shifted, guide, seed);
      const found = Array.from({ length: 60 }, (_, seed) => estimate(loss, shifted, guide, 100 + seed).gradients['z.logit']![0]!);
      const mean = found.reduce((a, b) => a + b, 0) / found.length;
      return found.reduce((sum, value) => sum + (value - mean) ** 2, 0) / found.length;
    };
    const [without, withAverage] = [spread(() => coin('z')), spread(() => coin('z', { baseline: { decayingAverage: true } }))];
    // About 50² against the variance of the reward, some 1.
    expect(without / withAverage).toBeGreaterThan(50);
  });

  test('a decaying average is for eager steps only', async () => {
    const guide = (): Tensor => coin('z', { baseline: { decayingAverage: true } });
    const given = handlers.substitute({ data: { z: 1 } });
    const loss = new infer.TraceGraphELBO();
    // Compiled steps record this function.
    const record = (): unknown => given.run(() => traceGraph(() => loss.differentiableLoss(model, guide, []), { inputs: [] }));
    lossAt(loss, model, guide, 1);
    expect(record).toThrow(infer.NotTraceable);
    expect(record).toThrow(/site "z": its decaying average.*engine: 'eager'/);
    const svi = new infer.SVI<[]>({ model, guide, optim: optim.adam(), loss: new infer.TraceGraphELBO({ engine: 'eager' }) });
    await svi.step();
    await expectNoLeak(() => svi.step());
    expect(getParamStore().has('__baseline_avg_z')).toBe(true);
  });

  test('no tensors are left', () => {
    const network = (x: Tensor): Tensor => tf.mul(param('weight', tf.scalar(1)), x);
    const guide = (): Tensor => coin('z', { baseline: { decayingAverage: true, network, networkInput: tf.scalar(2) } });
    const loss = new infer.TraceGraphELBO({ numParticles: 2 });
    estimate(loss, model, guide, 1);
    expectNoLeak(() => estimate(loss, model, guide, 1));
    expectNoLeak(() => lossAt(loss, model, guide, 1));
  });

  test.each<[string, () => unknown, RegExp]>([
    ['unknown', () => ({ average: true }), /site "z": baseline: unknown option "average"/],
    ['a value of the wrong kind', () => ({ value: [1] }), /site "z": baseline: value must be a number or a tensor, got object/],
    ['a value of the wrong shape', () => ({ value: tf.tensor1d([1, 2]) }), /site "z": its baseline has shape \[2\], but its reward \[\]; a baseline has one value for each element/],
    ['a network without input', () => ({ network: () => tf.scalar(1) }), /site "z": baseline: network and networkInput belong together/],
    ['a network and a value', () => ({ network: () => tf.scalar(1), networkInput: tf.scalar(1), value: 1 }), /site "z": baseline: give a value or a network, not both/],
    ['no function', () => ({ network: 1, networkInput: tf.scalar(1) }), /network must be a function/],
    ['no tensor', () => ({ network: () => tf.scalar(1), networkInput: 1 }), /networkInput must be a tensor/],
    ['beta out of range', () => ({ decayingAverage: { beta: 1 } }), /site "z": baseline: beta must lie in \[0, 1\), got 1/],
    ['misspelt beta', () => ({ decayingAverage: { bata: 1 } }), /baseline\.decayingAverage: unknown option "bata"\. Did you mean "beta"/],
  ])('%s is refused', (_, baseline, message) => {
    const guide = (): Tensor => coin('z', { baseline: baseline() });
    expect(() => drawn(guide, 1)).toThrow(message);
  });

  test('an average of another shape says what to do', () => {
    let size = 2;
    const program = (guide: boolean) => (): unknown =>
      plate('data', size, () => sample('z', dist.bernoulli({ probs: 0.4 }), guide ? { infer: { baseline: { decayingAverage: true } } } : {}));
    estimate(new infer.TraceGraphELBO(), program(false), program(true), 1);
    size = 3;
    expect(() => estimate(new infer.TraceGraphELBO(), program(false), program(true), 1)).toThrow(
      /site "z": its decaying average has shape \[2\], but the plates around it now have \[3\]; delete "__baseline_avg_z"/,
    );
  });
});
