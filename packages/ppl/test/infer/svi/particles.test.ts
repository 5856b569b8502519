/** @file Particles that run together against particles that run one by one. */
import * as tf from '@tensorflow/tfjs-core';
import type { Tensor } from '@tensorflow/tfjs-core';
import { constraints, dist, factor, getParamStore, Handler, guides, infer, param, plate, plateLoop, RandomStream, randomStream, ready, sample } from '@tychejs/ppl';
import type { Elbo, ElboOptions } from '../../../src/infer/svi/elbo.ts';
import { normalTensor } from '../../../src/random/tensors.ts';
import type { Message } from '../../../src/runtime/message.ts';
import { expectNoLeak } from '../../helpers/leak.ts';
import { estimate, lossAt } from './helpers.ts';

// Machines under load take several times as long as alone.
jest.setTimeout(60_000);

beforeAll(() => ready({ backend: 'cpu' }));
beforeEach(() => getParamStore().clear());

type Program = () => unknown;

const COUNT = 3;

const LOSSES: Record<string, (options: ElboOptions) => Elbo> = {
  TraceELBO: (options) => new infer.TraceELBO(options),
  'TraceELBO that sticks the landing': (options) => new infer.TraceELBO({ ...options, stickTheLanding: true }),
  TraceMeanFieldELBO: (options) => new infer.TraceMeanFieldELBO(options),
  TraceGraphELBO: (options) => new infer.TraceGraphELBO(options),
  RenyiELBO: (options) => new infer.RenyiELBO({ ...options, alpha: 0.3 }),
  IWAE: (options) => new infer.IWAE(options),
};

/** Answers latent sites with noise that is a function of the site's name and of the particle. */
class SameNoise extends Handler {
  private readonly met = new Map<string, number>();

  override process(message: Message): void {
    if (message.type !== 'sample' || message.isObserved || message.value !== null) return;
    const { name, distribution, plates } = message;
    const shape = [...distribution.batchShape, ...distribution.eventShape];
    const isTogether = plates.some((frame) => frame.name === '_particles');
    const noise = (k: number, own: number[]): Tensor => normalTensor(RandomStream.fromSeed(5).fold(name).fold(k), own);
    let draws: Tensor;
    if (isTogether) {
      draws = tf.reshape(tf.stack(Array.from({ length: COUNT }, (_, k) => noise(k, shape.slice(1)))), shape);
    } else {
      const k = this.met.get(name) ?? 0;
      this.met.set(name, k + 1);
      draws = noise(k, shape);
    }
    if (distribution.isDiscrete) message.value = tf.cast(tf.less(draws, 0.2), 'float32');
    else message.value = tf.add(distribution.mean, tf.mul(tf.sqrt(distribution.variance), draws));
  }
}

const positive = (name: string, value: number[]): Tensor => param(name, tf.tensor(value), { constraint: constraints.positive });

const PAIRS: Record<string, { model: Program; guide: Program; isDiscrete?: boolean }> = {
  'a site outside of plates, two of them, with an event, in a loop': {
    model: () => {
      const mu = sample('mu', dist.normal(0, 2));
      const w = sample('w', dist.normal(tf.zeros([2]), 1).toEvent(1));
      const u = plateLoop('loop', 2, (i) => sample(`u${i}`, dist.normal(mu, 1)));
      plate('groups', 2, () =>
        plate('data', 3, () => {
          const z = sample('z', dist.normal(tf.add(mu, tf.sum(w, -1)), 0.7));
          sample('x', dist.normal(tf.add(z, tf.addN(u)), 0.5), { obs: tf.tensor2d([0.1, 0.4, -1, 2, 0, 0.3], [3, 2]) });
        }),
      );
    },
    guide: () => {
      sample('mu', dist.normal(param('muLoc', tf.scalar(0.3)), tf.reshape(positive('muScale', [0.5]), [])));
      sample('w', dist.normal(param('wLoc', tf.tensor1d([0.1, -0.4])), positive('wScale', [0.5, 1.5])).toEvent(1));
      plateLoop('loop', 2, (i) => sample(`u${i}`, dist.normal(param(`uLoc${i}`, tf.scalar(0.3 - i)), 0.4)));
      plate('groups', 2, () => plate('data', 3, () => sample('z', dist.normal(param('zLoc', tf.tensor2d([0, 1, 0, 2, 1, 0], [3, 2])), 0.6))));
    },
  },
  'all in one plate, a subsample of it': {
    model: () =>
      plate('data', 5, { subsample: [1, 4] }, (indices) => {
        const z = sample('z', dist.normal(0, 1));
        sample('x', dist.normal(z, 0.5), { obs: tf.gather(tf.tensor1d([0, 1, 2, 3, 4]), indices) });
      }),
    guide: () =>
      plate('data', 5, { subsample: [1, 4] }, () =>
        sample('z', dist.normal(param('loc', tf.tensor1d([0, 0.5, 1, 1.5, 2]), { eventDim: 0 }), tf.reshape(positive('scale', [0.5]), []))),
      ),
  },
  'discrete sites': {
    model: () => {
      const s = sample('s', dist.bernoulli({ probs: 0.4 }));
      plate('data', 2, () => {
        const z = sample('z', dist.bernoulli({ logits: tf.sub(s, 0.3) }));
        sample('x', dist.normal(tf.add(tf.mul(z, 2), s), 1), { obs: [0.4, -1.2] });
      });
      factor('bonus', tf.mul(s, 0.3));
    },
    guide: () => {
      sample('s', dist.bernoulli({ logits: param('switch', tf.scalar(0.3)) }));
      plate('data', 2, () => sample('z', dist.bernoulli({ logits: param('logits', tf.tensor1d([0.5, -0.1])) })));
    },
    isDiscrete: true,
  },
};

