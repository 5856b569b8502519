import * as tf from '@tensorflow/tfjs-core';
import type { Tensor } from '@tensorflow/tfjs-core';
import { constraints, dist, getParamStore, guides, handlers, infer, optim, param, plate, ready, sample, setSeed, transforms } from '@tychejs/ppl';
import { ndtri } from '../../../src/ops/scalar/normal.ts';
import { initToMean } from '../../../src/infer/initialisation/index.ts';
import { expectNoLeak } from '../../helpers/leak.ts';
import { paramValue } from '../svi/helpers.ts';

jest.setTimeout(60_000);

beforeAll(() => ready({ backend: 'cpu' }));
beforeEach(() => {
  getParamStore().clear();
  setSeed(5);
});

type Distribution = dist.Distribution;

/** The values of a record of tensors, which are disposed. */
function numbers(values: Record<string, Tensor>): Record<string, number[]> {
  const result = Object.fromEntries(Object.entries(values).map(([name, value]) => [name, [...value.dataSync()]]));
  tf.dispose(values);
  return result;
}

const step = (model: () => unknown, guide: () => unknown): Promise<number> =>
  new infer.SVI<[]>({ model, guide, optim: optim.adam(), loss: new infer.TraceMeanFieldELBO() }).step();

/** A model of one site. */
const one = (distribution: () => Distribution) => () => sample('z', distribution());

describe('every kind of support', () => {
  const table: Record<string, [make: () => Distribution, unconstrained: number[], eventDim: number]> = {
    real: [() => dist.normal(1, 2), [], 0],
    'real array': [() => dist.normal([[1, 2, 3]], 1).toEvent(2), [1, 3], 2],
    'batch of real vectors': [() => dist.normal([[1, 2, 3]], 1).toEvent(1), [1, 3], 1],
    positive: [() => dist.gamma([2, 3], 1), [2], 0],
    'positive vector': [() => dist.halfNormal([1, 2]).toEvent(1), [2], 1],
    'unit interval': [() => dist.beta(2, 2), [], 0],
    interval: [() => dist.uniform(-1, 3), [], 0],
    'interval between tensors': [() => dist.uniform(tf.tensor1d([-1, 5]), tf.tensor1d([3, 6])), [2], 0],
    'below a bound': [() => dist.transformed(dist.gamma(2, 1), [transforms.affine(3, -1)]), [], 0],
    simplex: [() => dist.dirichlet([[1, 2, 3], [2, 2, 2]]), [2, 2], 1],
    'multivariate normal': [() => dist.multivariateNormal([0, 1], { covarianceMatrix: [[2, 0.5], [0.5, 1]] }), [2], 1],
  };

  test.each(Object.entries(table))('%s', async (_, [make, unconstrainedShape]) => {
    const model = one(make);
    const guide = new guides.AutoNormal(model);
    await expectNoLeak(() => step(model, guide), 2);
    await expectNoLeak(() => step(model, guide));
    for (const kind of ['locs', 'scales']) expect(getParamStore().variable(`AutoNormal.${kind}.z`).shape).toEqual(unconstrainedShape);
    expectNoLeak(() =>
      tf.tidy(() => {
        const prior = make();
        const trace = handlers.trace(guide).getTrace();
        const { value, distribution } = trace.nodes.get('z') as { value: Tensor; distribution: Distribution };
        expect(value.shape).toEqual([...prior.batchShape, ...prior.eventShape]);
        expect(distribution.eventShape).toEqual(prior.eventShape);
        expect(prior.support.check(value).dataSync().every(Boolean)).toBe(true);
        for (const values of [guide.median(), guide.samplePosterior()]) expect(values['z']!.shape).toEqual(value.shape);
        expect(guide.quantiles([0.1, 0.5])['z']!.shape).toEqual([2, ...value.shape]);
      }),
    );
  });
});

