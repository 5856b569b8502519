/** Pointwise log-likelihoods, against formulas. */
import * as tf from '@tensorflow/tfjs-core';
import type { Tensor } from '@tensorflow/tfjs-core';
import { deterministic, dist, factor, handlers, infer, plate, ready, sample, setSeed } from '@tychejs/ppl';
import type { PosteriorSamples } from '@tychejs/ppl';
import { pointwiseLogLikelihood } from '../../../src/infer/importance/logLikelihood.ts';
import { expectNoLeak } from '../../helpers/leak.ts';

beforeAll(() => ready({ backend: 'cpu' }));
beforeEach(() => setSeed(1));

const logNormal = (x: number, mean: number, sd: number): number => -0.5 * ((x - mean) / sd) ** 2 - Math.log(sd) - 0.5 * Math.log(2 * Math.PI);

const y = [1.2, -0.4, 3];
const observed = (): void => {
  const mu = sample('mu', dist.normal(0, 10));
  const tau = sample('tau', dist.halfNormal(5));
  deterministic('twice', tf.mul(mu, 2));
  plate('data', 3, () => sample('y', dist.normal(mu, tau), { obs: y }));
};
const mu = [0.5, -1, 2, 7.25];
const tau = [1, 2, 0.5, 3];
const expected = mu.map((m, i) => y.map((value) => logNormal(value, m, tau[i]!)));

async function numbers(result: Promise<Record<string, Tensor>>): Promise<Record<string, { shape: number[]; values: number[] }>> {
  const tensors = await result;
  const plain = Object.fromEntries(Object.entries(tensors).map(([name, t]) => [name, { shape: t.shape, values: [...t.dataSync()] }]));
  tf.dispose(tensors);
  return plain;
}

const close = (values: readonly number[]): unknown[] => values.map((value) => expect.closeTo(value, 4));

describe('of draws', () => {
  const inTensors = (): Record<string, Tensor> => ({ mu: tf.tensor1d(mu), tau: tf.tensor1d(tau) });

  test('given as arrays', async () => {
    const result = await expectNoLeak(() => numbers(infer.logLikelihood(observed, { mu, tau })));
    expect(result).toEqual({ y: { shape: [4, 3], values: close(expected.flat()) } });
  });

  test('given as tensors, which stay', async () => {
    const samples = inTensors();
    const result = await expectNoLeak(() => numbers(infer.logLikelihood(observed, samples)));
    expect(result['y']).toEqual({ shape: [4, 3], values: close(expected.flat()) });
    expect(samples['mu']!.dataSync()).toHaveLength(4);
    tf.dispose(samples);
  });

  test('given as MCMC gives them, by chain', async () => {
    const samples = {
      mu: { data: Float64Array.from(mu), shape: [2, 2] },
      tau: { data: Float64Array.from(tau), shape: [2, 2] },
      twice: { data: Float64Array.from(mu), shape: [2, 2] },
    };
    const result = await numbers(infer.logLikelihood(observed, samples));
    expect(result['y']).toEqual({ shape: [2, 2, 3], values: close(expected.flat()) });
  });
});

test('both engines agree, and the compiled one keeps float64', async () => {
  const samples = { mu, tau };
  const compiled = await pointwiseLogLikelihood('test', observed, samples, [], 'compiled');
  const eager = await expectNoLeak(() => pointwiseLogLikelihood('test', observed, samples, [], 'eager'));
  expected.flat().forEach((value, i) => {
    expect(compiled.get('y')!.data[i]).toBeCloseTo(value, 12);
    expect(eager.get('y')!.data[i]).toBeCloseTo(value, 4);
  });
});

test('several sites, vectors, events, factors, integers, and handlers', async () => {
  const model = (k: number): void => {
    const w = sample('w', dist.dirichlet([1, 1, 1]));
    const n = sample('n', dist.poisson(3));
    plate('rows', 2, () => {
      sample('choice', dist.categorical({ probs: w }), { obs: tf.tensor1d([0, 2], 'int32') });
      handlers.scale({ scale: k }).run(() => sample('pair', dist.normal([[0, 1], [2, 3]], 1).toEvent(1), { obs: [[0, 0], [0, 0]] }));
      handlers.mask({ mask: tf.tensor1d([1, 0], 'bool') }).run(() => sample('count', dist.poisson(tf.add(tf.cast(n, 'float32'), 1)), { obs: [2, 5] }));
    });
    factor('penalty', tf.mul(tf.cast(n, 'float32'), -1));
  };
  const samples = { w: [[0.2, 0.3, 0.5], [0.6, 0.3, 0.1]], n: [3, 0] };
  const result = await expectNoLeak(() => numbers(infer.logLikelihood(model, samples, 2)));
  const pair = [0, 1].map((row) => 2 * (logNormal(0, 2 * row, 1) + logNormal(0, 2 * row + 1, 1)));
  expect(result).toEqual({
    choice: { shape: [2, 2], values: close([0.2, 0.5, 0.6, 0.1].map(Math.log)) },
    pair: { shape: [2, 2], values: close([...pair, ...pair]) },
    count: { shape: [2, 2], values: close([2 * Math.log(4) - 4 - Math.log(2), 0, -1 - Math.log(2), 0]) },
    penalty: { shape: [2], values: close([-3, 0]) },
  });
});

