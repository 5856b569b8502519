/** @file Compiled densities of models: against densities in plain numbers, the eager engine, and their own differences. */
import * as tf from '@tensorflow/tfjs-core';
import fc from 'fast-check';
import { ready } from '../../../../src/backend/ready.ts';
import * as dist from '../../../../src/distributions/index.ts';
import * as handlers from '../../../../src/handlers/index.ts';
import { isModelChanged } from '../../../../src/infer/mcmc/model/constrain.ts';
import { logDensity, modelTarget } from '../../../../src/infer/mcmc/model/modelTarget.ts';
import type { Engine, Model } from '../../../../src/infer/mcmc/target.ts';
import { getParamStore } from '../../../../src/params/store.ts';
import * as ops from '../../../../src/ops/index.ts';
import { plate } from '../../../../src/plate.ts';
import { deterministic, factor, param, randomStream, sample } from '../../../../src/primitives.ts';
import { RandomStream } from '../../../../src/random/stream.ts';
import { Handler } from '../../../../src/runtime/handler.ts';
import type { Message } from '../../../../src/runtime/message.ts';
import { gradient, relativeError } from '../../../helpers/finiteDifference.ts';
import { expectNoLeak } from '../../../helpers/leak.ts';
import { arbitraryModel, latentNames, modelOf } from '../../../helpers/models.ts';

beforeAll(() => ready({ backend: 'cpu' }));

const HALF_LOG_2PI = 0.5 * Math.log(2 * Math.PI);
const logNormal = (x: number, loc: number, scale: number): number => -0.5 * ((x - loc) / scale) ** 2 - Math.log(scale) - HALF_LOG_2PI;
const sigmoid = (x: number): number => 1 / (1 + Math.exp(-x));

function compile(model: Model, engine: Engine = 'compiled') {
  const target = modelTarget(model, [], { engine, stream: RandomStream.fromSeed(3) });
  const evaluate = (q: readonly number[]) => {
    const slope = new Float64Array(target.dimension);
    return { value: target.evaluate(Float64Array.from(q), slope), gradient: [...slope] };
  };
  return { ...target, evaluate };
}

const coordinates = (length: number) => fc.array(fc.double({ min: -2.5, max: 2.5, noNaN: true }), { minLength: length, maxLength: length });

/** Value and gradient are those of `byHand`, to float64. */
function expectAgreement(model: Model, byHand: (q: readonly number[]) => number): void {
  const density = compile(model);
  fc.assert(
    fc.property(coordinates(density.dimension), (q) => {
      const { value, gradient: slope } = density.evaluate(q);
      expect(relativeError(value, byHand(q), 1)).toBeLessThan(1e-12);
      const expected = gradient(byHand, q, 0.1);
      const scale = Math.max(1, ...expected.map(Math.abs));
      slope.forEach((s, i) => expect(relativeError(s, expected[i]!, scale)).toBeLessThan(1e-9));
    }),
    { numRuns: 20 },
  );
}

