/** @file Compiled steps of each objective against eager ones, from the same seed. */
import * as tf from '@tensorflow/tfjs-core';
import type { Tensor } from '@tensorflow/tfjs-core';
import { constraints, dist, getParamStore, handlers, infer, optim, param, plate, ready, sample } from '@tychejs/ppl';
import type { ElboOptions } from '../../../../src/infer/svi/elbo.ts';
import type { Loss } from '../../../../src/infer/svi/loss.ts';
import { lossOf } from '../../../../src/infer/svi/lossOf.ts';

// Machines under load take several times as long as alone.
jest.setTimeout(60_000);

beforeAll(() => ready({ backend: 'cpu' }));
afterAll(() => getParamStore().clear());

const model = (x: Tensor): void => {
  const mu = sample('mu', dist.normal(0, 2));
  plate('data', 3, () => {
    const z = sample('z', dist.normal(mu, 0.7));
    sample('x', dist.normal(z, 0.5), { obs: x });
  });
};

const guide = (_x: Tensor): void => {
  sample('mu', dist.normal(param('mu.loc', tf.scalar(0.3)), param('mu.scale', tf.scalar(0.5), { constraint: constraints.positive })));
  plate('data', 3, () => sample('z', dist.normal(param('z.loc', tf.tensor1d([0, 1, 0.5])), 0.6)));
};

const LOSSES: Record<string, (options: ElboOptions) => Loss> = {
  TraceELBO: (options) => new infer.TraceELBO(options),
  'TraceELBO, two particles': (options) => new infer.TraceELBO({ ...options, numParticles: 2 }),
  'TraceELBO, particles together': (options) => new infer.TraceELBO({ ...options, numParticles: 4, vectorizeParticles: true }),
  'TraceELBO that sticks the landing': (options) => new infer.TraceELBO({ ...options, stickTheLanding: true }),
  TraceMeanFieldELBO: (options) => new infer.TraceMeanFieldELBO(options),
  TraceGraphELBO: (options) => new infer.TraceGraphELBO(options),
  RenyiELBO: (options) => new infer.RenyiELBO({ ...options, alpha: 0.3 }),
  'IWAE, particles together': (options) => new infer.IWAE({ ...options, numParticles: 4, vectorizeParticles: true }),
  'a function': (options) => ({ ...lossOf((p, q, args) => tf.mul(new infer.TraceELBO().differentiableLoss(p, q, args), 0.5)), ...options }),
};

/** The losses of a few steps, compiled and eager. */
async function steps(program: (x: Tensor) => void, own: (x: Tensor) => void, make: (options: ElboOptions) => Loss): Promise<number[][]> {
  const data = tf.tensor1d([0.5, -1, 2]);
  const runs: number[][] = [];
  for (const engine of ['compiled', 'eager'] as const) {
    getParamStore().clear();
    const svi = new infer.SVI<[Tensor]>({ model: program, guide: own, optim: optim.adam({ lr: 0.05 }), loss: make({ engine }) });
    const { losses } = await handlers.seed({ seed: 4 }).run(() => svi.run({ steps: 5, args: [data] }));
    runs.push(losses);
  }
  data.dispose();
  return runs;
}

function expectSame([compiled, eager]: readonly number[][]): void {
  expect(compiled).toHaveLength(5);
  compiled!.forEach((loss, i) => expect(Math.abs(loss - eager![i]!)).toBeLessThan(1e-4 * (1 + Math.abs(eager![i]!))));
}

test.each(Object.keys(LOSSES))('%s', async (name) => {
  expectSame(await steps(model, guide, LOSSES[name]!));
});

describe('draws that are not reparameterised', () => {
  const coins = (x: Tensor): void => {
    const s = sample('s', dist.bernoulli({ probs: 0.4 }));
    plate('data', 3, () => {
      const z = sample('z', dist.bernoulli({ probs: 0.3 }));
      sample('x', dist.normal(tf.add(tf.mul(z, 2), s), 1), { obs: x });
    });
  };
  const posterior = (baseline: (() => object) | null) => (): void => {
    const notes = baseline === null ? {} : { infer: { baseline: baseline() } };
    sample('s', dist.bernoulli({ logits: param('s.logit', tf.scalar(0.3)) }), notes);
    plate('data', 3, () => sample('z', dist.bernoulli({ logits: param('z.logits', tf.tensor1d([0.2, -0.4, 1])) }), notes));
  };
  const network = (): object => ({ network: (x: Tensor) => tf.mul(param('weight', tf.scalar(-1)), x), networkInput: tf.scalar(2) });

  test.each<[string, (options: ElboOptions) => Loss, (() => object) | null]>([
    ['TraceELBO', (options) => new infer.TraceELBO(options), null],
    ['TraceGraphELBO with a number', (options) => new infer.TraceGraphELBO(options), () => ({ value: -5 })],
    ['TraceGraphELBO with a network', (options) => new infer.TraceGraphELBO(options), network],
    ['IWAE', (options) => new infer.IWAE(options), null],
  ])('%s', async (_, make, baseline) => {
    expectSame(await steps(coins, posterior(baseline), make));
  });

  test('with decaying averages steps are eager, after a warning', async () => {
    const warn = jest.spyOn(console, 'warn').mockReturnValue();
    const svi = new infer.SVI<[]>({
      model: () => sample('z', dist.bernoulli({ probs: 0.3 })),
      guide: () => sample('z', dist.bernoulli({ logits: param('logit', tf.scalar(0)) }), { infer: { baseline: { decayingAverage: true } } }),
      optim: optim.adam(),
      loss: new infer.TraceGraphELBO(),
    });
    getParamStore().clear();
    await svi.run({ steps: 3 });
    expect(warn.mock.calls).toEqual([[expect.stringMatching(/eagerly.*site "z": its decaying average changes.*engine: 'eager'/s)]]);
    warn.mockRestore();
  });
});
