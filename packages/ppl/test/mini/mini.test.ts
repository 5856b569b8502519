/** `mini.ts` by itself, and as the oracle of the real runtime. */
import * as tf from '@tensorflow/tfjs-core';
import type { Tensor } from '@tensorflow/tfjs-core';
import fc from 'fast-check';
import { ready } from '../../src/backend/ready.ts';
import * as handlers from '../../src/handlers/index.ts';
import { traceOf } from '../../src/handlers/trace.ts';
import * as mini from '../../src/mini.ts';
import { getParamStore } from '../../src/params/store.ts';
import { plateLoop } from '../../src/plate.ts';
import { factor, param, sample } from '../../src/primitives.ts';
import { RandomStream } from '../../src/random/stream.ts';
import type { SampleSite } from '../../src/runtime/site.ts';
import type { Trace } from '../../src/runtime/trace.ts';
import type { Family, Language, Model, Place } from '../helpers/models.ts';
import { arbitraryModel, datum, density, distributionOf, initialValue, interpret } from '../helpers/models.ts';
import { expectClose } from '../helpers/traces.ts';

beforeAll(() => ready({ backend: 'cpu' }));
beforeEach(() => mini.params.clear());
afterEach(() => getParamStore().clear());

describe('mini', () => {
  const { bernoulli, normal } = mini;
  const weather = (): number => {
    const cloudy = mini.sample('cloudy', bernoulli(-0.8));
    return mini.sample('temperature', normal(cloudy === 1 ? 13 : 23, cloudy === 1 ? 4 : 5));
  };

  test('distributions: densities integrate to one, draws have their moments', () => {
    let mass = 0;
    for (let x = -20; x < 20; x += 0.01) mass += 0.01 * Math.exp(normal(1, 2).logProb(x));
    expect(mass).toBeCloseTo(1, 6);
    expect(Math.exp(bernoulli(0.7).logProb(0)) + Math.exp(bernoulli(0.7).logProb(1))).toBeCloseTo(1, 12);
    const stream = RandomStream.fromSeed(1);
    const mean = (draw: () => number, n = 20_000): number => Array.from({ length: n }, draw).reduce((a, b) => a + b) / n;
    expect(Math.abs(mean(() => normal(1, 2).draw(stream)) - 1)).toBeLessThan(4.5 * 2 / Math.sqrt(20_000));
    const p = 1 / (1 + Math.exp(0.8));
    expect(Math.abs(mean(() => bernoulli(-0.8).draw(stream)) - p)).toBeLessThan(4.5 * Math.sqrt((p * (1 - p)) / 20_000));
  });

  test('handlers', () => {
    const sites = mini.trace(mini.seed(weather, 1));
    expect([...sites.keys()]).toEqual(['cloudy', 'temperature']);
    expect(mini.trace(mini.replay(weather, sites))).toEqual(expect.any(Map));
    expect(mini.logProbSum(mini.trace(mini.replay(weather, sites)))).toBe(mini.logProbSum(sites));
    const cold = mini.trace(mini.condition(weather, { cloudy: 1, temperature: 9 }));
    expect(cold.get('cloudy')!.isObserved).toBe(true);
    expect(mini.logProbSum(cold)).toBeCloseTo(bernoulli(-0.8).logProb(1) + normal(13, 4).logProb(9), 12);
    expect(mini.logProbSum(mini.trace(mini.scale(mini.condition(weather, { cloudy: 1, temperature: 9 }), 3)))).toBeCloseTo(3 * mini.logProbSum(cold), 12);
    expect([...mini.trace(mini.block(weather, ({ name }) => name === 'cloudy')).keys()]).toEqual(['temperature']);
    expect(mini.trace(mini.block(weather)).size).toBe(0);
    expect(() => mini.trace(() => [weather(), weather()])).toThrow('site "cloudy" is there twice');
    expect(mini.seed(weather, 5)()).toBe(mini.seed(weather, 5)());
    expect(mini.seed(weather, 5)()).not.toBe(mini.seed(weather, 6)());
  });

  test('replay leaves observations alone, and seed counts how often it meets a name', () => {
    const source = mini.trace(mini.condition(weather, { cloudy: 1, temperature: 9 }));
    const observed = (): number => mini.sample('temperature', normal(0, 1), 3);
    expect(mini.replay(observed, source)()).toBe(3);
    const twice = mini.seed(() => [weather(), weather()], 1)();
    expect(twice[0]).not.toBe(twice[1]);
    expect(twice[0]).toBe(mini.seed(weather, 1)());
  });

  test('messages go outwards, and come back inwards', () => {
    const log: string[] = [];
    const probe = (label: string, body: () => unknown): (() => unknown) => () =>
      mini.run({ process: () => void log.push(`${label}>`), postprocess: () => void log.push(`<${label}`) }, body);
    probe('b', probe('a', () => mini.sample('x', normal(0, 1))))();
    expect(log.join(' ')).toBe('a> b> <b <a');
  });

  test('an error leaves no handler in force', () => {
    const failing = mini.scale(() => {
      throw new Error('no');
    }, 100);
    expect(() => mini.trace(failing)).toThrow('no');
    expect(mini.logProbSum(mini.trace(() => mini.sample('x', normal(0, 1), 0)))).toBe(normal(0, 1).logProb(0));
  });

  test('variational inference finds a conjugate posterior', () => {
    // z ~ N(0, 1), x_i ~ N(z, 1): posterior N(Σx / (n+1), 1 / (n+1)).
    const data = [1.5, 0.5, 2.5, 1.0];
    const model = (): void => {
      const z = mini.sample('z', normal(0, 1));
      mini.plate(data.length, (i) => void mini.sample(`x${i}`, normal(z, 1), data[i]!));
    };
    const guide = (): void => void mini.sample('z', normal(mini.param('loc', 0), Math.exp(mini.param('logScale', 0))));
    mini.svi(model, guide, { steps: 300, learningRate: 0.03, seed: 1 });
    const learningRate = 0.0005;
    const bounds = mini.svi(model, guide, { steps: 1500, learningRate, seed: 2 });
    expect(bounds).toHaveLength(1500);
    // Gradients at the optimum have variances 5 and 2, slopes 5 and 2: both parameters hover with variance learningRate / 2.
    const hover = Math.sqrt(learningRate / 2);
    expect(Math.abs(mini.params.get('loc')! - 5.5 / 5)).toBeLessThan(4.5 * hover);
    expect(Math.abs(mini.params.get('logScale')! - 0.5 * Math.log(1 / 5))).toBeLessThan(4.5 * hover);
    // log N(x | 0, I + 11ᵀ): determinant n + 1, quadratic form Σx² - (Σx)² / (n+1).
    const logEvidence = -2 * Math.log(2 * Math.PI) - 0.5 * Math.log(5) - 0.5 * (9.75 - 5.5 ** 2 / 5);
    // At the optimum every bound is the evidence. Off it by δ they vary by 5 · 0.45 · δ: less than 0.04, once averaged.
    const last = bounds.slice(-500);
    expect(Math.abs(last.reduce((a, b) => a + b) / 500 - logEvidence)).toBeLessThan(0.04);
  });

  test('subsampled plates are right on average', () => {
    const total = (chosen: number[]): number => mini.logProbSum(mini.trace(() => mini.plate(3, (i) => void mini.sample(`x${i}`, normal(0, 1), i), chosen)));
    const whole = total([0, 1, 2]);
    expect((total([0]) + total([1]) + total([2])) / 3).toBeCloseTo(whole, 12);
    expect((total([0, 1]) + total([0, 2]) + total([1, 2])) / 3).toBeCloseTo(whole, 12);
  });
});