test('sites are sampled straight from normals, or from normals transformed', () => {
  const guide = new guides.AutoNormal(() => [sample('a', dist.normal([0, 0], 1).toEvent(1)), sample('b', dist.gamma(1, 1))]);
  const trace = handlers.trace(guide).getTrace();
  const distributionOf = (name: string): Distribution => (trace.nodes.get(name) as unknown as { distribution: Distribution }).distribution;
  const [a, b] = [distributionOf('a'), distributionOf('b')];
  expect(a).toBeInstanceOf(dist.Independent);
  expect((a as InstanceType<typeof dist.Independent>).base).toBeInstanceOf(dist.Normal);
  expect(b).toBeInstanceOf(dist.Transformed);
  expect((b as InstanceType<typeof dist.Transformed>).base).toBeInstanceOf(dist.Normal);
  trace.dispose();
});

test('is a function, and an instance of its class', () => {
  const guide = new guides.AutoNormal((x: number) => sample('z', dist.normal(x, 1)));
  expect(typeof guide).toBe('function');
  expect(guide).toBeInstanceOf(guides.AutoNormal);
  expect(guide).toBeInstanceOf(guides.AutoGuide);
  const values = [guide(1), guide.call(null, 1), guide.apply(null, [1])];
  for (const value of values) expect(value['z']!.shape).toEqual([]);
  tf.dispose(values);
});

describe('where it begins', () => {
  const model = (): void => {
    sample('w', dist.normal([1, 2, 9], 1e-6).toEvent(1));
    sample('s', dist.gamma(4, 2));
  };
  const begin = (options: guides.AutoNormalOptions<[]>): Record<string, number[]> => numbers(new guides.AutoNormal(model, options).median());
  const rounded = (values: number[]): number[] => values.map((value) => Number(value.toPrecision(4)));

  test('means', () => {
    expect(rounded(begin({})['w']!)).toEqual([1, 2, 9]); // medians of the prior
    getParamStore().clear();
    expect(rounded(begin({ initLoc: 0.5 })['w']!)).toEqual([0.5, 0.5, 0.5]);
    getParamStore().clear();
    const byName = begin({ initLoc: { s: 7 } });
    expect([rounded(byName['w']!), rounded(byName['s']!)]).toEqual([[1, 2, 9], [7]]);
    getParamStore().clear();
    expect(rounded(begin({ initLoc: initToMean() })['s']!)).toEqual([2]);
    getParamStore().clear();
    expect(rounded(begin({ initLoc: ({ distribution }) => tf.fill([...distribution.batchShape, ...distribution.eventShape], 0.25) })['w']!)).toEqual([0.25, 0.25, 0.25]);
  });

  test.each<[string, guides.InitScale, number[], number]>([
    ['a number', 0.3, [0.3, 0.3, 0.3], 0.3],
    ['by site', { w: [0.2, 0.3, 0.4] }, [0.2, 0.3, 0.4], 0.1],
    ['a function', ({ name, unconstrainedShape }) => (name === 'w' ? unconstrainedShape[0]! / 10 : 0.6), [0.3, 0.3, 0.3], 0.6],
  ])('standard deviations: %s', (_, initScale, w, s) => {
    tf.dispose(new guides.AutoNormal(model, { initScale })());
    expect(rounded(paramValue('AutoNormal.scales.w'))).toEqual(w);
    expect(rounded(paramValue('AutoNormal.scales.s'))).toEqual([s]);
  });

  test.each<[string, guides.AutoNormalOptions<[]>, RegExp]>([
    ['wrong shape', { initLoc: { w: [1, 2] } }, /site "w": its initial value has shape \[2\], but its shape is \[3\]/],
    ['outside of the support', { initLoc: { s: -1 } }, /site "s": its initial value must be .*, got -1/],
    ['strategy of the wrong shape', { initLoc: () => tf.scalar(1) }, /site "w": its initial value has shape \[\], but its shape is \[3\]/],
    ['zero scale', { initScale: 0 }, /guides\.AutoNormal: initScale must be positive, got 0/],
    ['negative scale of a site', { initScale: { s: -1 } }, /param "AutoNormal\.scales\.s": value must be positive/],
    ['negative bound', { maxGuideScale: -1 }, /guides\.AutoNormal: maxGuideScale must be positive, got -1/],
    ['unknown option', { init_scale: 1 } as object, /guides\.AutoNormal: unknown option "init_scale"\. Did you mean "initScale"/],
  ])('%s', (_, options, message) => {
    expectNoLeak(() => {
      expect(() => new guides.AutoNormal(model, options)()).toThrow(message);
      getParamStore().clear();
    });
  });

  test('names that are no sites are warned of, once', () => {
    const warn = jest.spyOn(console, 'warn').mockReturnValue();
    const guide = new guides.AutoNormal(model, { initLoc: { v: 1 }, initScale: { u: 1 } });
    tf.dispose([guide(), guide()]);
    expect(warn.mock.calls.map(([text]: string[]) => text)).toEqual([
      expect.stringMatching(/initLoc has "v", but no such latent site was met/),
      expect.stringMatching(/initScale has "u", but no such latent site was met/),
    ]);
    warn.mockRestore();
  });
});

