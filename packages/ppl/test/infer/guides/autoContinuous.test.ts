/** @file What holds of all guides over one vector. */
import * as tf from '@tensorflow/tfjs-core';
import type { Tensor } from '@tensorflow/tfjs-core';
import { deterministic, dist, getParamStore, guides, handlers, infer, optim, plate, plateLoop, ready, sample, setSeed, transforms } from '@tychejs/ppl';
import { expectNoLeak } from '../../helpers/leak.ts';
import { estimate, lossAt, paramValue } from '../svi/helpers.ts';
import { NAMES, NORMALS, factor, flatGuides, inverse, linearModel, linearPosterior, numbers } from './flatGuides.ts';

jest.setTimeout(60_000);

beforeAll(() => ready({ backend: 'cpu' }));
beforeEach(() => {
  getParamStore().clear();
  setSeed(5);
});

type Distribution = dist.Distribution;

/** Sites of every kind. */
function everything(): void {
  sample('real', dist.normal(1, 2));
  plate('rows', 2, { dim: -2 }, () =>
    plate('columns', 3, { dim: -1 }, () => {
      sample('positive', dist.gamma(2, 1));
      sample('simplex', dist.dirichlet([1, 2, 3]));
    }),
  );
  plate('rows', 2, () => sample('vector', dist.normal([0, 0, 1], 1).toEvent(1)));
  sample('correlations', dist.lkjCholesky(3, 2));
  sample('below', dist.transformed(dist.gamma([2, 3], 1), [transforms.affine(3, -1)]).toEvent(1));
  sample('interval', dist.uniform(tf.tensor1d([0, 1]), tf.tensor1d([2, 5])));
  sample('covariance', dist.transformed(dist.lkjCholesky(2, 2), [transforms.gram]));
  plateLoop('loop', 2, (i) => sample(`z${i}`, dist.normal(0, 1)));
  deterministic('d', tf.scalar(1));
  sample('x', dist.normal(0, 1), { obs: 1 });
}
// real 1, positive 6, simplex 12, vector 6, correlations 3, below 2, interval 2, covariance 1, z0 1, z1 1
const DIMENSION = 35;

/** The losses of the first three steps, the last of which leaves no tensors. */
async function steps(model: () => unknown, make: () => () => unknown, options: ConstructorParameters<typeof infer.TraceELBO>[0]): Promise<number[]> {
  getParamStore().clear();
  setSeed(3);
  const svi = new infer.SVI<[]>({ model, guide: make(), optim: optim.adam({ lr: 0.02 }), loss: new infer.TraceELBO(options) });
  const losses = [await svi.step(), await svi.step()];
  return expectNoLeak(async () => [...losses, await svi.step()]);
}

