import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import * as tf from '@tensorflow/tfjs-core';
import type { Tensor } from '@tensorflow/tfjs-core';
import { initializers, layers, sequential } from '@tensorflow/tfjs-layers';
import { dist, handlers as effects, optim, ready } from '@tychejs/ppl';
import { DeepEnsemble, likelihoods, priors } from '../../src/index.ts';
import type { DeepEnsembleOptions, MemberEpochReport, Net } from '../../src/index.ts';
import { expectNoLeak } from '../helpers/leak.ts';
import { exactPosterior, line, lineData } from '../helpers/linearRegression.ts';
import { wavy } from '../helpers/nets.ts';

beforeAll(() => ready({ backend: 'cpu' }));

const folder = mkdtempSync(join(tmpdir(), 'ensemble-'));
afterAll(() => rmSync(folder, { recursive: true }));

const seeded = <R>(seed: number, body: () => R): R => effects.seed({ seed }).run(body);
const gaussian = likelihoods.homoskedasticGaussian({ scale: 0.5 });
const values = (tensor: Tensor) => [...tensor.dataSync()];

/** 2-4-outputs, from the member's seed. */
function network({ seed }: { readonly seed: number }, outputs = 1): Net {
  const kernelInitializer = initializers.glorotNormal({ seed });
  return sequential({
    layers: [layers.dense({ units: 4, activation: 'tanh', inputShape: [2], kernelInitializer }), layers.dense({ units: outputs, kernelInitializer })],
  });
}

const make = (options: object = {}) =>
  seeded(7, () => new DeepEnsemble({ net: network, likelihood: gaussian, numMembers: 3, ...options } as DeepEnsembleOptions<{ mean: Tensor; scale: Tensor }>));

/** Lines through the origin with these slopes. */
const slopes = (...each: number[]) =>
  make({
    numMembers: each.length,
    net: ({ index }: { index: number }) => {
      const net = line(1);
      net.setWeights([tf.tensor2d([[each[index]!]])]);
      return net;
    },
  });

describe('predictions', () => {
  test('are the mixture of the members\': its mean, and noise and spread together', () => {
    const ensemble = slopes(1, 2, 6);
    const x = tf.tensor2d([[1], [-2]]);
    const { mean, scale } = expectNoLeak(() => ensemble.predict(x), 2);
    expect(values(mean)).toEqual([3, -6].map((value) => expect.closeTo(value, 5)));
    // Deviations from the mean -2, -1 and 3: variance 14 / 3.
    expect(values(scale)).toEqual([1, 4].map((factor) => expect.closeTo(Math.sqrt(0.25 + (factor * 14) / 3), 5)));
    const single = ensemble.predict(x, { aggregate: false });
    expect(single.mean.arraySync()).toEqual([[[1], [-2]], [[2], [-4]], [[6], [-12]]]);
    expect(ensemble.predict(x, { numSamples: 2, aggregate: false }).mean.arraySync()).toEqual([[[1], [-2]], [[2], [-4]]]);
    const compiled = ensemble.predict(x, { engine: 'compiled' });
    expect(values(compiled.scale)).toEqual(values(scale).map((value) => expect.closeTo(value, 5)));
    const y = tf.tensor2d([[3], [0]]);
    const [deviation] = [Math.sqrt(0.25 + (4 * 14) / 3)];
    const log = (z: number, s: number) => -0.5 * (z / s) ** 2 - Math.log(s) - 0.5 * Math.log(2 * Math.PI);
    const { error, logLikelihood } = expectNoLeak(() => ensemble.evaluate(x, y));
    expect(error).toBeCloseTo(18, 3);
    expect(logLikelihood).toBeCloseTo((log(0, Math.sqrt(0.25 + 14 / 3)) + log(6, deviation)) / 2, 4);
    expect(ensemble.evaluate(x, y, { numSamples: 1 }).error).toBeCloseTo((4 + 4) / 2, 4);
    ensemble.dispose();
  });

  test('of classes are their mean probabilities', () => {
    const ensemble = make({ net: (member: { seed: number }) => network(member, 3), likelihood: likelihoods.categorical() });
    const x = wavy([4, 2]);
    const probabilities = (logits: unknown) => tf.softmax(logits as Tensor).arraySync();
    const each = probabilities(ensemble.predict(x, { aggregate: false })) as number[][][];
    (probabilities(ensemble.predict(x)) as number[][]).forEach((row, i) =>
      row.forEach((p, k) => expect(p).toBeCloseTo((each[0]![i]![k]! + each[1]![i]![k]! + each[2]![i]![k]!) / 3, 5)),
    );
    ensemble.dispose();
  });

  test('more than there are members, and options that are none, are refused', () => {
    const ensemble = slopes(1, 2);
    const x = tf.tensor2d([[1]]);
    expectNoLeak(() => {
      expect(() => ensemble.predict(x, { numSamples: 3 })).toThrow(/ensemble\.predict: numSamples is 3, but there are 2 members/);
      expect(() => ensemble.evaluate(x, x, { numSamples: 3 })).toThrow(RangeError);
      expect(() => ensemble.predict(x, { numSamples: 0 })).toThrow(/positive integer/);
      expect(() => ensemble.predict(x, { draws: 2 } as never)).toThrow(/draws/);
      expect(() => ensemble.evaluate(x, x, { aggregate: false } as never)).toThrow(/aggregate/);
    });
    ensemble.dispose();
  });
});