test('a model that cannot be compiled runs eagerly, with a warning', async () => {
  const warning = jest.spyOn(console, 'warn').mockImplementation();
  const model = (): void => {
    const m = sample('mu', dist.normal(0, 1));
    const scale = m.dataSync()[0]! > 0 ? 1 : 2;
    sample('y', dist.normal(m, scale), { obs: 1 });
  };
  const result = await expectNoLeak(() => numbers(infer.logLikelihood(model, { mu: [1, -1] })));
  expect(result['y']!.values).toEqual(close([logNormal(1, 1, 1), logNormal(1, -1, 2)]));
  expect(warning.mock.calls.flat().join()).toMatch(/cannot be compiled/);
  warning.mockRestore();
});

test('names under handlers: what a handler around the call observes needs no draws', async () => {
  const inScope = handlers.scope(observed, { prefix: 'a' });
  const result = await numbers(infer.logLikelihood(inScope, { 'a/mu': mu, 'a/tau': tau }));
  expect(Object.values(result)[0]!.values).toEqual(close(expected.flat()));
  const fixed = handlers.condition({ data: { tau: 2 } }).run(() => numbers(infer.logLikelihood(observed, { mu })));
  const { y: atTwo, tau: ofTau } = await fixed;
  expect(atTwo!.values).toEqual(close(mu.flatMap((m) => y.map((value) => logNormal(value, m, 2)))));
  expect(ofTau!.shape).toEqual([4]);
});

describe('errors', () => {
  const attempt = (samples: PosteriorSamples, model: () => unknown = observed) => () => expectNoLeak(() => infer.logLikelihood(model, samples));

  test('name the site and the shapes', async () => {
    await expect(attempt({ mu })).rejects.toThrow(/site "tau": is latent, but there are no draws of it/);
    await expect(attempt({ mu: [[[1]]], tau })).rejects.toThrow(/site "mu": its shape is \[\], but posteriorSamples has draws of shape \[1, 1, 1\]/);
    await expect(attempt({ mu, tau: [1, 2] })).rejects.toThrow(/site "tau": posteriorSamples has draws \[2\] of it, but \[4\] of other sites/);
    await expect(attempt({})).rejects.toThrow(/no draws/);
    await expect(attempt({ mu: [], tau: [] })).rejects.toThrow(/no draws/);
    await expect(attempt({ mu: [Number.NaN], tau: [1] })).rejects.toThrow(/site "y" \(batch shape \[3\]\): the log-likelihood is NaN in draw 0/);
    await expect(attempt({ mu: { data: new Float64Array(3), shape: [4] } })).rejects.toThrow(/3 numbers for "mu", whose shape is \[4\]/);
  });

  test('of models', async () => {
    await expect(attempt({ mu }, () => sample('mu', dist.normal(0, 1)))).rejects.toThrow('no observed site');
    const part = (): void => {
      const m = sample('mu', dist.normal(0, 1));
      plate('data', 10, { subsampleSize: 2 }, () => sample('y', dist.normal(m, 1), { obs: [1, 2] }));
    };
    await expect(attempt({ mu }, part)).rejects.toThrow(/plate "data": subsamples 2 of 10/);
    await expect(infer.logLikelihood(3 as never, {})).rejects.toThrow('takes a model first');
    await expect(infer.logLikelihood(observed, null as never)).rejects.toThrow('posteriorSamples must be an object');
  });

  test('warns of a name that no site has', async () => {
    const warning = jest.spyOn(console, 'warn').mockImplementation();
    await numbers(infer.logLikelihood(observed, { mu, tau, mum: mu }));
    expect(warning.mock.calls.flat().join()).toMatch(/has "mum".*Did you mean "mu"/);
    warning.mockRestore();
  });
});