describe.each(NAMES)('%s', (name) => {
  const make = flatGuides[name];

  test('samples every kind of site, with its shapes, in its support, inside of its plates', () => {
    const guide = make(everything);
    const model = handlers.trace(everything).getTrace();
    tf.dispose(guide());
    expectNoLeak(() => {
      const trace = handlers.trace(guide).getTrace();
      expect(trace.sampleSite(`${name}.latent`).value.shape).toEqual([DIMENSION]);
      expect(trace.sampleSite(`${name}.latent`).infer.isAuxiliary).toBe(true);
      expect(trace.stochasticSites().slice(1).map((site) => site.name)).toEqual(model.stochasticSites().map((site) => site.name));
      tf.tidy(() => {
        for (const site of model.stochasticSites()) {
          const own = trace.sampleSite(site.name);
          expect([site.name, own.value.shape]).toEqual([site.name, site.value.shape]);
          expect([...own.distribution.batchShape, '+', ...own.distribution.eventShape]).toEqual([...site.distribution.batchShape, '+', ...site.distribution.eventShape]);
          const plates = site.plates.filter(({ dim }) => dim !== null);
          expect(own.plates).toEqual(plates);
          expect(tf.all(site.distribution.support.check(own.value)).dataSync()[0]).toBe(1);
        }
        for (const values of [guide.median(), guide.samplePosterior(), guide()]) {
          for (const site of model.stochasticSites()) expect(values[site.name]!.shape).toEqual(site.value.shape);
        }
        if (!NORMALS.includes(name)) return; // quantiles by sampling take their time
        const quantiles = guide.quantiles([0.1, 0.5, 0.9]);
        for (const site of model.stochasticSites()) expect(quantiles[site.name]!.shape).toEqual([3, ...site.value.shape]);
      });
      trace.dispose();
    });
    model.dispose();
  });

  test('steps, eager and compiled, agree and leave no tensors', async () => {
    const run = (engine: 'eager' | 'compiled'): Promise<number[]> => steps(everything, () => make(everything), { engine });
    const [eager, compiled] = [await run('eager'), await run('compiled')];
    // Float32, over some fifty terms.
    eager.forEach((loss, i) => expect(Math.abs(compiled[i]! - loss)).toBeLessThan(2e-4 * Math.max(10, Math.abs(loss))));
  });

  test.each([{ stickTheLanding: true }, { vectorizeParticles: true, numParticles: 3 }])('steps with %p, eager and compiled, agree', async (options) => {
    const model = (): void => {
      const s = plate('groups', 2, () => sample('s', dist.gamma(2, 1)));
      const p = sample('p', dist.dirichlet([1, 2, 3]));
      sample('x', dist.normal(tf.sum(p, -1), tf.sum(s, -1, true)), { obs: [1] });
    };
    const run = (engine: 'eager' | 'compiled'): Promise<number[]> => steps(model, () => make(model), { ...options, engine });
    const [eager, compiled] = [await run('eager'), await run('compiled')];
    eager.forEach((loss, i) => expect(Math.abs(compiled[i]! - loss)).toBeLessThan(1e-4 * Math.max(10, Math.abs(loss))));
  });

  test('its log-density is that of the vector less the volume changes, by differences', () => {
    const model = (): void => {
      sample('s', dist.gamma(2, 1));
      sample('p', dist.dirichlet([1, 2]));
      sample('u', dist.uniform(-1, 3));
    };
    const guide = make(model, { initScale: 0.5 });
    const trace = handlers.trace(guide).getTrace();
    const total = trace.logProbSum().dataSync()[0]!;
    const vector = trace.sampleSite(`${name}.latent`);
    const [z, logLatent] = [[...vector.value.dataSync()], vector.unscaledLogProb.dataSync()[0]!];
    trace.dispose();
    const at = (k: number, h: number): Record<string, number[]> => numbers(guide.constrain(tf.tensor1d(z.map((x, i) => (i === k ? x + h : x)))));
    // Each site has one coordinate: of the simplex the first part.
    const slope = (site: string, k: number): number => (at(k, 0.01)[site]![0]! - at(k, -0.01)[site]![0]!) / 0.02;
    const volume = ['s', 'p', 'u'].reduce((sum, site, k) => sum + Math.log(Math.abs(slope(site, k))), 0);
    expect(total).toBeCloseTo(logLatent - volume, 3);
    const posterior = guide.getPosterior();
    expect(tf.tidy(() => posterior.logProb(z).dataSync()[0])).toBeCloseTo(logLatent, 4);
    tf.dispose(posterior as unknown as tf.TensorContainer);
  });

  test('works at once with parameters that were loaded, and then asks for no initial values', () => {
    const model = (x: Tensor): void => {
      const s = sample('s', dist.gamma(2, 1));
      sample('w', dist.normal([0, 0], s).toEvent(1));
      sample('x', dist.normal(0, s), { obs: x });
    };
    const x = tf.scalar(0.5);
    const first = make(model, { initLoc: { s: 3, w: [1, 2] } });
    tf.dispose(first(x));
    getParamStore().set(`${name}.loc`, [0.5, -1, 2]);
    const before = numbers(first.median());
    const state = getParamStore().getState();
    getParamStore().clear();
    getParamStore().setState(state);
    const initLoc = (): Tensor => {
      throw new Error('initial values were asked for');
    };
    const fresh = (): ReturnType<typeof make<[Tensor]>> => make(model, { initLoc });
    expectNoLeak(() => {
      expect(() => fresh().median()).toThrow(/it has not seen the model run yet, and the model takes 1 argument\(s\); give them here/);
      expect(numbers(fresh().median(x))).toEqual(before);
      expect(numbers(fresh().quantiles([0.5], x))['s']![0]).toBeCloseTo(before['s']![0]!, 5);
      expect(numbers(fresh().samplePosterior(x))['w']).toHaveLength(2);
      expect(numbers(fresh()(x))['w']).toHaveLength(2);
    });
    // What the store has lost must begin somewhere.
    const guide = fresh();
    tf.dispose(guide.median(x));
    getParamStore().clear();
    expect(() => guide.median()).toThrow(/its parameters are not in the store, and the model takes 1 argument\(s\)/);
    expect(() => guide.median(x)).toThrow(/initial values were asked for/);
    x.dispose();
  });

  test('many draws in one run, inside of a plate around guide and model', () => {
    const model = (): void => {
      const s = plate('groups', 2, () => sample('s', dist.gamma(2, 1)));
      sample('w', dist.normal([0, 0, 0], 1).toEvent(1));
      deterministic('total', tf.sum(s, -1));
    };
    const guide = make(model);
    tf.dispose(guide());
    const trace = handlers.trace(() => plate('draws', 5, { dim: -2 }, () => guide())).getTrace();
    expect(trace.sampleSite('s').value.shape).toEqual([5, 2]);
    expect(trace.sampleSite('s').logProb.shape).toEqual([5, 2]);
    expect(trace.sampleSite('w').value.shape).toEqual([5, 1, 3]);
    expect(new Set(trace.sampleSite('w').value.dataSync()).size).toBe(15);
    expect(trace.sampleSite(`${name}.latent`).logProb.shape).toEqual([5, 1]);
    trace.dispose();
  });

  test('complaints', () => {
    const one = (distribution: () => Distribution) => () => sample('z', distribution());
    expect(() => make(one(() => dist.bernoulli({ probs: 0.5 })))()).toThrow(/site "z": is discrete \(bernoulli\) and latent.*block/);
    const subsampled = (): unknown => plate('items', 6, { subsampleSize: 2 }, () => sample('z', dist.normal(0, 1)));
    expect(() => make(subsampled)()).toThrow(
      new RegExp(`site "z": stands in plate "items", which subsamples 2 of 6: guides\\.${name} has one distribution .*AutoNormal`),
    );
    expect(() => make(subsampled, { subsample: () => ({}) } as object)).toThrow(/there is no option subsample.*AutoNormal/);
    expect(() => make(one(() => dist.normal(0, 1)), { initScale: 0 })).toThrow(new RegExp(`guides\\.${name}: initScale must be positive, got 0`));
    expect(() => make(one(() => dist.normal(0, 1)), { init_loc: 0 } as object)).toThrow(/unknown option "init_loc"\. Did you mean "initLoc"/);
    expect(getParamStore().names()).toEqual([]);
    tf.dispose(make(one(() => dist.normal([0, 0], 1)))());
    expect(() => make(one(() => dist.normal([0, 0, 0], 1)))()).toThrow(
      new RegExp(`param "${name}\\.[\\w.]+": has shape \\[2.*\\], but needs \\[3.*\\]\\. .*clear it.*prefix`),
    );
    const guide = make(one(() => dist.normal([0, 0, 0], 1)), { prefix: 'other' });
    expect(() => guide.constrain(tf.zeros([2]))).toThrow(/vectors must have shape \[\.\.\., 3\], got \[2\]/);
    const empty = make(() => sample('x', dist.normal(0, 1), { obs: 1 }));
    expect([empty(), empty.median(), empty.quantiles([0.5])]).toEqual([{}, {}, {}]);
    expect(() => empty.getPosterior()).toThrow(/the model has no latent sites/);
  });
});

