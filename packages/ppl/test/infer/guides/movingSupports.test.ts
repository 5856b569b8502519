/** @file Sites whose supports depend on other sites. */
import * as tf from '@tensorflow/tfjs-core';
import type { Tensor } from '@tensorflow/tfjs-core';
import { constraints, dist, getParamStore, guides, handlers, infer, optim, plate, ready, sample, setSeed } from '@tychejs/ppl';
import { expectNoLeak } from '../../helpers/leak.ts';
import { flatGuides, numbers } from './flatGuides.ts';

jest.setTimeout(60_000);

beforeAll(() => ready({ backend: 'cpu' }));
beforeEach(() => {
  getParamStore().clear();
  setSeed(5);
});

type Model<A extends unknown[]> = (...args: A) => unknown;

const every = {
  ...flatGuides,
  AutoNormal: <A extends unknown[]>(model: Model<A>, options: guides.AutoNormalOptions<A> = {}) => new guides.AutoNormal(model, options),
} as const;
const NAMES = Object.keys(every) as (keyof typeof every)[];

/** b lies between 0 and 1 - a, element by element. `extra` is there to see that the run ends with the last latent site. */
function model(y: Tensor, extra: () => void = () => undefined): void {
  const a = plate('groups', 2, () => sample('a', dist.uniform(0, 1)));
  sample('m', dist.normal(0, 1));
  const b = plate('groups', 2, () => sample('b', dist.uniform(0, tf.sub(1, a))));
  extra();
  plate('groups', 2, () => sample('y', dist.normal(tf.add(a, b), 0.1), { obs: y }));
}

/** The same posterior, with a share in place of b. */
function byShare(y: Tensor): void {
  const a = plate('groups', 2, () => sample('a', dist.uniform(0, 1)));
  sample('m', dist.normal(0, 1));
  const share = plate('groups', 2, () => sample('b', dist.uniform(0, 1)));
  const b = tf.mul(share, tf.sub(1, a));
  plate('groups', 2, () => sample('y', dist.normal(tf.add(a, b), 0.1), { obs: y }));
}

const data = (): Tensor => tf.tensor1d([0.6, 0.8]);

async function losses<A extends unknown[]>(program: Model<A>, guide: Model<A>, args: A, options: ConstructorParameters<typeof infer.TraceELBO>[0] = {}): Promise<number[]> {
  setSeed(3);
  const svi = new infer.SVI<A>({ model: program, guide, optim: optim.adam({ lr: 0.02 }), loss: new infer.TraceELBO(options) });
  const first = [await svi.step(...args), await svi.step(...args)];
  return expectNoLeak(async () => [...first, await svi.step(...args)]);
}

describe.each(NAMES)('%s', (name) => {
  const make = every[name];

  test.each([{}, { stickTheLanding: true }, { vectorizeParticles: true, numParticles: 3 }])('steps with %p are those of a model that says it by shares, eager and compiled', async (options) => {
    const y = data();
    const run = (program: Model<[Tensor]>, engine: 'eager' | 'compiled'): Promise<number[]> => {
      getParamStore().clear();
      // Where shares begin does not depend on a.
      return losses(program, make(program, { initLoc: infer.initToFeasible() }), [y], { ...options, engine });
    };
    const expected = await run(byShare, 'eager');
    for (const engine of ['eager', 'compiled'] as const) {
      const found = await run(model, engine);
      found.forEach((loss, i) => expect(Math.abs(loss - expected[i]!)).toBeLessThan(2e-4 * Math.max(10, Math.abs(expected[i]!))));
    }
    y.dispose();
  });

  test('values lie in the supports that they make, and tensors are freed', () => {
    const y = data();
    const guide = make(model, { initScale: 2 });
    tf.dispose(guide(y));
    expectNoLeak(() => {
      for (let i = 0; i < 20; i++) {
        const { a, b } = numbers(guide(y));
        a!.forEach((value, k) => {
          expect(b![k]).toBeGreaterThan(0);
          expect(b![k]!).toBeLessThan(1 - value);
        });
      }
      for (const values of [guide.median(y), guide.samplePosterior(y)]) {
        expect(Object.entries(values).map(([site, value]) => [site, value.shape])).toEqual([['a', [2]], ['m', []], ['b', [2]]]);
        tf.dispose(values);
      }
      const trace = handlers.trace(() => plate('draws', 5, { dim: -2 }, () => guide(y))).getTrace();
      const { value, logProb } = trace.sampleSite('b');
      expect([value.shape, logProb.shape]).toEqual([[5, 2], [5, 2]]);
      trace.dispose();
    });
    y.dispose();
  });
});