describe('what is trained', () => {
  const model = one(() => dist.normal([3, 4], 1));
  const after = async (options: guides.AutoNormalOptions<[]>): Promise<number[][]> => {
    const guide = new guides.AutoNormal(model, { initLoc: 0, ...options });
    const svi = new infer.SVI<[]>({ model, guide, optim: optim.adam({ lr: 0.1 }), loss: new infer.TraceMeanFieldELBO() });
    await svi.run({ steps: 40 });
    return [paramValue('AutoNormal.locs.z'), paramValue('AutoNormal.scales.z')];
  };

  test('trainLoc: false', async () => {
    const [locs, scales] = await after({ trainLoc: false });
    expect(locs).toEqual([0, 0]);
    scales!.forEach((scale) => expect(scale).toBeGreaterThan(0.2));
  });

  test('trainScale: false', async () => {
    const [locs, scales] = await after({ trainScale: false, initScale: 0.25 });
    locs!.forEach((loc) => expect(loc).toBeGreaterThan(1));
    scales!.forEach((scale) => expect(scale).toBeCloseTo(0.25, 6));
  });

  test('maxGuideScale bounds the standard deviations, also initial ones', async () => {
    const [, scales] = await after({ maxGuideScale: 0.3, initScale: 2 });
    scales!.forEach((scale) => {
      expect(scale).toBeLessThanOrEqual(0.3);
      expect(scale).toBeGreaterThan(0.28); // they would like to be 1
    });
    getParamStore().clear();
    tf.dispose(new guides.AutoNormal(model, { maxGuideScale: 0.05 })());
    // Off the bound, where it could not move.
    expect(paramValue('AutoNormal.scales.z')[0]).toBeCloseTo(0.0475, 6);
  });
});