describe.each(NORMALS)('%s', (name) => {
  const make = flatGuides[name];

  test('begins where initLoc and initScale say', () => {
    const model = (): void => {
      sample('w', dist.normal([0, 0], 1).toEvent(1));
      sample('s', dist.gamma(4, 2));
    };
    const guide = make(model, { initLoc: { w: [1, -2], s: 3 }, initScale: { w: [0.2, 0.3], s: 0.5 } });
    const { w, s } = numbers(guide.median());
    [...w!, ...s!].forEach((value, i) => expect(value).toBeCloseTo([1, -2, 3][i]!, 5));
    const posterior = guide.getPosterior();
    const sd = tf.tidy(() => [...tf.sqrt(posterior.variance).dataSync()]);
    tf.dispose(posterior as unknown as tf.TensorContainer);
    // A factor drawn at random makes it so on average: a chi-squared of 2, halved and shifted, per coordinate.
    if (name === 'AutoLowRankMultivariateNormal') sd.forEach((value, i) => expect(value / [0.2, 0.3, 0.5][i]!).toBeGreaterThan(Math.SQRT1_2));
    else sd.forEach((value, i) => expect(value).toBeCloseTo([0.2, 0.3, 0.5][i]!, 5));
  });

  test('quantiles are those of many draws', () => {
    const model = (): void => {
      sample('w', dist.normal([0, 0], 1).toEvent(1));
      sample('below', dist.transformed(dist.gamma(2, 1), [transforms.affine(3, -1)]));
    };
    const guide = make(model, { initLoc: { w: [1, -2], below: 1 }, initScale: 0.5 });
    tf.dispose(guide());
    if (name === 'AutoMultivariateNormal') getParamStore().set(`${name}.scaleTril`, [0.7, -0.4, 1.2]);
    const qs = [0.1, 0.5, 0.7];
    const quantiles = numbers(guide.quantiles(qs));
    const posterior = guide.getPosterior();
    const N = 20_000;
    const draws = tf.tidy(() => numbers(guide.constrain(posterior.sample([N]))));
    tf.dispose(posterior as unknown as tf.TensorContainer);
    qs.forEach((q, i) => {
      for (const [site, width] of [['w', 2], ['below', 1]] as const) {
        for (let k = 0; k < width; k++) {
          const bound = quantiles[site]![i * width + k]!;
          const share = draws[site]!.filter((value, j) => j % width === k && value <= bound).length / N;
          expect(Math.abs(share - q)).toBeLessThan(4.5 * Math.sqrt((q * (1 - q)) / N));
        }
      }
    });
    expect(() => guide.quantiles([0.5, 0])).toThrow(/quantiles must lie in \(0, 1\), got 0/);
  });
});