test('the density of values: the images of the vector, with the volumes of their own supports', () => {
  const y = data();
  const guide = new guides.AutoMultivariateNormal(model, { initScale: 0.7 });
  const trace = handlers.trace(guide).getTrace(y);
  const [a, b] = ['a', 'b'].map((name) => [...trace.sampleSite(name).value.dataSync()]) as [number[], number[]];
  const z = [...trace.sampleSite('AutoMultivariateNormal.latent').value.dataSync()]; // a, m, b
  const logistic = (u: number): number => 1 / (1 + Math.exp(-u));
  a.forEach((value, i) => expect(value).toBeCloseTo(logistic(z[i]!), 5));
  b.forEach((value, i) => expect(value).toBeCloseTo((1 - a[i]!) * logistic(z[3 + i]!), 5));
  const log = [...trace.sampleSite('b').unscaledLogProb.dataSync()];
  // db/du = (1 - a) s (1 - s) with s the logistic of u
  log.forEach((density, i) => expect(density).toBeCloseTo(-Math.log((1 - a[i]!) * logistic(z[3 + i]!) * (1 - logistic(z[3 + i]!))), 4));
  trace.dispose();
  const before = tf.memory().numTensors;
  const images = numbers(guide.constrain(tf.tensor2d([z, z.map((u) => -u)]), y));
  expect(tf.memory().numTensors - before).toBe(1); // the vectors given
  b.forEach((value, i) => expect(images['b']![i]).toBeCloseTo(value, 5));
  b.forEach((_, i) => expect(images['b']![2 + i]).toBeCloseTo((1 - logistic(-z[i]!)) * logistic(-z[3 + i]!), 5));
  y.dispose();
});

test('models need not compute with many vectors at once', () => {
  const guide = new guides.AutoDiagonalNormal(() => {
    const a = sample('a', dist.uniform([0, 0], 1).toEvent(1));
    sample('b', dist.uniform(0, tf.sum(a)));
  });
  const { a, b } = numbers(tf.tidy(() => guide.constrain(tf.tensor3d([[[0, 0, 0], [1, -1, 2]]]))));
  const logistic = (u: number): number => 1 / (1 + Math.exp(-u));
  const expected = [0.5, 0.5, logistic(1), logistic(-1)];
  a!.forEach((value, i) => expect(value).toBeCloseTo(expected[i]!, 5));
  b!.forEach((value, i) => expect(value).toBeCloseTo([0.5, logistic(2)][i]!, 5));
});

test('runs of the model and draws for quantiles are not seen outside', () => {
  const guide = new guides.AutoNormal(() => {
    sample('b', dist.uniform(0, sample('a', dist.uniform(0, 1))));
  });
  const guided = handlers.trace(guide).getTrace();
  expect([...guided.nodes.keys()].filter((name) => !name.startsWith('AutoNormal.'))).toEqual(['a', 'b']);
  guided.dispose();
  const trace = handlers.trace(() => guide.quantiles([0.5])).getTrace();
  expect(trace.sampleSites()).toEqual([]);
  trace.dispose();
});

