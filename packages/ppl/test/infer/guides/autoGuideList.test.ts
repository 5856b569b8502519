/** @file Guides made of guides. */
import * as tf from '@tensorflow/tfjs-core';
import type { Tensor } from '@tensorflow/tfjs-core';
import { constraints, dist, getParamStore, guides, handlers, infer, optim, param, plate, ready, sample, setSeed } from '@tychejs/ppl';
import { expectNoLeak } from '../../helpers/leak.ts';
import { lossAt, paramValue } from '../svi/helpers.ts';
import { factor, linearModel, linearPosterior, numbers } from './flatGuides.ts';

jest.setTimeout(60_000);

beforeAll(() => ready({ backend: 'cpu' }));
beforeEach(() => {
  getParamStore().clear();
  setSeed(5);
});

/** A model with an argument, a discrete site, and a plate. */
const model = (x: Tensor): void => {
  const s = sample('s', dist.gamma(2, 1));
  const w = sample('w', dist.normal([0, 0], 1).toEvent(1));
  const k = sample('k', dist.bernoulli({ probs: 0.5 }));
  plate('data', 3, () => sample('x', dist.normal(tf.add(tf.sum(w), k), s), { obs: x }));
};

const coin = (): void => {
  const logits = param('logits', tf.scalar(0));
  sample('k', dist.bernoulli({ logits }));
};

function listOf(): guides.AutoGuideList<[Tensor]> {
  return new guides.AutoGuideList(model)
    .append(new guides.AutoMultivariateNormal(handlers.block(model, { expose: ['w'] })))
    .append(new guides.AutoDelta(handlers.block(model, { expose: ['s'] })))
    .append(coin);
}

test('samples what its parts sample, and knows what they know', async () => {
  const guide = listOf();
  const x = tf.tensor1d([1, 2, 3]);
  tf.dispose(guide(x));
  expectNoLeak(() => {
    for (const values of [guide(x), guide.samplePosterior(x), guide.samplePosterior()]) {
      expect(Object.entries(values).map(([name, value]) => [name, value.shape])).toEqual([['w', [2]], ['s', []], ['k', []]]);
      tf.dispose(values);
    }
  });
  expect(getParamStore().names()).toEqual(['AutoMultivariateNormal.loc', 'AutoMultivariateNormal.scale', 'AutoMultivariateNormal.scaleTril', 'AutoDelta.s', 'logits']);
  expect(() => guide.median()).toThrow(/guides\.AutoCallable: nobody knows the medians of a function.*\{ median \}/);
  expect(() => expectNoLeak(() => guide.quantiles([0.5]))).toThrow(/part 2, AutoCallable, does not know its quantiles/);
  const svi = new infer.SVI<[Tensor]>({ model, guide, optim: optim.adam(), loss: new infer.TraceELBO({ engine: 'eager' }) });
  await svi.step(x);
  await expectNoLeak(() => svi.step(x));
  x.dispose();
});

test('medians and quantiles of all parts', () => {
  const continuous = handlers.block(model, { hide: ['k'] });
  const x = tf.tensor1d([1, 2, 3]);
  const guide = new guides.AutoGuideList<[Tensor]>(continuous)
    .append(new guides.AutoNormal(handlers.block(continuous, { expose: ['s'] }), { initLoc: 2 }))
    .append(new guides.AutoGuideList<[Tensor]>(handlers.block(continuous, { expose: ['w'] })).append(new guides.AutoDiagonalNormal(handlers.block(continuous, { expose: ['w'] }), { initLoc: 3 })));
  const median = numbers(guide.median(x));
  expect(median['s']![0]).toBeCloseTo(2, 5);
  expect(median['w']).toEqual([3, 3]);
  const quantiles = numbers(guide.quantiles([0.2, 0.5]));
  expect(quantiles['s']![1]).toBeCloseTo(2, 5);
  expect(quantiles['w']).toHaveLength(4);
  x.dispose();
});

test('a function with medians', () => {
  const one = (): unknown => sample('z', dist.normal(0, 1));
  const guide = new guides.AutoGuideList(one).append(new guides.AutoCallable(one, { median: () => ({ z: tf.scalar(7) }) }));
  expect(numbers(guide.median())).toEqual({ z: [7] });
  expect(numbers(guide())['z']).toHaveLength(1);
  expect(() => new guides.AutoCallable(one, { medians: 1 } as object)).toThrow(/unknown option "medians"\. Did you mean "median"/);
});