describe('exactness', () => {
  const { mean, covariance, logEvidence } = linearPosterior();

  /** Parameters with which a guide is the posterior itself. */
  const exact: Partial<Record<(typeof NAMES)[number], () => void>> = {
    AutoMultivariateNormal: () => {
      const lower = factor(covariance);
      getParamStore().set('AutoMultivariateNormal.scale', lower.map((row, i) => row[i]!));
      getParamStore().set('AutoMultivariateNormal.scaleTril', [lower[1]![0]! / lower[1]![1]!, lower[2]![0]! / lower[2]![2]!, lower[2]![1]! / lower[2]![2]!]);
    },
    AutoLowRankMultivariateNormal: () => {
      // Σ = s² (I + W Wᵀ)
      const s = 0.1;
      const scaled = covariance.map((row, i) => row.map((c, j) => c / s ** 2 - (i === j ? 1 : 0)));
      getParamStore().set('AutoLowRankMultivariateNormal.scale', [s, s, s]);
      getParamStore().set('AutoLowRankMultivariateNormal.covFactor', factor(scaled));
    },
  };
  const guideOf = {
    AutoMultivariateNormal: () => new guides.AutoMultivariateNormal(linearModel),
    AutoLowRankMultivariateNormal: () => new guides.AutoLowRankMultivariateNormal(linearModel, { rank: 3 }),
  };

  test.each(Object.keys(guideOf) as (keyof typeof guideOf)[])('%s: at the posterior, every draw has the evidence for its ELBO', (name) => {
    const guide = guideOf[name]();
    tf.dispose(guide());
    getParamStore().set(`${name}.loc`, mean);
    exact[name]!();
    for (let seed = 0; seed < 5; seed++) {
      expect(lossAt(new infer.TraceELBO(), linearModel, guide, seed)).toBeCloseTo(-logEvidence, 3);
      // And where log q is seen as a function of the draw alone, no gradient is left.
      const { gradients } = estimate(new infer.TraceELBO({ stickTheLanding: true }), linearModel, guide, seed);
      Object.values(gradients).flat().forEach((slope) => expect(Math.abs(slope)).toBeLessThan(1e-3));
    }
    const qs = numbers(guide.quantiles([0.5, 0.8413447460685429]));
    const spread = [qs['a']![2]! - qs['a']![0]!, qs['a']![3]! - qs['a']![1]!, qs['b']![1]! - qs['b']![0]!];
    spread.forEach((sd, i) => expect(sd).toBeCloseTo(Math.sqrt(covariance[i]![i]!), 4));
  });

  test.each(Object.keys(guideOf) as (keyof typeof guideOf)[])('%s: training leads to the posterior', async (name) => {
    const guide = guideOf[name]();
    const steps = 3000;
    const loss = new infer.TraceELBO({ numParticles: 4 });
    await new infer.SVI<[]>({ model: linearModel, guide, optim: optim.schedule(optim.adam({ lr: 0.05, beta2: 0.99 }), { decaySteps: steps }), loss }).run({ steps });
    const posterior = guide.getPosterior() as dist.MultivariateNormal;
    const [loc, spread] = tf.tidy(() => {
      const root = posterior instanceof dist.MultivariateNormal ? posterior.root() : null;
      const low = posterior as unknown as dist.LowRankMultivariateNormal;
      const sigma = root === null ? tf.add(tf.matMul(low.covFactor as Tensor, low.covFactor as Tensor, false, true), tf.diag(low.covDiag as Tensor)) : tf.matMul(root, root, false, true);
      return [[...posterior.mean.dataSync()], sigma.arraySync() as number[][]];
    });
    tf.dispose(posterior as unknown as tf.TensorContainer);
    // A falling rate averages over some quarter of the draws: a relative error of 1 / sqrt(3000), of which 4.5 are allowed.
    const tolerance = 4.5 / Math.sqrt((steps * 4) / 4);
    const sd = covariance.map((row, i) => Math.sqrt(row[i]!));
    loc.forEach((value, i) => expect(Math.abs(value - mean[i]!)).toBeLessThan(tolerance * sd[i]!));
    spread.forEach((row, i) => row.forEach((value, j) => expect(Math.abs(value - covariance[i]![j]!)).toBeLessThan(1.5 * tolerance * sd[i]! * sd[j]!)));
  });

  test('AutoDiagonalNormal leads to the normal of the same precisions', async () => {
    const guide = new guides.AutoDiagonalNormal(linearModel);
    const steps = 2000;
    await new infer.SVI<[]>({ model: linearModel, guide, optim: optim.schedule(optim.adam({ lr: 0.05, beta2: 0.99 }), { decaySteps: steps }), loss: new infer.TraceELBO({ numParticles: 4 }) }).run({ steps });
    const precision = inverse(covariance);
    const tolerance = 4.5 / Math.sqrt(steps);
    paramValue('AutoDiagonalNormal.loc').forEach((value, i) => expect(Math.abs(value - mean[i]!)).toBeLessThan(tolerance * Math.sqrt(covariance[i]![i]!)));
    paramValue('AutoDiagonalNormal.scale').forEach((value, i) => expect(Math.abs(value * Math.sqrt(precision[i]![i]!) - 1)).toBeLessThan(tolerance));
  });
});