describe('summaries', () => {
  test('medians and quantiles are those of the transformed normal', () => {
    const model = (): void => {
      sample('real', dist.normal([0, 0], 1));
      sample('positive', dist.gamma(2, 1));
      sample('below', dist.transformed(dist.gamma(2, 1), [transforms.affine(3, -1)]));
    };
    const guide = new guides.AutoNormal(model, { initLoc: { real: [1, -2], positive: 2, below: 1 }, initScale: 0.5 });
    const qs = [0.05, 0.5, 0.9];
    const [median, quantiles] = [numbers(guide.median()), numbers(guide.quantiles(qs))];
    const expected = (q: number): Record<string, number[]> => ({
      real: [1 + 0.5 * ndtri(q), -2 + 0.5 * ndtri(q)],
      positive: [2 * Math.exp(0.5 * ndtri(q))],
      // 3 - exp(x): what lies below the 5 % quantile of it comes from above the 95 % quantile of x.
      below: [3 - 2 * Math.exp(0.5 * ndtri(1 - q))],
    });
    for (const [name, values] of Object.entries(median)) values.forEach((value, i) => expect(value).toBeCloseTo(expected(0.5)[name]![i]!, 5));
    for (const [name, values] of Object.entries(quantiles)) {
      const flat = qs.flatMap((q) => expected(q)[name]!);
      values.forEach((value, i) => expect(value).toBeCloseTo(flat[i]!, 4));
    }
    expect(() => guide.quantiles(0.5 as never)).toThrow('guides.AutoNormal: quantiles takes an array of probabilities, such as [0.05, 0.5, 0.95]; got 0.5');
    expect(() => guide.quantiles([0.5, 1])).toThrow(/quantiles must lie in \(0, 1\), got 1/);
  });

  test('posterior draws have the moments of the guide', () => {
    const guide = new guides.AutoNormal(one(() => dist.normal(tf.zeros([4000]), 1)), { initLoc: 2, initScale: 0.5 });
    const draws = numbers(guide.samplePosterior())['z']!;
    const mean = draws.reduce((a, b) => a + b, 0) / 4000;
    const variance = draws.reduce((a, b) => a + (b - mean) ** 2, 0) / 4000;
    expect(Math.abs(mean - 2)).toBeLessThan((4.5 * 0.5) / Math.sqrt(4000));
    expect(Math.abs(variance / 0.25 - 1)).toBeLessThan(4.5 * Math.sqrt(2 / 4000));
  });

  test('detached distributions are what the guide believed, and stay so', async () => {
    const model = (): void => {
      sample('w', dist.normal([3, 4], 1).toEvent(1));
      sample('s', dist.gamma(2, 1));
    };
    const guide = new guides.AutoNormal(model);
    await step(model, guide);
    const before = tf.memory().numTensors;
    const detached = guide.getDetachedDistributions();
    const now = guide.getDetachedDistributions(['w']);
    const kl = dist.klDivergence(now['w']!, detached['w']!);
    expect(kl.dataSync()[0]).toBeCloseTo(0, 6);
    const then = detached['w']!.mean.dataSync().slice();
    await step(model, guide);
    expect(detached['w']!.mean.dataSync()).toEqual(then);
    expect(paramValue('AutoNormal.locs.w')).not.toEqual([...then]);
    expect(Object.keys(now)).toEqual(['w']);
    expect(detached['s']).toBeInstanceOf(dist.Transformed);
    expect(() => guide.getDetachedDistributions(['v'])).toThrow(/"v" is not one of its sites: w, s/);
    tf.dispose([detached, now, kl] as unknown as tf.TensorContainer);
    expect(tf.memory().numTensors - before).toBe(2); // the two means read above
  });
});