describe('members', () => {
  test('begin at weights of their own, by the seed in force, and are freed with their networks', () => {
    const start = () => make().members.map(({ paramStore }) => values(paramStore.get('dense1.kernel')));
    const first = start();
    expect(new Set(first.map(String)).size).toBe(3);
    expect(start()).toEqual(first);
    expectNoLeak(() => make().dispose());
  });

  test('that begin alike are refused, and freed', () => {
    const twins = /DeepEnsemble: members 1 and 2 begin with the same weights.*glorotNormal\(\{ seed \}\)/;
    expectNoLeak(() => expect(() => make({ net: () => network({ seed: 1 }) })).toThrow(twins));
    const net = network({ seed: 1 });
    expect(() => make({ net: () => net })).toThrow(twins);
    expect(() => make({ net: () => network({ seed: 1 }), prior: priors.iid(dist.normal(0, 1)) })).toThrow(twins);
  });

  test('are trained each by itself, on an order of its own, to the mode', async () => {
    const data = lineData(30, 0.5);
    const start = ({ index }: { index: number }) => {
      const net = line(3);
      net.setWeights([wavy([3, 1], 10 * index)]);
      return net;
    };
    const ensemble = make({ net: start, prior: priors.iid(dist.normal(0, 1)), numMembers: 2 });
    const reports: MemberEpochReport[] = [];
    const cooling = () => optim.schedule(optim.adam({ lr: 0.1 }), { decaySteps: 300 });
    const { losses } = await seeded(1, () =>
      expectNoLeak(() => ensemble.fit(data, { optim: cooling, epochs: 100, batchSize: 10, onEpoch: (report) => reports.push(report) })),
    );
    expect(losses.map((each) => each.length)).toEqual([100, 100]);
    expect(reports.map(({ member, epoch }) => 100 * member + epoch)).toEqual(Array.from({ length: 200 }, (_, i) => i));
    expect(reports.map(({ loss }) => loss)).toEqual(losses.flat());
    const { mean } = exactPosterior(data, 0.5);
    const found = ensemble.members.map(({ paramStore }) => values(paramStore.get('guide.dense1.kernel')));
    for (const weights of found) weights.forEach((weight, i) => expect(Math.abs(weight - mean[i]!)).toBeLessThan(0.05));
    expect(found[0]).not.toEqual(found[1]);
    ensemble.dispose();
  });

  test('compiled steps are those of eager ones', async () => {
    const data = { x: wavy([20, 2]), y: wavy([20, 1], 99) };
    const [compiled, eager] = await Promise.all(
      (['compiled', 'eager'] as const).map(async (engine) => {
        const ensemble = make({ numMembers: 2 });
        const { losses } = await seeded(3, () => ensemble.fit(data, { optim: () => optim.adam({ lr: 0.01 }), epochs: 4, batchSize: 10, engine }));
        ensemble.dispose();
        return losses;
      }),
    );
    compiled!.flat().forEach((loss, i) => expect(Math.abs(loss / eager!.flat()[i]! - 1)).toBeLessThan(1e-4));
  });

  test('may stop one by one, and all at an abort', async () => {
    const data = { x: wavy([20, 2]), y: wavy([20, 1], 99) };
    const ensemble = make({ numMembers: 2 });
    const options = { optim: () => optim.sgd({ lr: 1e-3 }), epochs: 4 };
    const { losses } = await ensemble.fit(data, { ...options, onEpoch: ({ member, epoch }) => (member === 0 && epoch === 1 ? 'stop' : undefined) });
    expect(losses.map((each) => each.length)).toEqual([2, 4]);
    const controller = new AbortController();
    const seen: number[] = [];
    const onEpoch = ({ member }: MemberEpochReport) => {
      seen.push(member);
      if (member === 1) controller.abort(new Error('enough'));
    };
    await expect(ensemble.fit(data, { ...options, onEpoch, signal: controller.signal })).rejects.toThrow('enough');
    expect(seen).toEqual([0, 0, 0, 0, 1]);
    await expect(ensemble.fit(data, { ...options, optim: optim.adam({ lr: 1 }) as never })).rejects.toThrow(/ensemble\.fit: optim must be a function.*\(\) => optim\.adam/);
    await expect(ensemble.fit(data, { ...options, resume: 'x' } as never)).rejects.toThrow(/resume/);
    ensemble.dispose();
  });
});

test('files: a folder for each member, to the last bit; one that is missing changes nothing', async () => {
  const [ensemble, other] = [make(), seeded(8, () => make({ net: network }))];
  tf.tidy(() => other.members.forEach(({ paramStore }) => paramStore.set('dense2.bias', tf.tensor1d([5]))));
  const x = wavy([4, 2]);
  const predict = (each: typeof ensemble) => values(each.predict(x, { aggregate: false }).mean);
  const path = join(folder, 'ensemble');
  await ensemble.save(path);
  expect(readdirSync(path)).toEqual(['member1of3', 'member2of3', 'member3of3']);
  expect(predict(other)).not.toEqual(predict(ensemble));
  const before = predict(other);
  await expect(slopes(1, 2).load(path)).rejects.toThrow(/member1of2/);
  rmSync(join(path, 'member3of3'), { recursive: true });
  await expect(other.load(path)).rejects.toThrow(/member3of3.*there is no such file/);
  expect(predict(other)).toEqual(before);
  await ensemble.save(path);
  await other.load(path);
  expect(predict(other)).toEqual(predict(ensemble));
  for (const each of [ensemble, other]) each.dispose();
});

test('options that are none are refused', () => {
  expect(() => new DeepEnsemble(undefined as never)).toThrow(/DeepEnsemble: needs options/);
  expect(() => make({ net: network({ seed: 1 }) })).toThrow(/net must be a function that makes a network for each member/);
  expect(() => make({ numMembers: 0 })).toThrow(/numMembers must be a positive integer, got 0/);
  expect(() => make({ guide: null })).toThrow(/guide/);
  expect(() => make({ likelihood: 1 })).toThrow(/likelihood must be one of likelihoods/);
});
