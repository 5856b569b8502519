import * as tf from '@tensorflow/tfjs-core';
import fc from 'fast-check';
import * as dist from '../../../../src/distributions/index.ts';
import * as handlers from '../../../../src/handlers/index.ts';
import type { LogDensity } from '../../../../src/infer/mcmc/logDensity.ts';
import { initToFeasible, initToValue } from '../../../../src/infer/initialisation/strategies.ts';
import type { InitStrategy } from '../../../../src/infer/mcmc/initStrategy.ts';
import { MCMC } from '../../../../src/infer/mcmc/mcmc.ts';
import { NUTS } from '../../../../src/infer/mcmc/nuts.ts';
import { logDensity, modelTarget } from '../../../../src/infer/mcmc/model/modelTarget.ts';
import { plate } from '../../../../src/plate.ts';
import { getParamStore } from '../../../../src/params/store.ts';
import { deterministic, factor, param, randomStream, sample } from '../../../../src/primitives.ts';
import { RandomStream } from '../../../../src/random/stream.ts';
import { describeOnBackends } from '../../../helpers/backends.ts';
import { expectNoLeak } from '../../../helpers/leak.ts';

const y = [28, 8, -3, 7, -1, 1, 18, 12];
const sigma = [15, 10, 16, 11, 9, 11, 10, 18];

function eightSchools() {
  const mu = sample('mu', dist.normal(0, 5));
  const tau = sample('tau', dist.halfCauchy(5));
  plate('schools', 8, () => {
    const raw = sample('raw', dist.normal(0, 1));
    const theta = deterministic('theta', tf.add(mu, tf.mul(tau, raw)));
    sample('y', dist.normal(theta, sigma), { obs: y });
  });
}

/** The same, by hand in float64, over (mu, log tau, raw). */
function eightSchoolsByHand(q: readonly number[]): number {
  const [mu, logTau, ...raw] = q as [number, number, ...number[]];
  const tau = Math.exp(logTau);
  const normal = (x: number, loc: number, scale: number) =>
    -0.5 * ((x - loc) / scale) ** 2 - Math.log(scale) - 0.5 * Math.log(2 * Math.PI);
  let logp = normal(mu, 0, 5) + Math.log(2 / (5 * Math.PI)) - Math.log1p((tau / 5) ** 2) + logTau;
  raw.forEach((r, j) => {
    logp += normal(r, 0, 1) + normal(y[j]!, mu + tau * r, sigma[j]!);
  });
  return logp;
}

const evaluate = (density: LogDensity, q: ArrayLike<number>) => {
  const gradient = new Float64Array(density.dimension);
  return { value: density.evaluate(Float64Array.from(q), gradient), gradient: [...gradient] };
};

describeOnBackends('the log density of a model', () => {
  test('and its gradient are those of eight schools written by hand', () => {
    const density = logDensity(eightSchools, [], { engine: 'eager' });
    expect(density.siteNames).toEqual(['mu', 'tau', 'raw']);
    fc.assert(
      fc.property(fc.array(fc.double({ min: -3, max: 3, noNaN: true }), { minLength: 10, maxLength: 10 }), (q) => {
        const { value, gradient } = evaluate(density, q);
        const exact = eightSchoolsByHand(q);
        // float32: 24 bits in each of some twenty terms.
        expect(Math.abs(value - exact)).toBeLessThan(2e-6 * (20 + Math.abs(exact)));
        gradient.forEach((slope, i) => {
          const h = 1e-5;
          const shifted = (by: number) => eightSchoolsByHand(q.map((x, j) => (j === i ? x + by : x)));
          const difference = (shifted(h) - shifted(-h)) / (2 * h);
          expect(Math.abs(slope - difference)).toBeLessThan(1e-5 * (10 + Math.abs(difference)));
        });
      }),
      { numRuns: 40 },
    );
  });

  test('leaves no tensors behind', () => {
    expectNoLeak(() => {
      const density = logDensity(eightSchools, [], { engine: 'eager' });
      evaluate(density, new Float64Array(10));
      density.constrain(new Float64Array(10));
      density.unconstrain({ mu: 1, tau: 2, raw: y });
    });
  });
});