describe('plates', () => {
  const data = [0.1, 0.7, -0.4, 1.2, 0.9, 2];

  test('parameters cover the plate in full; a step moves those of the elements that it took', async () => {
    const model = (): unknown =>
      plate('items', 6, { subsampleSize: 2 }, (indices) => {
        const z = sample('z', dist.normal([0, 0], 1).toEvent(1));
        sample('x', dist.normal(tf.sum(z, -1), 1), { obs: tf.gather(tf.tensor1d(data), indices) });
      });
    const guide = new guides.AutoNormal(model, { initLoc: 0 });
    await step(model, guide);
    expect(getParamStore().variable('AutoNormal.locs.z').shape).toEqual([6, 2]);
    const moved = paramValue('AutoNormal.locs.z').map((loc) => loc !== 0);
    expect(moved.filter(Boolean)).toHaveLength(4);
    for (let i = 0; i < 6; i++) expect(moved[2 * i]).toBe(moved[2 * i + 1]);
    expect(numbers(guide.median())['z']).toHaveLength(12);
  });

  test('sites of one plate share its elements, also without a handler that remembers them', () => {
    const model = (): unknown => plate('items', 100, { subsampleSize: 3 }, () => [sample('a', dist.normal(0, 1)), sample('b', dist.normal(0, 1))]);
    const locs = Array.from({ length: 100 }, (_, i) => i);
    const guide = new guides.AutoNormal(model, { initLoc: 0, initScale: 1e-6 });
    tf.dispose(guide());
    for (const name of ['a', 'b']) getParamStore().set(`AutoNormal.locs.${name}`, locs);
    const { a, b } = numbers(guide());
    expect(a!.map(Math.round)).toEqual(b!.map(Math.round));
    expect(new Set(a!.map(Math.round)).size).toBe(3);
  });

  test('nested plates, in any order of dimensions', async () => {
    const model = (): unknown =>
      plate('rows', 3, { dim: -1 }, () => {
        sample('r', dist.normal(0, 1));
        plate('columns', 4, { dim: -2, subsampleSize: 2 }, () => sample('c', dist.gamma(2, 1)));
      });
    const guide = new guides.AutoNormal(model);
    await step(model, guide);
    expect(getParamStore().variable('AutoNormal.locs.c').shape).toEqual([4, 3]);
    expect(getParamStore().variable('AutoNormal.locs.r').shape).toEqual([3]);
    expect(numbers(guide())['c']).toHaveLength(6);
  });

  test('elements that the model takes from its arguments', async () => {
    const model = (chosen: number[]): unknown =>
      plate('items', 6, { subsample: chosen }, (indices) => {
        const z = sample('z', dist.normal(0, 1));
        sample('x', dist.normal(z, 1), { obs: tf.gather(tf.tensor1d(data), indices) });
      });
    const guide = new guides.AutoNormal(model, { initLoc: 0, subsample: (chosen) => ({ items: chosen }) });
    const svi = new infer.SVI<[number[]]>({ model, guide, optim: optim.adam(), loss: new infer.TraceELBO() });
    await svi.step([1, 4]);
    expect(paramValue('AutoNormal.locs.z').map((loc) => loc !== 0)).toEqual([false, true, false, false, true, false]);
    // Batches may differ in size.
    await svi.step([0, 2, 3]);
    const without = new guides.AutoNormal(model, { prefix: 'other' });
    const wrong = new infer.SVI<[number[]]>({ model, guide: without, optim: optim.adam(), loss: new infer.TraceELBO() });
    await expect(wrong.step([0, 5])).rejects.toThrow(/plate "items": the model takes elements 0, 5, but the guide .*subsample/);
  });
});