test('the model is run as far as its last latent site', () => {
  const y = data();
  let ends = 0;
  const extra = (): void => void ends++;
  const guide = new guides.AutoNormal(model);
  tf.dispose(guide(y, extra));
  const before = ends;
  tf.dispose([guide(y, extra), guide.median(y, extra)]);
  expect(ends).toBe(before);
  y.dispose();
});

test.each(['AutoNormal', 'AutoDiagonalNormal'] as const)('%s: medians and quantiles', (name) => {
  const guide = every[name]((bound: number) => {
    const a = sample('a', dist.uniform(0, bound));
    // A model may tidy up after itself.
    tf.tidy(() => sample('b', dist.uniform(0, a)).shape);
  }, { initLoc: { a: 1, b: 0.25 }, initScale: 0.8 });
  const { a, b } = numbers(guide.median(2));
  expect([a![0], b![0]]).toEqual([expect.closeTo(1, 5), expect.closeTo(0.25, 5)]);
  const qs = [0.1, 0.5, 0.9];
  tf.dispose(guide(2));
  const quantiles = expectNoLeak(() => numbers(guide.quantiles(qs, 2)));
  expect(numbers(guide.quantiles(qs, 2))).toEqual(quantiles);
  // Many draws of a = 2 σ(x), b = a σ(y - log 3), by the same normals in another way.
  setSeed(8);
  const N = 40_000;
  const [x, z] = [dist.normal(0, 0.8).sample([N]), dist.normal(-Math.log(3), 0.8).sample([N])];
  const logistic = (u: number): number => 1 / (1 + Math.exp(-u));
  const us = z.dataSync();
  const draws = Array.from(x.dataSync(), (u, i) => 2 * logistic(u) * logistic(us[i]!));
  tf.dispose([x, z]);
  qs.forEach((q, i) => {
    expect(quantiles['a']![i]).toBeCloseTo(2 * logistic([-1, 0, 1][i]! * 1.2815516 * 0.8), 4);
    const share = draws.filter((value) => value <= quantiles['b']![i]!).length / N;
    // Of 1,000 draws.
    expect(Math.abs(share - q)).toBeLessThan(4.5 * Math.sqrt((q * (1 - q)) / 1000));
  });
});

test('training leads to the evidence', async () => {
  // a ~ U(0, 1), b ~ U(0, a): with x = 1 observed under Bernoulli(b), p(x) = E b = 1/4.
  const bernoulli = (): void => {
    const a = sample('a', dist.uniform(0, 1));
    sample('x', dist.bernoulli({ probs: sample('b', dist.uniform(0, a)) }), { obs: 1 });
  };
  const guide = new guides.AutoMultivariateNormal(bernoulli);
  const steps = 1500;
  const svi = new infer.SVI<[]>({ model: bernoulli, guide, optim: optim.schedule(optim.adam({ lr: 0.05 }), { decaySteps: steps }), loss: new infer.TraceELBO({ numParticles: 4 }) });
  const { losses: all } = await svi.run({ steps, progressBar: false });
  const last = all.slice(-500);
  const elbo = -last.reduce((sum, loss) => sum + loss, 0) / last.length;
  // Below the evidence, and near it: the posterior is not far from normal in unconstrained space.
  expect(elbo).toBeLessThan(Math.log(1 / 4) + 0.02);
  expect(elbo).toBeGreaterThan(Math.log(1 / 4) - 0.1);
});

test('the Laplace approximation, against that of the model that says it by shares', async () => {
  const y = data();
  const approximate = async (program: Model<[Tensor]>): Promise<{ logEvidence: number; median: Record<string, number[]> }> => {
    getParamStore().clear();
    const guide = new guides.AutoLaplaceApproximation(program);
    const svi = new infer.SVI<[Tensor]>({ model: program, guide, optim: optim.adam({ lr: 0.05 }), loss: new infer.TraceELBO() });
    await svi.run({ steps: 200, args: [y], progressBar: false });
    const normal = await guide.laplaceApproximation(y);
    return { logEvidence: normal.logEvidence, median: numbers(normal.median(y)) };
  };
  const [moving, fixed] = [await approximate(model), await approximate(byShare)];
  expect(moving.logEvidence).toBeCloseTo(fixed.logEvidence, 3);
  moving.median['b']!.forEach((b, i) => expect(b / (1 - moving.median['a']![i]!)).toBeCloseTo(fixed.median['b']![i]!, 3));
  y.dispose();
});