const cases = Object.entries(PAIRS).flatMap(([pair, { isDiscrete = false }]) =>
  Object.keys(LOSSES).filter((loss) => !isDiscrete || !/landing|MeanField/.test(loss)).map((loss) => [loss, pair] as const),
);

test.each(cases)('P30: %s, %s: loss and gradients are the same, given the same noise', (loss, pair) => {
  const { model, guide } = PAIRS[pair]!;
  const [looped, together] = [false, true].map((vectorizeParticles) =>
    new SameNoise().run(() => estimate(LOSSES[loss]!({ numParticles: COUNT, vectorizeParticles }), model, guide, 1)),
  );
  expect(together!.loss).toBeCloseTo(looped!.loss, 4);
  expect(Object.keys(together!.gradients).sort()).toEqual(Object.keys(looped!.gradients).sort());
  for (const [name, gradient] of Object.entries(looped!.gradients)) {
    gradient.forEach((value, i) => expect(Math.abs(together!.gradients[name]![i]! - value)).toBeLessThan(1e-4 * (1 + Math.abs(value))));
  }
});

test('particles that run together have draws of their own', () => {
  const { model, guide } = PAIRS['all in one plate, a subsample of it']!;
  const variance = (numParticles: number): number => {
    const loss = new infer.TraceELBO({ numParticles, vectorizeParticles: true });
    const losses = Array.from({ length: 100 }, (_, seed) => lossAt(loss, model, guide, seed));
    const mean = losses.reduce((a, b) => a + b, 0) / losses.length;
    return losses.reduce((sum, value) => sum + (value - mean) ** 2, 0) / (losses.length - 1);
  };
  // A ratio of variances of 100 values each; its standard error is about 0.3 of it.
  expect(variance(1) / variance(16)).toBeGreaterThan(16 / 3);
});

test('with an automatic guide, whose parameters are those of one particle', () => {
  const { model } = PAIRS['a site outside of plates, two of them, with an event, in a loop']!;
  const guide = new guides.AutoNormal(model as () => void);
  const loss = new infer.TraceMeanFieldELBO({ numParticles: 4, vectorizeParticles: true });
  const { gradients } = estimate(loss, model, guide, 1);
  expect(gradients['AutoNormal.locs.z']).toHaveLength(6);
  expect(gradients['AutoNormal.locs.mu']).toHaveLength(1);
  expectNoLeak(() => estimate(loss, model, guide, 2));
  expectNoLeak(() => lossAt(loss, model, guide, 2));
});

describe('how often they run', () => {
  const counted = (): { runs: () => number; model: Program; guide: Program } => {
    let runs = 0;
    return {
      runs: () => runs,
      model: () => (runs++, sample('z', dist.normal(0, 1))),
      guide: () => sample('z', dist.normal(param('loc', tf.scalar(1)), 1)),
    };
  };

  test('once a step, but for the first', () => {
    const { runs, model, guide } = counted();
    const loss = new infer.TraceELBO({ numParticles: 5, vectorizeParticles: true });
    lossAt(loss, model, guide, 1);
    const first = runs();
    lossAt(loss, model, guide, 2);
    estimate(loss, model, guide, 3);
    expect([first, runs() - first]).toEqual([3, 2]);
  });

  test('of one particle there is nothing to run together', () => {
    const { runs, model, guide } = counted();
    lossAt(new infer.TraceELBO({ vectorizeParticles: true }), model, guide, 1);
    expect(runs()).toBe(1);
  });
});

