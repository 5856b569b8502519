/** @file Bounds by importance weights: against weights worked out by hand, exact gradients, and the evidence. */
import fc from 'fast-check';
import * as tf from '@tensorflow/tfjs-core';
import type { Tensor } from '@tensorflow/tfjs-core';
import { dist, factor, getParamStore, handlers, Handler, infer, param, plate, ready, sample } from '@tychejs/ppl';
import type { Elbo } from '../../../src/infer/svi/elbo.ts';
import type { Message } from '../../../src/runtime/message.ts';
import { gradient as slopes } from '../../helpers/finiteDifference.ts';
import { expectNoLeak } from '../../helpers/leak.ts';
import { estimate, exactPosterior, expectMean, logNormal, lossAt, normalGuide, normalNormal } from './helpers.ts';

// Machines under load take several times as long as alone.
jest.setTimeout(60_000);

beforeAll(() => ready({ backend: 'cpu' }));
beforeEach(() => getParamStore().clear());

type Program = () => unknown;

/** Gives a site the values in turn, one for each particle. */
class InTurn extends Handler {
  private readonly values: Readonly<Record<string, readonly (number | number[])[]>>;
  private readonly met = new Map<string, number>();

  constructor(values: Readonly<Record<string, readonly (number | number[])[]>>) {
    super();
    this.values = values;
  }

  override process(message: Message): void {
    if (message.type !== 'sample' || message.isObserved || message.value !== null) return;
    const k = this.met.get(message.name) ?? 0;
    this.met.set(message.name, k + 1);
    message.value = tf.tensor(this.values[message.name]![k]!);
  }
}

const logSumExp = (x: readonly number[]): number => {
  const largest = Math.max(...x);
  return largest + Math.log(x.reduce((sum, value) => sum + Math.exp(value - largest), 0));
};
const bound = (logWeights: readonly number[], alpha: number): number =>
  (logSumExp(logWeights.map((w) => (1 - alpha) * w)) - Math.log(logWeights.length)) / (1 - alpha);

const sum = (values: readonly number[]): number => values.reduce((a, b) => a + b, 0);
const mean = (values: readonly number[]): number => sum(values) / values.length;

describe('the weights', () => {
  const data = [0.3, -1, 2, 0.8];
  const locs = [0.1, 0.2, 0.3, 0.4];

  /** Local latent variables, under a common one if asked. */
  const programs = (hasCommon: boolean, subsample: number[]): [Program, Program] => [
    () => {
      const mu = hasCommon ? sample('mu', dist.normal(0, 1)) : 0;
      plate('data', 4, { subsample }, (indices) => {
        const z = sample('z', dist.normal(mu, 1));
        sample('x', dist.normal(z, 0.5), { obs: tf.gather(tf.tensor1d(data), indices) });
      });
    },
    () => {
      if (hasCommon) sample('mu', dist.normal(0.5, 0.7));
      plate('data', 4, { subsample }, () => sample('z', dist.normal(param('locs', tf.tensor1d(locs), { eventDim: 0 }), 0.6)));
    },
  ];
  const z = [[0.2, -0.5], [1, 0.1], [-0.3, 0.4]];
  const mu = [0.1, 0.9, -0.4];
  const local = (value: number, i: number, location: number): number =>
    logNormal(value, location, 1) + logNormal(data[i]!, value, 0.5) - logNormal(value, locs[i]!, 0.6);

  test.each([0, 0.5, 2, -1])('of elements of a plate that all sites stand in add up: alpha = %d', (alpha) => {
    const [model, guide] = programs(false, [1, 3]);
    const { loss } = new InTurn({ z }).run(() => estimate(new infer.RenyiELBO({ alpha, numParticles: 3 }), model, guide, 1));
    // Two of four elements, so that each counts twice.
    const expected = 2 * sum([1, 3].map((i, at) => bound(z.map((draw) => local(draw[at]!, i, 0)), alpha)));
    expect(loss).toBeCloseTo(-expected, 4);
  });

  test.each([0, 0.5, 2, -1])('are those of the whole model if a site stands outside: alpha = %d', (alpha) => {
    const [model, guide] = programs(true, [0, 1, 2, 3]);
    const wide = z.map((draw) => [...draw, ...draw.map((value) => value + 0.1)]);
    const { loss } = new InTurn({ mu, z: wide }).run(() => estimate(new infer.RenyiELBO({ alpha, numParticles: 3 }), model, guide, 1));
    const weights = wide.map((draw, k) => logNormal(mu[k]!, 0, 1) - logNormal(mu[k]!, 0.5, 0.7) + sum(draw.map((value, i) => local(value, i, mu[k]!))));
    expect(loss).toBeCloseTo(-bound(weights, alpha), 4);
  });

  test('are those of the whole model if a factor stands outside, be it the last', () => {
    const [inPlate, guide] = programs(false, [0, 1, 2, 3]);
    const model = (): unknown => [inPlate(), factor('f', 0.7)];
    const wide = z.map((draw) => [...draw, ...draw]);
    const { loss } = new InTurn({ z: wide }).run(() => estimate(new infer.IWAE({ numParticles: 3 }), model, guide, 1));
    expect(loss).toBeCloseTo(-bound(wide.map((draw) => 0.7 + sum(draw.map((value, i) => local(value, i, 0)))), 0), 4);
  });

  test('of a program without sites are one', () => {
    const model = (): Tensor => param('unused', tf.scalar(1));
    expect(lossAt(new infer.IWAE(), model, () => undefined, 1)).toBeCloseTo(0, 6);
  });

  test('of a model that only observes are the evidence', () => {
    expect(lossAt(new infer.IWAE(), () => sample('x', dist.normal(0, 1), { obs: 0.5 }), () => undefined, 1)).toBeCloseTo(-logNormal(0.5, 0, 1), 5);
  });
});