test('at a posterior that factorises every draw has the evidence; steps are compiled', async () => {
  const { logEvidence, mean, covariance } = linearPosterior();
  // Beside three unknowns that hang together one that does not.
  const both = (): void => {
    linearModel();
    sample('alone', dist.logNormal(0.5, 0.3));
  };
  const guide = new guides.AutoGuideList<[]>(both)
    .append(new guides.AutoMultivariateNormal<[]>(handlers.block(both, { hide: ['alone'] })))
    .append(new guides.AutoNormal<[]>(handlers.block(both, { expose: ['alone'] })));
  const svi = new infer.SVI<[]>({ model: both, guide, optim: optim.adam({ lr: 1e-3 }), loss: new infer.TraceELBO({ engine: 'compiled' }) });
  await svi.step();
  const lower = factor(covariance);
  const store = getParamStore();
  store.set('AutoMultivariateNormal.loc', mean);
  store.set('AutoMultivariateNormal.scale', lower.map((row, i) => row[i]!));
  store.set('AutoMultivariateNormal.scaleTril', [[1, 0], [2, 0], [2, 1]].map(([i, j]) => lower[i!]![j!]! / lower[i!]![i!]!));
  store.set('AutoNormal.locs.alone', 0.5);
  store.set('AutoNormal.scales.alone', 0.3);
  for (let seed = 0; seed < 4; seed++) expect(lossAt(new infer.TraceELBO(), both, guide, seed)).toBeCloseTo(-logEvidence, 3);
});

test('globals that hang together, beside locals in a subsampled plate', async () => {
  const data = [0.1, 0.7, -0.4, 1.2, 0.9, 2];
  const hierarchical = (): void => {
    const w = sample('w', dist.normal([0, 0], 1).toEvent(1));
    plate('items', 6, { subsampleSize: 2 }, (indices) => {
      const z = sample('z', dist.normal(tf.sum(w), 1));
      sample('x', dist.normal(z, 1), { obs: tf.gather(tf.tensor1d(data), indices) });
    });
  };
  const guide = new guides.AutoGuideList<[]>(hierarchical)
    .append(new guides.AutoMultivariateNormal<[]>(handlers.block(hierarchical, { expose: ['w'] })))
    .append(new guides.AutoNormal<[]>(handlers.block(hierarchical, { expose: ['z'] }), { initLoc: 0 }));
  const run = async (engine: 'eager' | 'compiled'): Promise<[number, boolean[]]> => {
    getParamStore().clear();
    setSeed(2);
    const svi = new infer.SVI<[]>({ model: hierarchical, guide, optim: optim.adam(), loss: new infer.TraceELBO({ engine }) });
    const loss = await svi.step();
    return [loss, paramValue('AutoNormal.locs.z').map((loc) => loc !== 0)];
  };
  const [eager, compiled] = [await run('eager'), await run('compiled')];
  expect(compiled[0]).toBeCloseTo(eager[0], 3);
  expect(compiled[1]).toEqual(eager[1]);
  expect(eager[1].filter(Boolean)).toHaveLength(2);
});

describe('complaints', () => {
  const two = (): void => {
    sample('a', dist.normal(0, 1));
    sample('b', dist.normal(0, 1));
  };
  const only = (name: string): (() => void) => handlers.block(two, { expose: [name] });

  test('a site without a guide', () => {
    const guide = new guides.AutoGuideList<[]>(two).append(new guides.AutoNormal<[]>(only('a')));
    for (const run of [() => guide(), () => handlers.trace(guide).getTrace(), () => guide.samplePosterior()]) {
      expect(run).toThrow(/guides\.AutoGuideList: no part samples "b"\. Append a guide for it/);
    }
  });

  test('a site with two guides', () => {
    const guide = new guides.AutoGuideList<[]>(two).append(new guides.AutoNormal<[]>(two)).append(new guides.AutoDelta<[]>(only('a')));
    for (const run of [() => guide(), () => handlers.trace(guide).getTrace()]) {
      expect(run).toThrow(/site "a": guides\.AutoGuideList: parts 0 and 1 both sample it\. Hide it from one of them/);
    }
  });

  test('two guides of one name', () => {
    const guide = new guides.AutoGuideList<[]>(two).append(new guides.AutoDiagonalNormal<[]>(only('a'))).append(new guides.AutoDiagonalNormal<[]>(only('b')));
    expect(() => guide()).toThrow(/site "AutoDiagonalNormal\.latent": .* parts 0 and 1 both sample it\. .*\{ prefix: '\.\.\.' \}/);
    const apart = new guides.AutoGuideList<[]>(two)
      .append(new guides.AutoDiagonalNormal<[]>(only('a')))
      .append(new guides.AutoDiagonalNormal<[]>(only('b'), { prefix: 'other' }));
    expect(Object.keys(numbers(apart()))).toEqual(['a', 'b']);
  });

  test('what is no part', () => {
    const guide = new guides.AutoGuideList<[]>(two);
    expect(() => guide.append(guide)).toThrow(/cannot be a part twice, or of itself/);
    expect(() => guide.append({} as () => void)).toThrow(/a part must be a guide or a function, got object/);
    expect(() => new guides.AutoGuideList({} as () => void)).toThrow(/model must be a function/);
    expect(() => new guides.AutoCallable({} as () => void)).toThrow(/the guide must be a function/);
  });

  test('parameters of a part that nobody sampled from are made only once', () => {
    const scale = (): void => void sample('b', dist.normal(0, param('scale', tf.scalar(2), { constraint: constraints.positive })));
    const guide = new guides.AutoGuideList<[]>(two).append(new guides.AutoNormal<[]>(only('a'))).append(scale);
    expectNoLeak(() => tf.dispose(guide()), 3);
    expectNoLeak(() => tf.dispose(guide()));
  });
});