describe('sites and coordinates', () => {
  test('constrain undoes unconstrain and gives deterministic sites too', () => {
    const density = logDensity(eightSchools);
    const q = density.unconstrain({ mu: 4, tau: 2, raw: [0, 1, 2, 3, 4, 5, 6, 7] });
    const values = density.constrain(q);
    expect(Object.keys(values)).toEqual(['mu', 'tau', 'raw', 'theta']);
    expect(values['tau']!.data[0]).toBeCloseTo(2, 5);
    expect([...values['theta']!.data].map(Math.round)).toEqual([4, 6, 8, 10, 12, 14, 16, 18]);
    expect(values['theta']!.shape).toEqual([8]);
    expect(density.describeCoordinate(0)).toBe('mu');
    expect(density.describeCoordinate(5)).toBe('raw[3]');
  });

  test.each(['compiled', 'eager'] as const)('unconstrain takes what constrain gives (%s)', (engine) => {
    const density = logDensity(
      () => {
        const p = sample('p', dist.dirichlet(tf.ones([2, 3])).toEvent(1));
        deterministic('first', tf.slice(p, [0, 0], [2, 1]));
        sample('tau', dist.halfCauchy(5));
      },
      [],
      { engine },
    );
    const q = Float64Array.of(0.3, -1, 0.5, 2, -0.7);
    const back = density.unconstrain(density.constrain(q));
    back.forEach((x, i) => expect(Math.abs(x - q[i]!)).toBeLessThan(engine === 'compiled' ? 1e-14 : 1e-5));
    expect(() => density.unconstrain({ ...density.constrain(q), tua: 3 })).toThrow(/value is given for "tua".*sites are p, first, tau/);
  });

  test('a simplex has one coordinate fewer, a matrix is named by row and column', () => {
    const density = logDensity(() => {
      sample('p', dist.dirichlet([1, 2, 3]));
      sample('w', dist.normal(tf.zeros([2, 3]), 1).toEvent());
    });
    expect(density.dimension).toBe(2 + 6);
    expect(density.constrain(new Float64Array(8))['p']!.data.reduce((a, b) => a + b)).toBeCloseTo(1, 6);
    expect(density.describeCoordinate(2 + 5)).toBe('w[1,2]');
  });

  test('a support may depend on another site', () => {
    const density = logDensity(() => {
      const a = sample('a', dist.uniform(0, 1));
      sample('b', dist.uniform(0, tf.sub(1, a)));
    });
    const sigmoid = (x: number) => 1 / (1 + Math.exp(-x));
    fc.assert(
      fc.property(fc.double({ min: -4, max: 4, noNaN: true }), fc.double({ min: -4, max: 4, noNaN: true }), (u, v) => {
        const a = sigmoid(u);
        const { a: gotA, b: gotB } = density.constrain(Float64Array.of(u, v));
        expect(gotA!.data[0]).toBeCloseTo(a, 5);
        expect(gotB!.data[0]).toBeCloseTo((1 - a) * sigmoid(v), 5);
        // p(a, b) = 1 / (1 - a) cancels against the volume of b's interval.
        const exact = Math.log(a * (1 - a)) + Math.log(sigmoid(v) * (1 - sigmoid(v)));
        expect(evaluate(density, [u, v]).value).toBeCloseTo(exact, 4);
      }),
    );
  });

  test('improper sites and sites that nothing depends on have a density and a gradient', () => {
    const density = logDensity(() => {
      sample('flat', dist.improperUniform(dist.normal(0, 1).support, [], []));
      sample('x', dist.normal(0, 1));
    });
    expect(evaluate(density, [5, 1]).gradient).toEqual([0, -1]);
  });
});