const tenths = (min: number, max: number): fc.Arbitrary<number> => fc.integer({ min: min * 10, max: max * 10 }).map((n) => n / 10);
const problem = { priorMean: 0, priorSd: 2, noise: 1, data: [1, 2.5] };

test('P27: at the exact posterior every set of draws gives the log evidence, whatever the order', () => {
  const { mean: at, sd, logEvidence } = exactPosterior(problem);
  fc.assert(
    fc.property(tenths(-3, 3).filter((alpha) => alpha !== 1), fc.integer({ min: 1, max: 5 }), fc.nat(), (alpha, numParticles, seed) => {
      getParamStore().clear();
      const loss = lossAt(new infer.RenyiELBO({ alpha, numParticles }), normalNormal(problem), normalGuide(at, sd), seed);
      expect(loss).toBeCloseTo(-logEvidence, 3);
    }),
    { numRuns: 20, seed: 1 },
  );
});

describe('P28', () => {
  const { logEvidence, mean: at, sd } = exactPosterior(problem);
  const [model, guide] = [normalNormal(problem), normalGuide(0.2, 1.2)];
  const losses = (loss: Elbo, count: number): number[] =>
    Array.from({ length: count }, (_, seed) => -lossAt(loss, model, guide, seed));
  const standardError = (values: readonly number[]): number =>
    Math.sqrt(sum(values.map((value) => (value - mean(values)) ** 2)) / (values.length - 1) / values.length);

  test('the bound rises with the number of particles, and stays below the evidence', () => {
    const [one, few, many] = [1, 2, 20].map((numParticles) => losses(new infer.IWAE({ numParticles, vectorizeParticles: true }), 300));
    const elbo = logEvidence - (Math.log(sd / 1.2) + (1.2 ** 2 + (0.2 - at) ** 2) / (2 * sd ** 2) - 0.5);
    // With one particle it is the ELBO, which is known exactly.
    expectMean(one!, elbo);
    const above = (higher: readonly number[], lower: readonly number[]): number =>
      (mean(higher) - mean(lower)) / Math.hypot(standardError(higher), standardError(lower));
    expect(above(few!, one!)).toBeGreaterThan(4.5);
    expect(above(many!, few!)).toBeGreaterThan(4.5);
    expect(mean(many!) - logEvidence).toBeLessThan(4.5 * standardError(many!));
    expect(mean(many!) - logEvidence).toBeGreaterThan(-0.2);
  });

  test('the bound falls as alpha rises, for the same draws, and tends to the ELBO', () => {
    const at = (alpha: number): number => -lossAt(new infer.RenyiELBO({ alpha, numParticles: 5 }), model, guide, 3);
    const elbo = -lossAt(new infer.TraceELBO({ numParticles: 5 }), model, guide, 3);
    const values = [-1, 0, 0.5, 0.9].map(at);
    values.slice(1).forEach((value, i) => expect(value).toBeLessThan(values[i]!));
    expect(values[3]).toBeGreaterThan(elbo);
    // The difference is of first order in 1 - alpha: half the variance of the log weights.
    expect(Math.abs(at(0.999) - elbo)).toBeLessThan(0.02);
    expect(Math.abs(at(1.001) - elbo)).toBeLessThan(0.02);
  });

  test('with one particle it is TraceELBO, gradients and all', () => {
    const [renyi, trace] = [new infer.RenyiELBO({ alpha: 0.4, numParticles: 1 }), new infer.TraceELBO()].map((loss) => estimate(loss, model, guide, 4));
    expect(renyi!.loss).toBeCloseTo(trace!.loss, 4);
    for (const name of ['loc', 'scale']) expect(renyi!.gradients[name]![0]).toBeCloseTo(trace!.gradients[name]![0]!, 3);
  });
});