describe('float64 throughout', () => {
  // Digits that float32 does not hold.
  const y = [28.123456789012, 8.1, -3.000000001, 7.7, -1, 1.123456789, 18, 12.34567890123];
  const sigma = [15.1, 10.00000001, 16, 11, 9.123456789, 11, 10, 18];

  test('eight schools', () => {
    const model = (): void => {
      const mu = sample('mu', dist.normal(0.123456789012, 5.00000001));
      const tau = sample('tau', dist.halfCauchy(5));
      plate('schools', 8, () => {
        const raw = sample('raw', dist.normal(0, 1));
        sample('y', dist.normal(tf.add(mu, tf.mul(tau, raw)), sigma), { obs: y });
      });
    };
    expectAgreement(model, ([mu = 0, logTau = 0, ...raw]) => {
      const tau = Math.exp(logTau);
      const schools = raw.reduce((sum, r, j) => sum + logNormal(r, 0, 1) + logNormal(y[j]!, mu + tau * r, sigma[j]!), 0);
      return logNormal(mu, 0.123456789012, 5.00000001) + Math.log(2 / (5 * Math.PI)) - Math.log1p((tau / 5) ** 2) + logTau + schools;
    });
  });

  test('data by condition, as a Float64Array, under a scale', () => {
    const model = (): void => {
      const mu = sample('mu', dist.normal(0, 1));
      sample('y', dist.normal(mu, 0.3).expand([8]).toEvent(1));
    };
    const conditioned = handlers.scale(handlers.condition(model, { data: { y: Float64Array.from(y) as never } }), { scale: 1 / 3 });
    expectAgreement(conditioned, ([mu = 0]) => {
      return y.reduce((sum, each) => sum + logNormal(each, mu, 0.3), logNormal(mu, 0, 1)) / 3;
    });
  });

  test('supports that depend on other sites: the triangle of garch(1, 1)', () => {
    const model = (): void => {
      const a = sample('a', dist.uniform(0, 1));
      const b = sample('b', dist.uniform(0, tf.sub(1, a)));
      factor('tilt', tf.add(tf.mul(a, 2), tf.mul(b, -3)));
    };
    expectAgreement(model, ([u = 0, v = 0]) => {
      const [a, part] = [sigmoid(u), sigmoid(v)];
      const b = (1 - a) * part;
      return Math.log(a * (1 - a)) + Math.log(part * (1 - part)) + 2 * a - 3 * b;
    });
  });

  test('vectors, matrices and simplexes', () => {
    const model = (): void => {
      const l = sample('l', dist.lkjCholesky(2, 2));
      const p = sample('p', dist.dirichlet([1.5, 2, 3]));
      sample('x', dist.multivariateNormal([0, 0], { scaleTril: l }), { obs: [0.3, -0.4] });
      sample('k', dist.categorical({ probs: p }), { obs: tf.scalar(2, 'int32') });
    };
    expectAgreement(model, ([z = 0, a = 0, b = 0]) => {
      const r = Math.tanh(z);
      const s = Math.sqrt(1 - r * r);
      const [first, second] = [sigmoid(a - Math.log(2)), sigmoid(b)];
      const p = [first, (1 - first) * second, (1 - first) * (1 - second)] as const;
      // lkjCholesky(2, 2): proportional to s² over r, whose integral is 4/3.
      const lkj = Math.log((3 / 4) * s ** 2) + Math.log(1 - r * r);
      const weights = 0.5 * Math.log(p[0]) + Math.log(p[1]) + 2 * Math.log(p[2]) + logInverseBeta;
      const volume = Math.log(first * (1 - first)) + Math.log((1 - first) * second * (1 - second));
      const white = [0.3, (-0.4 - r * 0.3) / s] as const;
      const normal = -0.5 * (white[0] ** 2 + white[1] ** 2) - 2 * HALF_LOG_2PI - Math.log(s);
      return lkj + weights + volume + normal + Math.log(p[2]);
    });
  });

  // Γ(6.5) / (Γ(1.5) Γ(2) Γ(3)), with Γ(6.5) = 5.5 · 4.5 · 3.5 · 2.5 · 1.5 · Γ(1.5)
  const logInverseBeta = Math.log((5.5 * 4.5 * 3.5 * 2.5 * 1.5) / 2);
});