describe('where chains begin', () => {
  const begin = async (initStrategy: InitStrategy) => {
    const mcmc = new MCMC(new NUTS(eightSchools, { stepSize: 1e-9, adaptStepSize: false, maxTreeDepth: 1 }), {
      numSamples: 1,
      numWarmup: 0,
      seed: 1,
      initStrategy,
    });
    await expectNoLeak(() => mcmc.run());
    return mcmc.getSamples();
  };

  test('at given values', async () => {
    const samples = await begin({ values: { mu: 4, tau: 2, raw: [0, 1, 2, 3, 4, 5, 6, 7] } });
    expect(samples['tau']!.data[0]).toBeCloseTo(2, 5);
    expect(samples['raw']!.data[7]).toBeCloseTo(7, 5);
  });

  test('where a strategy puts each site', async () => {
    const samples = await begin({ sites: initToValue({ tau: 3 }, initToFeasible()) });
    expect(samples['mu']!.data[0]).toBeCloseTo(0, 5);
    expect(samples['tau']!.data[0]).toBeCloseTo(3, 5);
  });

  test('the same of a density made of the model beforehand', async () => {
    const mcmc = new MCMC(new NUTS(logDensity(eightSchools), { stepSize: 1e-9, adaptStepSize: false, maxTreeDepth: 1 }), {
      numSamples: 1,
      numWarmup: 0,
      initStrategy: { sites: initToValue({ tau: 3 }, initToFeasible()) },
    });
    await mcmc.run();
    expect(mcmc.getSamples()['tau']!.data[0]).toBeCloseTo(3, 5);
  });

  test('values that do not fit are refused by name', async () => {
    await expect(begin({ values: { mu: 1, tau: -1, raw: y } })).rejects.toThrow(/site "tau".*must be positive|site "tau".*non-?negative/i);
    await expect(begin({ values: { mu: 1, tau: 1, raw: [1, 2] } })).rejects.toThrow(/site "raw".*\[2\].*\[8\]/);
    await expect(begin({ values: { mu: 1, raw: y } })).rejects.toThrow(/site "tau".*no value given/);
  });
});

describe('what surrounds a model', () => {
  test('handlers in force when the density is made stay in force', () => {
    const model = () => sample('x', dist.normal(0, 1));
    const scaled = handlers.scale({ scale: 3 }).run(() => logDensity(model));
    expect(evaluate(scaled, [1]).gradient[0]).toBeCloseTo(-3, 6);
    const conditioned = logDensity(handlers.condition(eightSchools, { data: { tau: 1 } }));
    expect(conditioned.siteNames).toEqual(['mu', 'raw']);
  });

  test.each(['compiled', 'eager'] as const)('sites that handlers give values are not latent, but count (%s)', (engine) => {
    const model = () => {
      const loc = sample('loc', dist.normal(0, 1));
      sample('x', dist.normal(loc, 1));
    };
    const density = logDensity(handlers.substitute(model, { data: { x: 3 } }), [], { engine });
    expect(density.siteNames).toEqual(['loc']);
    expect(evaluate(density, [1]).gradient[0]).toBeCloseTo(-1 + 2, 6);
    expect([...density.constrain(Float64Array.of(1))['x']!.data]).toEqual([3]);
    expect(() => logDensity(handlers.substitute(model, { data: { x: 3, loc: 0 } }), [], { engine })).toThrow(/no latent sites/);
  });

  test.each(['compiled', 'eager'] as const)('handlers around the sampler observe and intervene (%s)', (engine) => {
    const model = () => {
      const loc = sample('loc', dist.normal(0, 1));
      const x = sample('x', dist.normal(loc, 1));
      sample('y', dist.normal(x, 1), { obs: 5 });
    };
    const at1 = (density: LogDensity) => evaluate(density, [1]).gradient[0]!;
    const observed = handlers.condition({ data: { x: 3 } }).run(() => logDensity(model, [], { engine }));
    expect(observed.siteNames).toEqual(['loc']);
    expect(at1(observed)).toBeCloseTo(-1 + 2, 6);
    expect(observed.unconstrain({ loc: 1, x: 3 })).toEqual(Float64Array.of(1));
    const intervened = handlers.doIntervention({ data: { x: 3 } }).run(() => logDensity(model, [], { engine }));
    expect(intervened.siteNames).toEqual(['loc']);
    expect(at1(intervened)).toBeCloseTo(-1, 6);
    const scoped = handlers.scope({ prefix: 'a' }).run(() => logDensity(model, [], { engine }));
    expect(scoped.dimension).toBe(2);
    expect(Object.keys(scoped.constrain(new Float64Array(2)))).toEqual(['a/loc', 'a/x']);
    const counts = () => sample('rate', dist.exponential(sample('count', dist.poisson(3))));
    expect(handlers.condition({ data: { count: 2 } }).run(() => logDensity(counts, [], { engine })).siteNames).toEqual(['rate']);
  });

  test('factors and parameters count; other randomness is frozen', () => {
    const model = () => {
      const x = sample('x', dist.normal(0, 1));
      factor('tilt', tf.mul(x, param('slope', tf.scalar(2))));
      factor('noise', tf.mul(x, randomStream('noise').normal()));
    };
    try {
      const density = modelTarget(model, [], { engine: 'auto', stream: RandomStream.fromSeed(1) });
      const noise = evaluate(density, [0]).gradient[0]! - 2;
      expect(evaluate(density, [0]).gradient[0]).toBe(noise + 2);
      expect(noise).not.toBe(0);
    } finally {
      getParamStore().clear();
    }
  });
});