// --- The oracle: generated models, plates as loops, in both ----------------------------------------------------------

const nameAt = (name: string, path: readonly Place[]): string => [name, ...path.map(({ element }) => element)].join('.');
const elementsOf = (path: readonly Place[]): number[] => path.map(({ element }) => element!);

/** The real primitives, on scalars. */
const real: Language<Tensor | number> = {
  affine: (constant, terms) => terms.reduce<Tensor | number>((sum, [value, times]) => tf.add(sum, tf.mul(value, times)), constant),
  sample: (statement, location, spread, path) => {
    const obs = statement.observed === null ? null : datum(statement, elementsOf(path));
    return sample(nameAt(statement.name, path), distributionOf(statement.family, location, spread), { obs });
  },
  param: (statement, path) => param(nameAt(statement.name, path), initialValue(statement, elementsOf(path))),
  deterministic: () => {},
  factor: ({ name }, penalty, path) => factor(nameAt(name, path), tf.mul(tf.square(penalty), -0.1)),
  plate: ({ name, size, subsampleSize }, body, path) => {
    plateLoop(nameAt(name, path), size, (i) => body(i), { subsample: Array.from({ length: subsampleSize }, (_, i) => (i + 1) % size) });
  },
};

/** The same in mini. */
const small: Language<number> = {
  affine: (constant, terms) => terms.reduce((sum, [value, times]) => sum + value * times, constant),
  sample: (statement, location, spread, path) => {
    const obs = statement.observed === null ? null : datum(statement, elementsOf(path));
    return mini.sample(nameAt(statement.name, path), smallDistribution(statement.family, location, spread), obs);
  },
  param: (statement, path) => mini.param(nameAt(statement.name, path), initialValue(statement, elementsOf(path))),
  deterministic: () => {},
  factor: ({ name }, penalty, path) => {
    mini.sample(nameAt(name, path), { draw: () => 0, logProb: () => -0.1 * penalty ** 2 }, 0);
  },
  plate: ({ size, subsampleSize }, body) => mini.plate(size, (i) => body(i), Array.from({ length: subsampleSize }, (_, i) => (i + 1) % size)),
};