test.each([0, 0.5, -0.5])('P29: pathwise gradients are those of the bound, for given noise: alpha = %d', (alpha) => {
  const noise = [0.3, -1.1, 0.7];
  const { data } = problem;
  const value = ([loc, logScale]: number[]): number => {
    const scale = Math.exp(logScale!);
    const weights = noise.map((e) => {
      const z = loc! + scale * e;
      return logNormal(z, 0, 2) + sum(data.map((x) => logNormal(x, z, 1))) - logNormal(z, loc!, scale);
    });
    return -bound(weights, alpha);
  };
  class GivenNoise extends Handler {
    private k = 0;

    override process(message: Message): void {
      if (message.type !== 'sample' || message.isObserved || message.value !== null) return;
      const { mean: location, variance } = message.distribution;
      message.value = tf.add(location, tf.mul(tf.sqrt(variance), noise[this.k++]!));
    }
  }
  const { loss, gradients } = new GivenNoise().run(() =>
    estimate(new infer.RenyiELBO({ alpha, numParticles: 3 }), normalNormal(problem), normalGuide(0.5, 0.7), 1),
  );
  const start = [0.5, Math.log(0.7)];
  expect(loss).toBeCloseTo(value(start), 4);
  const expected = slopes(value, start);
  expect(gradients['loc']![0]).toBeCloseTo(expected[0]!, 3);
  expect(gradients['scale']![0]).toBeCloseTo(expected[1]!, 3);
});

describe('draws that are not reparameterised', () => {
  const sigmoid = (x: number): number => 1 / (1 + Math.exp(-x));
  const logBernoulli = (x: number, probability: number): number => Math.log(x === 1 ? probability : 1 - probability);
  const data = [0.4, -1.2];
  const start = [0.3, -0.5, 0.8];

  /** A coin outside of the plate or none, and two in it. */
  const programs = (hasOuter: boolean): [Program, Program] => [
    () => {
      const s = hasOuter ? sample('s', dist.bernoulli({ probs: 0.4 })) : 0;
      plate('data', 2, () => {
        const z = sample('z', dist.bernoulli({ probs: 0.3 }));
        sample('x', dist.normal(tf.add(tf.mul(z, 2), s), 1), { obs: data });
      });
    },
    () => {
      if (hasOuter) sample('s', dist.bernoulli({ logits: param('s.logit', tf.scalar(start[0]!)) }));
      plate('data', 2, () => sample('z', dist.bernoulli({ logits: param('z.logits', tf.tensor1d(start.slice(1))) })));
    },
  ];

  const outcomes = (hasOuter: boolean): number[][] =>
    (hasOuter ? [0, 1] : [0]).flatMap((s) => [0, 1].flatMap((a) => [0, 1].map((b) => [s, a, b])));
  const logQ = ([s, a, b]: readonly number[], at: readonly number[], hasOuter: boolean): number =>
    (hasOuter ? logBernoulli(s!, sigmoid(at[0]!)) : 0) + logBernoulli(a!, sigmoid(at[1]!)) + logBernoulli(b!, sigmoid(at[2]!));

  /** The expected loss as a function of the logits, by all outcomes of both particles. */
  const exact = (hasOuter: boolean, alpha: number) => (at: number[]): number => {
    const weightsOf = ([s, ...z]: readonly number[]): number[] => {
      const elements = z.map((value, i) => logBernoulli(value, 0.3) + logNormal(data[i]!, 2 * value + s!, 1) - logBernoulli(value, sigmoid(at[1 + i]!)));
      return hasOuter ? [sum(elements) + logBernoulli(s!, 0.4) - logBernoulli(s!, sigmoid(at[0]!))] : elements;
    };
    let total = 0;
    for (const one of outcomes(hasOuter)) {
      for (const other of outcomes(hasOuter)) {
        const [a, b] = [weightsOf(one), weightsOf(other)];
        total -= Math.exp(logQ(one, at, hasOuter) + logQ(other, at, hasOuter)) * sum(a.map((weight, i) => bound([weight, b[i]!], alpha)));
      }
    }
    return total;
  };

  test.each([[true, 0], [false, 0.5]])('loss and gradients are right in expectation (coin outside of the plate: %s, alpha = %d)', (hasOuter, alpha) => {
    const [model, guide] = programs(hasOuter);
    const total = [0, 0, 0, 0];
    for (const one of outcomes(hasOuter)) {
      for (const other of outcomes(hasOuter)) {
        const given = new InTurn({ s: [one[0]!, other[0]!], z: [one.slice(1), other.slice(1)] });
        const { loss, gradients } = given.run(() => estimate(new infer.RenyiELBO({ alpha }), model, guide, 1));
        const weight = Math.exp(logQ(one, start, hasOuter) + logQ(other, start, hasOuter));
        [loss, ...(gradients['s.logit'] ?? [0]), ...gradients['z.logits']!].forEach((value, i) => (total[i]! += weight * value));
      }
    }
    const at = exact(hasOuter, alpha);
    [at(start), ...slopes(at, start)].forEach((value, i) => expect(total[i]).toBeCloseTo(value, 4));
  });
});