test('AutoDiagonalNormal: detached distributions are what AutoNormal has', () => {
  const model = (): void => {
    sample('w', dist.normal([0, 0], 1).toEvent(1));
    sample('s', dist.gamma(2, 1));
  };
  const initLoc = { w: [1, 2], s: 3 };
  const flat = new guides.AutoDiagonalNormal(model, { initLoc });
  const sitewise = new guides.AutoNormal(model, { initLoc });
  tf.dispose([flat(), sitewise()]);
  const before = tf.memory().numTensors;
  const [a, b] = [flat.getDetachedDistributions(), sitewise.getDetachedDistributions()];
  for (const name of ['w', 's']) {
    const kl = dist.klDivergence(a[name]!, b[name]!);
    expect(Math.abs(kl.dataSync()[0]!)).toBeLessThan(1e-6);
    kl.dispose();
  }
  expect(() => flat.getDetachedDistributions(['v'])).toThrow(/"v" is not one of its sites: w, s/);
  tf.dispose([a, b] as unknown as tf.TensorContainer);
  expect(tf.memory().numTensors).toBe(before);
});

test.each(['AutoMultivariateNormal', 'AutoLowRankMultivariateNormal'] as const)('%s: detached distributions are its marginals', (name) => {
  const model = (): void => {
    sample('w', dist.normal(tf.zeros([2, 2]), 1).toEvent(2));
    sample('s', dist.gamma([2, 2], 1).toEvent(1));
  };
  const guide = new guides[name](model, { initLoc: { w: [[1, 2], [3, 4]], s: [3, 1] }, ...(name === 'AutoMultivariateNormal' ? {} : { rank: 3 }) });
  tf.dispose(guide());
  const store = getParamStore();
  if (name === 'AutoMultivariateNormal') store.set(`${name}.scaleTril`, Array.from({ length: 15 }, (_, i) => Math.sin(i)));
  store.set(`${name}.scale`, [0.5, 1, 2, 0.3, 0.8, 1.5]);
  const draws = tf.tidy(() => handlers.seed({ seed: 5 }).run(() => (guide.getPosterior() as dist.Distribution).sample([20_000])));
  const before = tf.memory().numTensors;
  const detached = guide.getDetachedDistributions();
  expect([detached['w']!.eventShape, detached['s']!.eventShape]).toEqual([[2, 2], [2]]);
  // The distribution of one site against draws of the whole vector: mean and covariance in unconstrained space.
  for (const [site, start, size] of [['w', 0, 4], ['s', 4, 2]] as const) {
    const [expected, found] = tf.tidy(() => {
      const own = handlers.seed({ seed: 6 }).run(() => detached[site]!.sample([20_000]));
      const both = [tf.slice(draws, [0, start], [-1, size]), tf.reshape(site === 's' ? tf.log(own) : own, [20_000, size])];
      return both.map((x) => {
        const centred = tf.sub(x, tf.mean(x, 0));
        return tf.concat([tf.expandDims(tf.mean(x, 0), 0), tf.div(tf.matMul(centred as tf.Tensor2D, centred as tf.Tensor2D, true), 20_000)], 0);
      });
    }) as [tf.Tensor2D, tf.Tensor2D];
    const [a, b] = [expected.arraySync(), found.arraySync()];
    const variance = (i: number) => a[i + 1]![i]!;
    a.forEach((row, i) =>
      row.forEach((value, j) => {
        const error = i === 0 ? variance(j) : variance(i - 1) * variance(j) + value ** 2;
        expect(Math.abs(value - b[i]![j]!)).toBeLessThan(4.5 * Math.sqrt((2 * error) / 20_000));
      }),
    );
    tf.dispose([expected, found]);
  }
  tf.dispose(detached as unknown as tf.TensorContainer);
  expect(tf.memory().numTensors).toBe(before);
  draws.dispose();
});

test('AutoLowRankMultivariateNormal: its rank', () => {
  const model = (): unknown => sample('z', dist.normal(tf.zeros([10]), 1));
  tf.dispose(new guides.AutoLowRankMultivariateNormal(model)());
  expect(getParamStore().variable('AutoLowRankMultivariateNormal.covFactor').shape).toEqual([10, 3]);
  expect(() => new guides.AutoLowRankMultivariateNormal(model, { rank: 0 })).toThrow(/rank must be/);
  expect(() => new guides.AutoLowRankMultivariateNormal(model, { rank: 2 })()).toThrow(/covFactor": has shape \[10, 3\], but needs \[10, 2\]\. .*other options/);
});