/** Mini's own normal and bernoulli densities, with the library's draws so that equal seeds give equal values. */
function smallDistribution(family: Family, location: number, spread: number): mini.Distribution {
  const draw = (stream: RandomStream): number => tf.tidy(() => distributionOf(family, location, spread).sample([], stream).dataSync()[0]!);
  const width = 0.5 + 1 / (1 + Math.exp(-spread));
  if (family === 'normal') return { ...mini.normal(location, width), draw };
  if (family === 'bernoulli') return { ...mini.bernoulli(location), draw };
  return { draw, logProb: (x) => density(family, location, spread, x) };
}

/** Checks that a real trace and a mini trace say the same. */
function expectSame(trace: Trace, sites: mini.Trace): void {
  const names = [...trace.nodes.values()].filter(({ type }) => type !== 'plate').map(({ name }) => name);
  expect(names).toEqual([...sites.keys()]);
  for (const [name, site] of sites) {
    const actual = trace.nodes.get(name) as SampleSite;
    if (actual.value.size > 0) expectClose(actual.value.dataSync()[0]!, site.value); // a factor has no value
    if (site.distribution === null) continue;
    expect(actual.isObserved).toBe(site.isObserved);
    expectClose(actual.scale as number, site.scale);
    expectClose(actual.logProb.dataSync()[0]!, site.scale * site.distribution.logProb(site.value));
  }
  expectClose(trace.logProbSum().dataSync()[0]!, mini.logProbSum(sites));
}