describe('what the eager engine says, too', () => {
  test('of generated models', () => {
    fc.assert(
      fc.property(arbitraryModel({ discrete: false, subsampling: false }), fc.nat(), (generated, seed) => {
        try {
          const model = modelOf(generated);
          const [compiled, eager] = [compile(model), compile(model, 'eager')];
          expect(compiled.siteNames).toEqual(latentNames(generated));
          const stream = RandomStream.fromSeed(seed);
          const q = Array.from({ length: compiled.dimension }, () => 2 * stream.uniform() - 1);
          const [one, other] = [compiled.evaluate(q), eager.evaluate(q)];
          // Float32, where values reach some thousands.
          const scale = Math.max(10, Math.abs(other.value), ...other.gradient.map(Math.abs));
          expect(relativeError(one.value, other.value, scale)).toBeLessThan(1e-5);
          one.gradient.forEach((slope, i) => expect(relativeError(slope, other.gradient[i]!, scale)).toBeLessThan(1e-5));
          const slopes = gradient((x) => compiled.evaluate(x).value, q, 0.01);
          one.gradient.forEach((slope, i) => expect(relativeError(slope, slopes[i]!, scale)).toBeLessThan(1e-7));
          const [sites, same] = [compiled.constrain(Float64Array.from(q)), eager.constrain(Float64Array.from(q))];
          expect(Object.keys(sites)).toEqual(Object.keys(same));
          for (const [name, { data, shape }] of Object.entries(sites)) {
            expect(shape).toEqual(same[name]!.shape);
            data.forEach((x, i) => expect(relativeError(x, same[name]!.data[i]!, 10)).toBeLessThan(1e-5));
          }
        } finally {
          getParamStore().clear();
        }
      }),
      { numRuns: 40 },
    );
  });

  test('of randomness that is no latent site, drawn once; and of hidden sites', () => {
    const model = (): void => {
      const x = sample('x', dist.normal(0, 1));
      const hidden = handlers.block(() => sample('hidden', dist.normal(x, 1)), { hide: ['hidden'] })();
      factor('noise', tf.mul(hidden, randomStream('noise').normal()));
    };
    const [compiled, eager] = [compile(model), compile(model, 'eager')];
    for (const q of [[0.3], [-1]]) {
      expect(compiled.evaluate(q).value).toBeCloseTo(eager.evaluate(q).value, 5);
      expect(compiled.evaluate(q).gradient[0]).toBeCloseTo(eager.evaluate(q).gradient[0]!, 5);
    }
  });

  test('of missing counts', () => {
    const model = (): void => {
      const p = sample('p', dist.dirichlet([2, 3, 4]));
      const counts = tf.tensor2d([[1, 2, 2], [NaN, NaN, NaN]]);
      sample('k', dist.multinomial(5, { probs: p }).expand([2]).mask([true, false]), { obs: counts });
      sample('c', dist.oneHotCategorical({ probs: p }).mask(false), { obs: [NaN, NaN, NaN] });
    };
    const [compiled, eager] = [compile(model), compile(model, 'eager')];
    const q = [0.3, -1];
    expect(compiled.evaluate(q).value).toBeCloseTo(eager.evaluate(q).value, 5);
    compiled.evaluate(q).gradient.forEach((slope, i) => expect(slope).toBeCloseTo(eager.evaluate(q).gradient[i]!, 5));
  });

  test('of masks, missing data and parameters', () => {
    const model = (): void => {
      const x = sample('x', dist.normal([0, 1, 2], 1).mask([true, false, true]));
      sample('y', dist.normal(tf.mul(x, param('slope', tf.scalar(0.7))), 1), { obs: [1, NaN, 3], obsMask: [true, false, true] });
    };
    try {
      const [compiled, eager] = [compile(model), compile(model, 'eager')];
      expect(compiled.siteNames).toEqual(['x', 'y_unobserved']);
      const q = [0.3, -1, 0.2, 0.5, 0.7, -0.6];
      expect(compiled.evaluate(q).value).toBeCloseTo(eager.evaluate(q).value, 5);
      compiled.evaluate(q).gradient.forEach((slope, i) => expect(slope).toBeCloseTo(eager.evaluate(q).gradient[i]!, 5));
    } finally {
      getParamStore().clear();
    }
  });
});