test('begins where the user says, or at a point of the support', () => {
  const chain = (): void => {
    const a = sample('a', dist.uniform(0, 1));
    const b = sample('b', dist.uniform(a, 3));
    sample('c', dist.improperUniform(constraints.greaterThan(b)));
  };
  for (const name of ['AutoNormal', 'AutoMultivariateNormal'] as const) {
    getParamStore().clear();
    const { a, b, c } = numbers(every[name](chain, { initLoc: { a: 0.25, b: 2, c: 7 } }).median());
    [a, b, c].forEach((values, i) => expect(values![0]).toBeCloseTo([0.25, 2, 7][i]!, 4));
    getParamStore().clear();
    const own = numbers(every[name](chain).median());
    expect(own['b']![0]).toBeGreaterThan(own['a']![0]!);
    expect(own['c']![0]).toBeGreaterThan(own['b']![0]!);
    getParamStore().clear();
    expect(() => every[name](chain, { initLoc: { a: 0.5, b: 0.25 } })()).toThrow(/site "b": its initial value must be .*, got \[0\.25\]/);
  }
});

describe('complaints', () => {
  const dependent = (): void => {
    sample('b', dist.uniform(0, sample('a', dist.uniform(0, 1))));
  };

  test('a point in constrained space cannot follow', () => {
    expect(() => new guides.AutoDelta(dependent)()).toThrow(/site "b": its support, .*, depends on other latent sites, .*AutoLaplaceApproximation.*a \* u/);
  });

  test('nor can a part of a list whose supports another part decides', () => {
    const part = handlers.block(dependent, { hide: ['a'] });
    for (const name of NAMES) expect(() => every[name](part)()).toThrow(/site "b": its support, .*, depends on draws that are no latent sites of this guide.*one guide/);
  });

  test('nor plates that subsample', () => {
    const subsampled = (): void => {
      dependent();
      plate('items', 6, { subsampleSize: 2 }, () => sample('z', dist.normal(0, 1)));
    };
    expect(() => new guides.AutoNormal(subsampled)()).toThrow(/site "z": stands in plate "items", which subsamples, and supports in this model depend on other latent sites/);
  });

  test('there is no distribution of such a site alone', () => {
    for (const name of ['AutoNormal', 'AutoDiagonalNormal'] as const) {
      const guide = every[name](dependent);
      tf.dispose(guide());
      expect(() => guide.getDetachedDistributions()).toThrow(/site "b": its support, .*, depends on other latent sites.*leave it out/);
      tf.dispose(guide.getDetachedDistributions(['a']) as unknown as tf.TensorContainer);
    }
  });

  test('arguments are needed each time', () => {
    const guide = new guides.AutoNormal((bounds: number[]) => {
      const a = sample('a', dist.uniform(0, bounds.length));
      sample('b', dist.uniform(0, a));
    });
    tf.dispose(guide([1, 2]));
    expect(() => guide.median()).toThrow(/guides\.AutoNormal: supports depend on other sites, and the model takes 1 argument\(s\); give them here/);
  });

  test('a site that is not met any more', () => {
    const fickle = (both: boolean): void => {
      const a = sample('a', dist.uniform(0, 1));
      if (both) sample('b', dist.uniform(0, a));
    };
    const guide = new guides.AutoDiagonalNormal(fickle);
    tf.dispose(guide(true));
    expect(() => guide(false)).toThrow(/the model has no latent site "b" any more/);
  });
});
