import * as tf from '@tensorflow/tfjs-core';
import fc from 'fast-check';
import { elementwiseOps } from '../../src/ops/elementwise.ts';
import * as ops from '../../src/ops/index.ts';
import { BACKENDS, describeOnBackends } from '../helpers/backends.ts';
import { derivative, relativeError } from '../helpers/finiteDifference.ts';
import { expectNoLeak } from '../helpers/leak.ts';

fc.configureGlobal({ seed: 20, numRuns: 40 });

type Op = (...inputs: (tf.Tensor | tf.TensorLike)[]) => tf.Tensor;

interface Case {
  readonly op: Op;
  readonly kernel: string;
  /** The range of each argument; positive ranges of more than a decade are sampled on the log scale. */
  readonly domain: readonly (readonly [number, number])[];
  /** Arguments that are not differentiated in. */
  readonly constant?: readonly number[];
  /** Pairs of arguments without a second derivative. */
  readonly noSecond?: (i: number, j: number) => boolean;
}

const cases: readonly Case[] = [
  { op: ops.lgamma as Op, kernel: 'Lgamma', domain: [[0.01, 1e4]] },
  { op: ops.digamma as Op, kernel: 'Digamma', domain: [[0.01, 1e3]] },
  { op: ops.trigamma as Op, kernel: 'Polygamma', domain: [[0.1, 100]] },
  { op: ops.lbeta as Op, kernel: 'Lbeta', domain: [[0.1, 100], [0.1, 100]] },
  { op: ops.digammaDifference as Op, kernel: 'DigammaDifference', domain: [[0.1, 30], [0.1, 30]] },
  { op: ((n, k) => ops.logChoose(tf.add(n as tf.Tensor, k as tf.Tensor), k!)) as Op, kernel: 'LogChoose', domain: [[0.1, 50], [0.1, 50]] },
  { op: ops.erfc as Op, kernel: 'Erfc', domain: [[-3, 5]] },
  { op: ops.erfinv as Op, kernel: 'Erfinv', domain: [[-0.99, 0.99]] },
  { op: ops.ndtr as Op, kernel: 'Ndtr', domain: [[-6, 4]] },
  { op: ops.logNdtr as Op, kernel: 'LogNdtr', domain: [[-8, 4]] },
  { op: ops.normalHazard as Op, kernel: 'NormalHazard', domain: [[-5, 4]] },
  { op: ops.ndtri as Op, kernel: 'Ndtri', domain: [[0.01, 0.99]] },
  { op: ops.logSigmoid as Op, kernel: 'LogSigmoid', domain: [[-20, 8]] },
  { op: ops.logit as Op, kernel: 'Logit', domain: [[0.01, 0.99]] },
  { op: ops.softplusInverse as Op, kernel: 'SoftplusInverse', domain: [[0.05, 8]] },
  { op: ops.log1mexp as Op, kernel: 'Log1mExp', domain: [[-8, -0.05]] },
  { op: ops.logaddexp as Op, kernel: 'LogAddExp', domain: [[-5, 5], [-5, 5]] },
  { op: ops.xlogy as Op, kernel: 'Xlogy', domain: [[-5, 5], [0.1, 5]] },
  { op: ops.xlog1py as Op, kernel: 'Xlog1py', domain: [[-5, 5], [-0.9, 5]] },
  { op: ops.xdivy as Op, kernel: 'Xdivy', domain: [[-5, 5], [0.1, 5]] },
  { op: ops.logBesselI0 as Op, kernel: 'LogBesselI0', domain: [[-40, 40]] },
  { op: ops.besselRatio as Op, kernel: 'BesselRatio', domain: [[-9, 9]], noSecond: () => true },
  { op: ops.igamma as Op, kernel: 'Igamma', domain: [[0.2, 30], [0.2, 30]], noSecond: (i, j) => i === 0 && j === 0 },
  { op: ops.igammac as Op, kernel: 'Igammac', domain: [[0.2, 30], [0.2, 30]], noSecond: (i, j) => i === 0 && j === 0 },
  {
    op: ops.betainc as Op,
    kernel: 'Betainc',
    domain: [[0.3, 20], [0.3, 20], [0.05, 0.95]],
    noSecond: (i, j) => i < 2 && j < 2,
  },
  { op: ops.gammaSampleGradient as Op, kernel: 'RandomGammaGrad', domain: [[0.1, 100], [0.1, 100]], constant: [0, 1] },
];

/** Kernels that are derivatives of the ops above, or draws, and are tested through them. */
const inner = [
  'BesselRatioGrad',
  'BetaincGradA',
  'BetaincGradB',
  'BetaincGradX',
  'GammaDensity',
  'IgammaGradA',
  'PathwiseGamma',
  'PathwiseLogGamma',
  'RandomLogGammaGrad',
  // Draws: test/random.
  'BernoulliDraw',
  'BinomialDraw',
  'GammaDraw',
  'LogGammaDraw',
  'PoissonDraw',
  'VonMisesDraw',
];