describe('what float32 cannot hold', () => {
  const n = 12;
  const x = Array.from({ length: n }, (_, i) => i / 10);
  const y = x.map(Math.sin);

  /** Squared exponential, with eigenvalues far below 1e-7 of the largest. */
  function kernel(rho: tf.Tensor): tf.Tensor {
    const distance = tf.sub(tf.expandDims(tf.tensor1d(x), 1), tf.expandDims(tf.tensor1d(x), 0));
    const smooth = tf.exp(tf.mul(tf.square(tf.div(distance, rho)), -0.5));
    return tf.add(smooth, tf.mul(tf.eye(n), 1e-9));
  }

  function byHand([logRho = 0]: readonly number[]): number {
    const rho = Math.exp(logRho);
    const a = x.map((u, i) => x.map((v, j) => Math.exp(-0.5 * ((u - v) / rho) ** 2) + (i === j ? 1e-9 : 0)));
    let value = 4 * Math.log(rho) - 5 * rho + 5 * Math.log(5) - Math.log(24) + logRho;
    const z: number[] = [];
    for (let i = 0; i < n; i++) {
      for (let j = 0; j <= i; j++) {
        for (let k = 0; k < j; k++) a[i]![j]! -= a[i]![k]! * a[j]![k]!;
        a[i]![j] = i === j ? Math.sqrt(a[i]![i]!) : a[i]![j]! / a[j]![j]!;
      }
      z[i] = (y[i]! - z.reduce((sum, each, k) => sum + a[i]![k]! * each, 0)) / a[i]![i]!;
      value -= 0.5 * z[i]! ** 2 + Math.log(a[i]![i]!) + HALF_LOG_2PI;
    }
    return value;
  }

  test.each([
    ['as a covariance', (k: tf.Tensor) => ({ covarianceMatrix: k })],
    ['by its Cholesky factor', (k: tf.Tensor) => ({ scaleTril: ops.cholesky(k) })],
  ])('an ill-conditioned Gaussian process, %s', (_form, covariance) => {
    const model = (): void => {
      const rho = sample('rho', dist.gamma(5, 5));
      sample('y', dist.multivariateNormal(tf.zeros([n]), covariance(kernel(rho))), { obs: y });
    };
    const density = compile(model);
    for (const q of [[0.2], [-0.5]]) {
      // The condition is 1e10: of sixteen digits six are left.
      expect(relativeError(density.evaluate(q).value, byHand(q))).toBeLessThan(1e-5);
    }
    // Float32 itself is no help.
    expect(() => compile(model, 'eager')).toThrow(/site "y".*(positiveDefinite|lowerCholesky)/);
  });

  test('what no rounding explains is refused at once', () => {
    const model = (): void => {
      const x = sample('x', dist.normal(0, 1));
      sample('y', dist.multivariateNormal([0, 0], { covarianceMatrix: tf.tensor2d([[1, 2], [2, 1]]) }), { obs: tf.stack([x, x]) });
    };
    expect(() => compile(model)).toThrow(/site "y".*positiveDefinite/);
  });
});

describe('sites', () => {
  test('constrain undoes unconstrain, to float64', () => {
    const density = logDensity(() => {
      const a = sample('a', dist.uniform(0, 1));
      sample('b', dist.uniform(a, 3));
      sample('p', dist.dirichlet([1, 2, 3]));
      deterministic('twice', tf.mul(a, 2));
      deterministic('count', tf.tensor1d([1, 2], 'int32'));
    }, [], { engine: 'compiled' });
    const values = { a: 0.12345678901234, b: 1.9876543210987, p: [0.1, 0.2, 0.7] };
    const q = density.unconstrain(values);
    const { a, b, p, twice, count } = density.constrain(q) as Record<string, { data: Float64Array; shape: number[] }>;
    expect(relativeError(a!.data[0]!, values.a)).toBeLessThan(1e-14);
    expect(relativeError(b!.data[0]!, values.b)).toBeLessThan(1e-14);
    values.p.forEach((x, i) => expect(relativeError(p!.data[i]!, x)).toBeLessThan(1e-14));
    expect(twice!.data[0]).toBe(2 * a!.data[0]!);
    expect(count).toEqual({ data: Float64Array.of(1, 2), shape: [2] });
    // Each call gives arrays of its own.
    expect(density.constrain(new Float64Array(4))['a']!.data[0]).toBe(0.5);
    expect(a!.data[0]).not.toBe(0.5);
  });
});