describe('the real runtime agrees with mini on generated models under', () => {
  type Wrap = (run: () => unknown) => () => unknown;
  const agree = (wrap: (names: string[], model: Model) => { big: Wrap; little: Wrap }): void =>
    fc.assert(
      fc.property(arbitraryModel(), fc.infiniteStream(fc.boolean()), (model, coins) => {
        getParamStore().clear();
        mini.params.clear();
        const [big, little] = [() => interpret(model, real), () => interpret(model, small)];
        tf.tidy(() => {
          const latents = traceOf(big).stochasticSites().map(({ name }) => name);
          const wraps = wrap(latents.filter(() => coins.next().value), model);
          expectSame(traceOf(handlers.seed(wraps.big(big), { seed: 7 })), mini.trace(mini.seed(wraps.little(little), 7)));
        });
      }),
      { seed: 6, numRuns: 20 },
    );
  const same = (wrap: Wrap): { big: Wrap; little: Wrap } => ({ big: wrap, little: wrap });

  test('no other handler', () => agree(() => same((run) => run)));

  test('condition', () =>
    agree((names) => {
      const data = Object.fromEntries(names.map((name) => [name, 1]));
      return { big: (run) => handlers.condition(run, { data }), little: (run) => mini.condition(run, data) };
    }));

  test('replay', () =>
    agree(() => ({
      big: (run) => handlers.replay(run, { trace: traceOf(handlers.seed(run, { seed: 8 })) }),
      little: (run) => mini.replay(run, mini.trace(mini.seed(run, 8))),
    })));

  test('scale', () => agree(() => ({ big: (run) => handlers.scale(run, { scale: 2.5 }), little: (run) => mini.scale(run, 2.5) })));

  // The real block lets a seed reach through, which mini leaves out.
  test('block', () =>
    agree((names) => ({
      big: (run) => handlers.block(handlers.seed(run, { seed: 9 }), { hide: names }),
      little: (run) => mini.block(mini.seed(run, 9), ({ name }) => names.includes(name)),
    })));

  test('seed', () => agree(() => ({ big: (run) => handlers.seed(run, { seed: 9 }), little: (run) => mini.seed(run, 9) })));

  test('all of them together', () =>
    agree((names) => {
      const data = Object.fromEntries(names.map((name) => [name, 1]));
      return {
        big: (run) => handlers.scale(handlers.condition(handlers.replay(run, { trace: traceOf(handlers.seed(run, { seed: 8 })) }), { data }), { scale: 0.5 }),
        little: (run) => mini.scale(mini.condition(mini.replay(run, mini.trace(mini.seed(run, 8))), data), 0.5),
      };
    }));
});

test("the differences of a seeded bound are the real runtime's pathwise gradient", () => {
  // A guide of one normal for each latent site, all continuous; the same noise in both.
  fc.assert(
    fc.property(arbitraryModel({ discrete: false, params: false, plates: 0 }), fc.integer(), (model, seed) => {
      getParamStore().clear();
      mini.params.clear();
      const normals = model.filter((s) => s.kind !== 'sample' || s.family !== 'halfNormal' || s.observed !== null);
      const names = normals.filter((s) => s.kind === 'sample' && s.observed === null).map((s) => s.name);
      const kept = normals.map((s) => prune(s, names));
      tf.tidy(() => {
        const guide = (): void => names.forEach((name, i) => void sample(name, distributionOf('normal', param(`loc${i}`, 0.3 * i), 0)));
        const bound = (): tf.Scalar => {
          const proposal = traceOf(handlers.seed(guide, { seed }));
          return tf.sub(traceOf(handlers.replay(() => interpret(kept, real), { trace: proposal })).logProbSum(), proposal.logProbSum());
        };
        const littleGuide = (): void => names.forEach((name, i) => void mini.sample(name, smallDistribution64('normal', mini.param(`loc${i}`, 0.3 * i))));
        const littleModel = (): unknown => interpret(kept, small);
        const start = mini.seed(() => mini.elbo(littleModel, littleGuide), seed)();
        expectClose(bound().dataSync()[0]!, start, 1e-4);
        if (names.length === 0) return;
        const { grads } = tf.variableGrads(bound);
        const expected = mini.gradient(littleModel, littleGuide, seed);
        names.forEach((_, i) => {
          const slope = grads[getParamStore().variable(`loc${i}`).name]!.dataSync()[0]!;
          expectClose(slope, expected.get(`loc${i}`)!, 1e-3);
        });
      });
    }),
    { seed: 8, numRuns: 30 },
  );
});

/** A unit-width normal whose draws are the library's noise, added in float64 so that differences of draws are smooth. */
function smallDistribution64(family: Family, location: number): mini.Distribution {
  const noise = (stream: RandomStream): number => tf.tidy(() => distributionOf(family, 0, 0).sample([], stream).dataSync()[0]!);
  return { ...mini.normal(location, 1), draw: (stream) => location + noise(stream) };
}

/** Takes references to sites that are no longer there out of a statement. */
function prune<S extends Model[number]>(statement: S, names: readonly string[]): S {
  const known = (name: string): boolean => names.includes(name) || !name.startsWith('sample');
  return JSON.parse(JSON.stringify(statement), (_, value: unknown) =>
    Array.isArray(value) ? value.filter((item: { name?: string }) => item.name === undefined || known(item.name)) : value,
  ) as S;
}