test('arguments are checked', () => {
  const density = logDensity(eightSchools);
  const [right, wrong] = [new Float64Array(10), new Float64Array(9)];
  expect(() => density.evaluate(wrong, right)).toThrow('q has 9 numbers, and the log density 10 dimensions');
  expect(() => density.evaluate(right, wrong)).toThrow('gradient has 9 numbers');
  expect(() => density.constrain(wrong)).toThrow('q has 9 numbers');
  expect(() => logDensity(3 as never)).toThrow('takes a model, which is a function');
  expect(() => logDensity(eightSchools, 3 as never)).toThrow('arguments are given as an array');
});

describe('models that cannot be sampled', () => {
  const catalogue: [string, () => unknown, RegExp][] = [
    ['a discrete latent site', () => sample('k', dist.bernoulli({ probs: 0.5 })), /site "k".*discrete/],
    ['no latent site', () => sample('x', dist.normal(0, 1), { obs: 1 }), /no latent sites/],
    [
      'a plate that subsamples',
      () => plate('data', 4, { subsampleSize: 2 }, () => sample('x', dist.normal(0, 1))),
      /plate "data".*subsamples 2 of 4/,
    ],
    ['an invalid parameter', () => sample('x', dist.normal(0, -1)), /site "x".*scale must be positive, got -1/],
    ['an observation of a wrong shape', () => {
      const mu = sample('mu', dist.normal(tf.zeros([3, 1]), 1));
      sample('y', dist.normal(mu, 1), { obs: [1, 2, 3] });
    }, /site "y".*\[3\].*\[3, 1\]/],
  ];
  test.each(catalogue)('%s', (_, model, message) => {
    expect(() => expectNoLeak(() => logDensity(model))).toThrow(message);
  });

  test('an observation that is no number is named when no chain can begin', async () => {
    const model = () => {
      const mu = sample('mu', dist.normal(0, 1));
      sample('y', dist.normal(mu, 1), { obs: [1, NaN, 3] });
    };
    const run = () => new MCMC(new NUTS(model), { numSamples: 1, numWarmup: 1, seed: 1 }).run();
    await expect(expectNoLeak(run)).rejects.toThrow(/cannot find valid initial parameters.*site "y".*must be real, got NaN/);
  });
});