describe('finding the sites', () => {
  test('runs the model three times, leaving no tensors, and not what the guide is traced by', async () => {
    let runs = 0;
    const model = (): void => {
      runs++;
      sample('z', dist.normal(param('prior', tf.scalar(1)), 1));
    };
    const guide = new guides.AutoNormal(model);
    // Three parameters come into being, and the trace holds the values of its three sites.
    const trace = expectNoLeak(() => handlers.trace(guide).getTrace(), 3 + 3);
    expect([...trace.nodes.keys()]).toEqual(['AutoNormal.locs.z', 'AutoNormal.scales.z', 'z']);
    trace.dispose();
    // Once to find the sites, once to find where they begin, and once for the slopes there.
    expect(runs).toBe(3);
    tf.dispose(guide());
    expect(runs).toBe(3);
  });

  test('sees what the scope around it observes', async () => {
    const model = (): void => {
      sample('x', dist.normal(sample('z', dist.normal(0, 1)), 1));
    };
    const guide = new guides.AutoNormal(model);
    await handlers.condition({ data: { x: 3 } }).run(() => step(model, guide));
    expect(getParamStore().names()).toEqual(['AutoNormal.locs.z', 'AutoNormal.scales.z']);
  });

  test.each(['AutoNormal', 'AutoDelta'] as const)('%s works at once with parameters that were loaded, and asks for no initial values', (name) => {
    const model = (x: number): void => {
      const s = sample('s', dist.gamma(2, 1));
      plate('items', 4, { subsampleSize: 2 }, () => sample('z', dist.normal(x, s)));
    };
    tf.dispose(new guides[name](model, { initLoc: { s: 3, z: 2 } })(1));
    const state = getParamStore().getState();
    getParamStore().clear();
    getParamStore().setState(state);
    const initLoc = (): Tensor => {
      throw new Error('initial values were asked for');
    };
    expectNoLeak(() => {
      const fresh = (): guides.AutoNormal<[number]> | guides.AutoDelta<[number]> => new guides[name](model, { initLoc });
      expect(numbers(fresh()(1))['z']).toHaveLength(2);
      expect(numbers(fresh().median(1))['z']).toEqual([2, 2, 2, 2]);
      expect(numbers(fresh().quantiles([0.5], 1))['s']![0]).toBeCloseTo(3, 5);
      expect(numbers(fresh().samplePosterior(1))['s']).toHaveLength(1);
    });
    getParamStore().clear();
    expect(() => new guides[name](model, { initLoc })(1)).toThrow(/initial values were asked for/);
  });

  test('finding the sites minds no nonsense in distributions; where they begin it does', () => {
    // At the origin the scale would be negative.
    const model = (): unknown => sample('x', dist.normal(0, tf.sub(sample('z', dist.normal(5, 1)), 3)), { obs: 1 });
    expect(numbers(new guides.AutoNormal(model, { initLoc: 5 })())['z']).toHaveLength(1);
    getParamStore().clear();
    expect(() => new guides.AutoNormal(model, { initLoc: 1 })()).toThrow(/site "x": normal: scale must be positive, got -2/);
  });

  test('arguments may be left out where the model runs without them', () => {
    const model = (scale?: number): unknown => sample('z', dist.normal([1, 2], scale ?? 1e-6).toEvent(1));
    expect(model.length).toBe(1);
    numbers(new guides.AutoNormal(model).median())['z']!.forEach((z, i) => expect(z).toBeCloseTo([1, 2][i]!, 4));
    const list = new guides.AutoGuideList<[number?]>(model).append(new guides.AutoNormal(model, { prefix: 'part' }));
    expect(numbers(list())['z']).toHaveLength(2);
  });

  test('an observation may not be left out: it would be guided', () => {
    const model = (x: number | null, y?: number | null): void => {
      sample('y', dist.normal(sample('z', dist.normal(0, 1)), x ?? 1), { obs: y ?? null });
    };
    const guide = new guides.AutoNormal(model);
    expect(() => guide(1)).toThrow(/takes 2 argument\(s\); give them here.*Without them: site "y": its observation is null or undefined/);
    expect(Object.keys(numbers(guide(1, 2)))).toEqual(['z']);
    expect(Object.keys(numbers(guide(1)))).toEqual(['z']);
    // Who says that there is none means it.
    expect(Object.keys(numbers(new guides.AutoNormal(model, { prefix: 'other' })(1, null)))).toEqual(['z', 'y']);
  });

  test('needs the arguments of the model before it has seen it run', () => {
    const guide = new guides.AutoNormal((x: number) => sample('z', dist.normal(x, 1)));
    expect(() => guide.median()).toThrow(/guides\.AutoNormal: it has not seen the model run yet, and the model takes 1 argument\(s\); give them here/);
    expect(numbers(guide.median(3))['z']).toHaveLength(1);
    expect(numbers(guide.median())['z']).toHaveLength(1);
  });

  test('a support may depend on data', () => {
    let runs = 0;
    const bounded = new guides.AutoNormal(() => {
      runs++;
      sample('a', dist.uniform(0, 1));
      sample('b', dist.uniform(tf.tensor1d([0, 1]), tf.tensor1d([2, 3])));
    });
    expect(expectNoLeak(() => numbers(bounded()), 4)['b']).toHaveLength(2);
    const before = runs;
    tf.dispose([bounded(), bounded.median()]);
    expect(runs).toBe(before);
  });

  test('the leftovers of another model are noticed', () => {
    tf.dispose(new guides.AutoNormal(one(() => dist.normal([1, 2], 1)))());
    const second = new guides.AutoNormal(one(() => dist.normal([1, 2, 3], 1)));
    expect(() => second()).toThrow(/site "z": the guide's parameter has shape \[2\], but needs \[3\]\. .*clear it.*prefix/);
    const apart = new guides.AutoNormal(one(() => dist.normal([1, 2, 3], 1)), { prefix: 'second' });
    expect(numbers(apart())['z']).toHaveLength(3);
    expect(getParamStore().names()).toContain('second.locs.z');
  });
});

test('a scale parameter is positive', () => {
  tf.dispose(new guides.AutoNormal(one(() => dist.normal(0, 1)))());
  expect(getParamStore().constraint('AutoNormal.scales.z')).toBe(constraints.positive);
});