test('there may come to be more batch dimensions', () => {
  let depth = 1;
  const program = (leaf: () => unknown) => (): unknown => (depth === 1 ? plate('a', 2, leaf) : plate('a', 2, () => plate('b', 3, leaf)));
  const model = program(() => sample('z', dist.normal(0, 1)));
  const guide = program(() => sample('z', dist.normal(param('loc', tf.scalar(1)), 1)));
  const loss = new infer.TraceMeanFieldELBO({ numParticles: 4, vectorizeParticles: true });
  // KL(N(1, 1) ‖ N(0, 1)) = 1/2 for each element.
  expect(lossAt(loss, model, guide, 1)).toBeCloseTo(1, 5);
  depth = 2;
  expect(lossAt(loss, model, guide, 1)).toBeCloseTo(3, 5);
  depth = 1;
  expect(lossAt(loss, model, guide, 1)).toBeCloseTo(1, 5);
});

test('randomness of the program itself is not taken for a mistake', () => {
  const guide = (): Tensor => sample('z', dist.normal(param('loc', tf.scalar(1)), 1));
  const model = (): void => {
    const z = sample('z', dist.normal(0, 1));
    const noise = dist.normal(0, 1).expand(z.shape).sample([], randomStream('noise'));
    sample('x', dist.normal(tf.add(z, noise), 1), { obs: 1 });
  };
  expect(Number.isFinite(lossAt(new infer.TraceELBO({ numParticles: 4, vectorizeParticles: true }), model, guide, 1))).toBe(true);
});

describe('what does not broadcast is refused', () => {
  const guide = (): void => {
    sample('z', dist.normal(tf.zeros([4]), 1).toEvent(1));
  };
  const latent = (): Tensor => sample('z', dist.normal(tf.zeros([4]), 1).toEvent(1));

  test.each<[string, Program, Program, RegExp]>([
    [
      'a sum over all particles',
      () => sample('x', dist.normal(tf.sum(latent()), 1), { obs: 1 }),
      guide,
      /infer\.TraceELBO: guide and model cannot be run for all 3 particles at once.*dimension -1 .*tf\.sum\(x, -1\).*leave vectorizeParticles out\..*log-density of site "x" is .* with one particle/,
    ],
    [
      'a shape written down',
      () => sample('x', dist.normal(tf.sum(tf.reshape(latent(), [2, 2])), 1), { obs: 1 }),
      guide,
      /cannot be run for all 3 particles at once.*Size\(12\) must match the product of shape 2,2.*z +\[3\] \| \[4\]/s,
    ],
    [
      'dimensions counted from the left',
      () => sample('x', dist.normal(tf.sum(latent(), 0), 1).toEvent(0), { obs: 1 }),
      guide,
      /site "x".*\[4\]/,
    ],
    [
      'a batch dimension that stands elsewhere',
      () => {
        const z = tf.sum(latent(), -1);
        // Of shape [] with one particle, [3, 1] with three of them, which the plate would need at the left of its own dimension.
        const mean = z.rank === 0 ? z : tf.reshape(z, [3, 1, 1]);
        plate('data', 2, () => sample('x', dist.normal(mean, 1), { obs: [1, 2] }));
      },
      guide,
      /site "x" has batch shape \[3, \d, 2\]/,
    ],
  ])('%s', (_, model, own, message) => {
    const loss = new infer.TraceELBO({ numParticles: 3, vectorizeParticles: true });
    expect(() => expectNoLeak(() => lossAt(loss, model, own, 1))).toThrow(message);
    // Again, and not only the first time.
    expect(() => lossAt(loss, model, own, 1)).toThrow(message);
  });

  test('what is wrong with one particle already is said in those words', () => {
    const loss = new infer.TraceELBO({ numParticles: 3, vectorizeParticles: true });
    expect(() => lossAt(loss, () => sample('w', dist.normal(0, 1)), guide, 1)).toThrow(/^the model samples "w", but the guide does not/);
  });
});