test('the reward of a draw is the bound less that of the other particles', () => {
  const q = 1 / (1 + Math.exp(-0.4));
  const draws = [1, 0, 1];
  const weights = draws.map((z) => (z === 1 ? Math.log(0.3 / q) : Math.log(0.7 / (1 - q))));
  const whole = bound(weights, 0);
  // By the logit, log q has slope z - q; the bound has it with the shares of the weights.
  const expected = sum(
    draws.map((z, k) => {
      const share = Math.exp(weights[k]! - logSumExp(weights));
      return (share - (whole - bound(weights.filter((_, i) => i !== k), 0))) * (z - q);
    }),
  );
  const model = (): Tensor => sample('z', dist.bernoulli({ probs: 0.3 }));
  const guide = (): Tensor => sample('z', dist.bernoulli({ logits: param('logit', tf.scalar(0.4)) }));
  const { gradients } = new InTurn({ z: draws }).run(() => estimate(new infer.IWAE({ numParticles: 3 }), model, guide, 1));
  expect(gradients['logit']![0]).toBeCloseTo(expected, 5);
});

test('no tensors are left', () => {
  const model = (): Tensor => sample('z', dist.bernoulli({ probs: 0.3 }));
  const guide = (): Tensor => sample('z', dist.bernoulli({ logits: param('logit', tf.scalar(0.4)) }));
  for (const vectorizeParticles of [false, true]) {
    const loss = new infer.IWAE({ numParticles: 3, vectorizeParticles });
    estimate(loss, model, guide, 1);
    expectNoLeak(() => estimate(loss, model, guide, 1));
    expectNoLeak(() => lossAt(loss, model, guide, 1));
  }
});

test('masked sites count for nothing', () => {
  const masked = handlers.mask({ mask: false }).run(() => estimate(new infer.IWAE(), normalNormal(problem), normalGuide(0.5, 0.7), 3));
  expect(masked.loss).toBeCloseTo(0, 6);
});

test.each<[string, () => unknown, RegExp]>([
  ['alpha = 1', () => new infer.RenyiELBO({ alpha: 1 }), /infer\.RenyiELBO: alpha = 1 is the ELBO itself; use infer\.TraceELBO/],
  ['alpha that is no number', () => new infer.RenyiELBO({ alpha: NaN }), /infer\.RenyiELBO: alpha must be a number other than 1, got NaN/],
  ['alpha of IWAE', () => new infer.IWAE({ alpha: 0.5 } as object), /infer\.IWAE: unknown option "alpha"/],
  ['no particles', () => new infer.IWAE({ numParticles: 0 }), /infer\.IWAE: numParticles must be an integer of at least 1/],
])('%s is refused', (_, make, message) => {
  expect(make).toThrow(message);
});

test('there are two particles unless told otherwise', () => {
  expect(new infer.RenyiELBO()).toMatchObject({ numParticles: 2, alpha: 0 });
  expect(new infer.IWAE()).toMatchObject({ numParticles: 2, alpha: 0 });
});