describe('models that cannot be compiled', () => {
  const reading = (): void => {
    const x = sample('x', dist.normal(0, 1));
    if (x.dataSync()[0]! > 0) factor('bonus', tf.mul(x, 2));
  };

  function warnings(body: () => void): string[] {
    const spy = jest.spyOn(console, 'warn').mockImplementation(() => undefined);
    try {
      body();
      return spy.mock.calls.map(([message]) => String(message));
    } finally {
      spy.mockRestore();
    }
  }

  test("'auto' falls back, with one warning that names line and cure", () => {
    const said = warnings(() => {
      for (let i = 0; i < 2; i++) {
        expectNoLeak(() => {
          const density = compile(reading, 'auto');
          expect(density.evaluate([1]).gradient[0]).toBeCloseTo(1, 6);
          expect(density.evaluate([-1]).gradient[0]).toBeCloseTo(1, 6);
        });
      }
    });
    expect(said).toHaveLength(1);
    expect(said[0]).not.toContain('Sites so far');
    expect(said[0]).toMatch(/eager engine.*cannot be compiled.*dataSync[\s\S]*compiledDensity\.test\.ts:\d+/);
  });

  test("'compiled' is refused, 'eager' silent", () => {
    expect(warnings(() => compile(reading, 'eager'))).toEqual([]);
    expect(() => compile(reading)).toThrow(/cannot be compiled.*dataSync[\s\S]*compiledDensity\.test\.ts:\d+/);
  });

  test('inside of a handler, the site is named', () => {
    class Peek extends Handler {
      override postprocess(message: Message): void {
        if (message.type === 'sample') message.value?.dataSync();
      }
    }
    const model = (): void => new Peek().run(() => void sample('x', dist.normal(0, 1)));
    expect(() => compile(model)).toThrow(/site "x".*dataSync[\s\S]*compiledDensity\.test\.ts/);
  });

  test('an engine of another name is refused', () => {
    expect(() => logDensity(reading, [], { engine: 'fast' as never })).toThrow(/engine must be 'auto', 'compiled' or 'eager', got fast/);
    expect(() => logDensity(reading, [], { engin: 'eager' } as never)).toThrow(/Did you mean "engine"/);
  });
});

describe('models that change from call to call', () => {
  const changing: [string, (call: number) => void, RegExp][] = [
    ['a shape', (call) => sample('x', dist.normal(tf.zeros([1 + call]), 1)), /site "x": its shape is \[2\], and was \[1\]/],
    ['a new site', (call) => {
      sample('x', dist.normal(0, 1));
      if (call > 0) sample('z', dist.normal(0, 1));
    }, /site "z": was not met.*first run/],
    ['a lost site', (call) => {
      sample('x', dist.normal(0, 1));
      if (call === 0) sample('z', dist.normal(0, 1));
    }, /site "z" was met.*first run, and is not now/],
  ];

  test.each(changing)('%s', (_name, body, message) => {
    for (const engine of ['auto', 'compiled'] as const) {
      let calls = 0;
      expect(() => expectNoLeak(() => compile(() => body(calls++), engine))).toThrow(message);
    }
    let calls = 0;
    const eager = compile(() => body(calls++), 'eager');
    let thrown: unknown = null;
    try {
      eager.evaluate(Array.from({ length: eager.dimension }, () => 0));
    } catch (error) {
      thrown = error;
    }
    expect(String(thrown)).toMatch(message);
    expect(isModelChanged(thrown)).toBe(true);
  });
});