/** The float64 function behind an op. */
function scalarOf({ kernel }: Case): (...x: number[]) => number {
  const f = elementwiseOps.get(kernel)!.f as (...x: number[]) => number;
  if (kernel === 'Polygamma') return (x) => f(1, x!);
  if (kernel === 'LogChoose') return (n, k) => f(n! + k!, k!);
  return f;
}

/** Points of a case's domain that are exact in float32. */
function points({ domain }: Case): fc.Arbitrary<number[]> {
  const axes = domain.map(([low, high]) =>
    low > 0 && high / low > 10
      ? fc.double({ min: Math.log(low), max: Math.log(high), noNaN: true }).map((x) => Math.fround(Math.exp(x)))
      : fc.double({ min: low, max: high, noNaN: true }).map((x) => Math.fround(x)),
  );
  return fc.tuple(...axes);
}

/** The first step of the differences at x: small against the distance to the poles of these functions. */
const step = (x: number) => 0.02 * Math.min(1, Math.abs(x) + 1e-3);

test('every elementwise op has its case here', () => {
  expect([...cases.map(({ kernel }) => kernel), ...inner].sort()).toEqual([...elementwiseOps.keys()].sort());
});

describeOnBackends('elementwise ops', (backend) => {
  describe.each(cases.map((c) => [c.kernel, c] as const))('%s', (_, c) => {
    const scalar = scalarOf(c);

    test('is its float64 function, rounded', () => {
      fc.assert(
        fc.property(points(c), (x) => {
          const expected = scalar(...x);
          const actual = expectNoLeak(() => tf.tidy(() => c.op(...x.map((v) => tf.scalar(v))).dataSync()[0]!));
          // LogChoose and Polygamma get a sum rounded to float32 first.
          expect(relativeError(actual, expected, 1e-30)).toBeLessThan(c.kernel === 'LogChoose' ? 1e-5 : 1.2e-7);
        }),
      );
    });

    const differentiated = c.domain.map((_range, i) => i).filter((i) => !c.constant?.includes(i));
    if (differentiated.length === 0) return;

    test('has the right gradient', () => {
      fc.assert(
        fc.property(points(c), (x) => {
          const gradients = expectNoLeak(() =>
            tf.tidy(() => tf.grads(c.op)(x.map((v) => tf.scalar(v))).map((g) => g.dataSync()[0]!)),
          );
          for (const i of differentiated) {
            const expected = derivative((v) => scalar(...x.map((w, j) => (j === i ? v : w))), x[i]!, step(x[i]!));
            expect(relativeError(gradients[i]!, expected, 1e-4)).toBeLessThan(3e-5);
          }
        }),
      );
    });

    if (backend !== BACKENDS[0]) return; // the second derivatives are compositions of the same kernels
    test('has the right second derivatives', () => {
      fc.assert(
        fc.property(points(c), (x) => {
          for (const i of differentiated) {
            for (const j of differentiated) {
              if (c.noSecond?.(i, j)) continue;
              const actual = tf.tidy(() => {
                const inputs = x.map((v) => tf.scalar(v));
                const inBoth = (u: tf.Tensor, v: tf.Tensor) =>
                  c.op(...inputs.map((input, k) => (k === i ? u : k === j ? v : input)));
                const first = (v: tf.Tensor) => tf.grad((u) => inBoth(u, v))(i === j ? v : inputs[i]!);
                return tf.grad(first)(inputs[j]!).dataSync()[0]!;
              });
              const at = (v: number, w: number) =>
                scalar(...x.map((u, k) => u + (k === i ? v : 0) + (k === j ? w : 0)));
              const expected = derivative((w) => derivative((v) => at(v, w), 0, step(x[i]!)), 0, step(x[j]!));
              expect(relativeError(actual, expected, 1e-2)).toBeLessThan(1e-3);
            }
          }
        }),
        { numRuns: 15 },
      );
    });
  });

  test('second derivatives that are missing say so', () => {
    const x = [2, 3].map((v) => tf.scalar(v));
    const inA = (a: tf.Tensor, b: tf.Tensor) => tf.grads(ops.igamma as Op)([a, b])[0]!;
    expect(() => tf.grads(inA as Op)(x)).toThrow(/ops.igamma: no second derivative/);
    tf.dispose(x);
  });

  test('broadcast as tfjs does, for ranks 0 to 4, and gradients have the shapes of the inputs', () => {
    const shapes = fc.array(fc.integer({ min: 0, max: 3 }), { maxLength: 4 }).chain((shape) => {
      const part = fc
        .tuple(fc.integer({ min: 0, max: shape.length }), fc.array(fc.boolean(), { minLength: 4, maxLength: 4 }))
        .map(([drop, ones]) => shape.slice(drop).map((size, i) => (ones[i] ? 1 : size)));
      return fc.tuple(part, part, part);
    });
    const filled = (shape: number[], offset: number) => {
      const size = shape.reduce((product, n) => product * n, 1);
      return tf.tensor(Float32Array.from({ length: size }, (_, i) => 0.3 + ((i * 7 + offset) % 11) / 20), shape);
    };
    fc.assert(
      fc.property(shapes, ([shapeA, shapeB, shapeC]) => {
        expectNoLeak(() =>
          tf.tidy(() => {
            const inputs = [filled(shapeA, 1), filled(shapeB, 3), filled(shapeC, 5)] as const;
            const [a, b, c] = inputs;
            // a + 0 b + 0 c: tfjs's own broadcasting.
            const full = tf.add(a, tf.add(tf.mul(0, b), tf.mul(0, c)));
            const spread = (x: tf.Tensor) => tf.add(x, tf.mul(0, full)).dataSync();
            const [flatA, flatB, flatC] = [spread(a), spread(b), spread(c)];
            const three = ops.betainc(a, b, c);
            expect(three.shape).toEqual(full.shape);
            const { f } = elementwiseOps.get('Betainc')!;
            expect([...three.dataSync()]).toEqual([...flatA].map((v, i) => Math.fround(f(v, flatB[i]!, flatC[i]!, 0))));
            tf.grads(ops.betainc)([...inputs]).forEach((g, i) => expect(g.shape).toEqual(inputs[i]!.shape));
            const two = ops.lbeta(a, b);
            expect(two.shape).toEqual(tf.add(a, b).shape);
            expect(ops.lgamma(a).shape).toEqual(shapeA);
            expect(tf.grad(ops.lgamma)(a).shape).toEqual(shapeA);
          }),
        );
      }),
    );
  });

  test('a broadcast gradient is the sum over the copies', () => {
    tf.tidy(() => {
      const [a, b] = [tf.tensor([2]), tf.tensor([[1, 2, 3], [4, 5, 6]])];
      const [ofA] = tf.grads((x: tf.Tensor, y: tf.Tensor) => ops.lbeta(x, y))([a, b]);
      const { f } = elementwiseOps.get('DigammaDifference')!;
      const expected = [1, 2, 3, 4, 5, 6].reduce((sum, y) => sum + f(2, y, 0, 0), 0);
      expect(ofA!.dataSync()[0]).toBeCloseTo(expected, 5);
    });
  });

  test('take numbers, arrays, integers and booleans', () => {
    expectNoLeak(() =>
      tf.tidy(() => {
        expect(ops.lgamma(5).dataSync()[0]).toBeCloseTo(Math.log(24), 5);
        expect(ops.lbeta([1, 2], 3).shape).toEqual([2]);
        expect(ops.lgamma(tf.tensor([5], [1], 'int32')).dtype).toBe('float32');
        expect(ops.erfc(tf.tensor([true])).dataSync()[0]).toBeCloseTo(0.157299, 5);
      }),
    );
    // What an op makes of a number is given back, tidy or not.
    expectNoLeak(() => ops.lbeta(1, [2, 3]), 1).dispose();
  });

  test('poles, infinities and NaN come through float32', () => {
    tf.tidy(() => {
      const x = [0, -1, Infinity, Number.NaN, 1e-30];
      expect([...ops.lgamma(x).dataSync()]).toEqual([Infinity, Infinity, Infinity, Number.NaN, Math.fround(69.07755279)]);
      expect([...ops.digamma([0, -1]).dataSync()]).toEqual([-Infinity, Number.NaN]);
      expect([...ops.logaddexp([-Infinity, 0], [-Infinity, -Infinity]).dataSync()]).toEqual([-Infinity, 0]);
    });
  });

  test('logaddexp, xlogy and their kin have finite gradients at their edges', () => {
    tf.tidy(() => {
      const at = (f: Op, ...x: number[]) => tf.grads(f)(x.map((v) => tf.scalar(v))).map((g) => g.dataSync()[0]);
      expect(at(ops.logaddexp as Op, -Infinity, -Infinity)).toEqual([0.5, 0.5]);
      expect(at(ops.logaddexp as Op, -Infinity, 1)).toEqual([0, 1]);
      expect(at(ops.xlogy as Op, 0, 0)).toEqual([0, 0]);
      expect(at(ops.xlogy as Op, 0, 1)).toEqual([0, 0]);
      expect(at(ops.xlogy as Op, 0, 2)[0]).toBeCloseTo(Math.LN2, 6);
      expect(at(ops.xlog1py as Op, 0, -1)).toEqual([0, 0]);
      expect(at(ops.log1mexp as Op, -Infinity)[0]).toBeCloseTo(0);
    });
  });

  test('shapes that do not broadcast are named', () => {
    expect(() => tf.tidy(() => ops.lbeta(tf.ones([2, 3]), tf.ones([2, 4])))).toThrow(/Lbeta: shapes \[2, 3\], \[2, 4\] do not broadcast/);
  });
});
