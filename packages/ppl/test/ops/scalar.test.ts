import fc from 'fast-check';
import { besselRatio, besselRatioGrad, logBesselI0 } from '../../src/ops/scalar/bessel.ts';
import { betainc, betaincGradA, betaincGradB, betaincGradX } from '../../src/ops/scalar/betainc.ts';
import { digamma, digammaDifference, polygamma } from '../../src/ops/scalar/digamma.ts';
import { erf, erfc, erfcinv, erfcx, erfinv } from '../../src/ops/scalar/erf.ts';
import {
  density,
  gammaSampleGradient,
  igamma,
  igammac,
  igammaGradA,
  logGammaSampleGradient,
} from '../../src/ops/scalar/gammainc.ts';
import { lbeta, logChoose } from '../../src/ops/scalar/lbeta.ts';
import { lgamma } from '../../src/ops/scalar/lgamma.ts';
import * as logs from '../../src/ops/scalar/logs.ts';
import { logNdtr, ndtr, ndtri, normalHazard } from '../../src/ops/scalar/normal.ts';
import { derivative, relativeError } from '../helpers/finiteDifference.ts';
import { referenceTables } from '../helpers/reference.ts';

fc.configureGlobal({ seed: 19 });

type NumberFunction = (...args: number[]) => number;

/** name of the table, function, allowed error, and the size below which that error is absolute. */
type Row = [name: string, f: NumberFunction, tolerance: number, floor?: number];

function checkTables(file: string, rows: Row[]): void {
  const tables = referenceTables(file);
  test.each(rows)('%s', (name, f, tolerance, floor = 1e-300) => {
    const table = tables.get(name)!;
    expect(table.rows.length).toBeGreaterThan(5);
    for (const { args, y } of table.rows) {
      const error = relativeError(f(...args), y, floor);
      if (!(error < tolerance)) throw new Error(`${name}(${args.join(', ')}) = ${f(...args)}, should be ${y}: error ${error}`);
    }
  });
}

describe('agreement with mpmath', () => {
  checkTables('elementary.json', [
    ['erf', erf, 1e-15],
    ['erfc', erfc, 2e-15],
    ['erfinv', erfinv, 2e-15],
    ['lgamma', lgamma, 1e-15],
    ['digamma', digamma, 2e-15, 1],
    ['trigamma', (x) => polygamma(1, x!), 2e-15],
    ['log_ndtr', logNdtr, 1e-14],
    ['sigmoid', logs.sigmoid, 1e-15],
    ['softplus', logs.softplus, 1e-15],
  ]);
  checkTables('special.json', [
    ['igamma', igamma, 1e-13],
    ['igammac', igammac, 1e-13],
    ['igammaGradA', igammaGradA, 1e-12],
    ['gammaSampleGradient', gammaSampleGradient, 1e-12],
    ['betainc', betainc, 1e-13],
    ['betaincGradX', betaincGradX, 1e-12],
    ['betaincGradA', betaincGradA, 1e-12],
    ['betaincGradB', betaincGradB, 1e-12],
    ['lbeta', lbeta, 2e-15],
    ['digammaDifference', digammaDifference, 1e-13],
    ['logChoose', logChoose, 1e-14],
    ['polygamma', polygamma, 2e-15],
    ['logBesselI0', logBesselI0, 2e-15],
    ['besselRatio', besselRatio, 3e-15],
    ['ndtri', ndtri, 2e-15],
    ['ndtr', ndtr, 2e-15],
    ['normalHazard', normalHazard, 2e-15],
    ['log1pmx', logs.log1pmx, 2e-15],
    ['erfcx', erfcx, 2e-15],
    ['log1mexp', logs.log1mexp, 1e-15],
    ['softplusInverse', logs.softplusInverse, 1e-15],
    ['logit', logs.logit, 1e-15],
    ['lgammaNegative', lgamma, 1e-14, 1],
    ['digammaNegative', digamma, 1e-14],
  ]);
});

describe('limits and poles', () => {
  test.each<[string, number, number]>([
    ['lgamma(0)', lgamma(0), Infinity],
    ['lgamma(-3)', lgamma(-3), Infinity],
    ['lgamma(1)', lgamma(1), 0],
    ['lgamma(2)', lgamma(2), 0],
    ['lgamma(inf)', lgamma(Infinity), Infinity],
    ['lgamma(-inf)', lgamma(-Infinity), Infinity],
    ['lgamma(nan)', lgamma(Number.NaN), Number.NaN],
    ['digamma(0)', digamma(0), -Infinity],
    ['digamma(-2)', digamma(-2), Number.NaN],
    ['digamma(inf)', digamma(Infinity), Infinity],
    ['trigamma(0)', polygamma(1, 0), Infinity],
    ['polygamma(2, 0)', polygamma(2, 0), -Infinity],
    ['polygamma(1, inf)', polygamma(1, Infinity), 0],
    ['polygamma(1, -1)', polygamma(1, -1), Number.NaN],
    ['polygamma(0.5, 1)', polygamma(0.5, 1), Number.NaN],
    ['erf(inf)', erf(Infinity), 1],
    ['erf(-inf)', erf(-Infinity), -1],
    ['erfc(inf)', erfc(Infinity), 0],
    ['erfc(-inf)', erfc(-Infinity), 2],
    ['erfc(nan)', erfc(Number.NaN), Number.NaN],
    ['erfinv(1)', erfinv(1), Infinity],
    ['erfinv(-1)', erfinv(-1), -Infinity],
    ['erfinv(0)', erfinv(0), 0],
    ['erfinv(1.1)', erfinv(1.1), Number.NaN],
    ['erfinv(nan)', erfinv(Number.NaN), Number.NaN],
    ['erfcinv(0)', erfcinv(0), Infinity],
    ['erfcinv(2)', erfcinv(2), -Infinity],
    ['erfcinv(-1)', erfcinv(-1), Number.NaN],
    ['ndtr(-inf)', ndtr(-Infinity), 0],
    ['ndtr(inf)', ndtr(Infinity), 1],
    ['ndtr(-40)', ndtr(-40), 0],
    ['logNdtr(-inf)', logNdtr(-Infinity), -Infinity],
    ['logNdtr(inf)', logNdtr(Infinity), 0],
    ['normalHazard(inf)', normalHazard(Infinity), 0],
    ['normalHazard(-inf)', normalHazard(-Infinity), Infinity],
    ['ndtri(0)', ndtri(0), -Infinity],
    ['ndtri(1)', ndtri(1), Infinity],
    ['ndtri(2)', ndtri(2), Number.NaN],
    ['igamma(2, 0)', igamma(2, 0), 0],
    ['igamma(2, inf)', igamma(2, Infinity), 1],
    ['igamma(0, 1)', igamma(0, 1), 1],
    ['igamma(inf, 1)', igamma(Infinity, 1), 0],
    ['igamma(-1, 1)', igamma(-1, 1), Number.NaN],
    ['igamma(1, -1)', igamma(1, -1), Number.NaN],
    ['igammac(2, 0)', igammac(2, 0), 1],
    ['igammac(2, 1e4)', igammac(2, 1e4), 0],
    ['igammaGradA(2, 0)', igammaGradA(2, 0), 0],
    ['density(1, 0)', density(1, 0), 1],
    ['density(2, 0)', density(2, 0), 0],
    ['density(0.5, 0)', density(0.5, 0), Infinity],
    ['density(2, inf)', density(2, Infinity), 0],
    ['gammaSampleGradient(2, 0)', gammaSampleGradient(2, 0), 0],
    ['gammaSampleGradient(-1, 1)', gammaSampleGradient(-1, 1), Number.NaN],
    ['betainc(2, 3, 0)', betainc(2, 3, 0), 0],
    ['betainc(2, 3, 1)', betainc(2, 3, 1), 1],
    ['betainc(2, 3, 1.5)', betainc(2, 3, 1.5), Number.NaN],
    ['betaincGradX(1, 3, 0)', betaincGradX(1, 3, 0), 3],
    ['betaincGradX(3, 1, 1)', betaincGradX(3, 1, 1), 3],
    ['betaincGradX(0.5, 3, 0)', betaincGradX(0.5, 3, 0), Infinity],
    ['betaincGradA(2, 3, 0)', betaincGradA(2, 3, 0), 0],
    ['lbeta(0, 1)', lbeta(0, 1), Infinity],
    ['lbeta(-1, 1)', lbeta(-1, 1), Number.NaN],
    ['logChoose(5, 0)', logChoose(5, 0), 0],
    ['logChoose(5, 6)', logChoose(5, 6), -Infinity],
    ['log1mexp(0)', logs.log1mexp(0), -Infinity],
    ['log1mexp(-inf)', logs.log1mexp(-Infinity), 0],
    ['log1mexp(1)', logs.log1mexp(1), Number.NaN],
    ['logaddexp(-inf, -inf)', logs.logaddexp(-Infinity, -Infinity), -Infinity],
    ['logaddexp(inf, -inf)', logs.logaddexp(Infinity, -Infinity), Infinity],
    ['logaddexp(-inf, 3)', logs.logaddexp(-Infinity, 3), 3],
    ['logaddexp(nan, 0)', logs.logaddexp(Number.NaN, 0), Number.NaN],
    ['logaddexp(0, nan)', logs.logaddexp(0, Number.NaN), Number.NaN],
    ['logit(0)', logs.logit(0), -Infinity],
    ['logit(1)', logs.logit(1), Infinity],
    ['logit(-1)', logs.logit(-1), Number.NaN],
    ['xlogy(0, 0)', logs.xlogy(0, 0), 0],
    ['xlogy(0, nan)', logs.xlogy(0, Number.NaN), Number.NaN],
    ['xlogy(1, 0)', logs.xlogy(1, 0), -Infinity],
    ['xlog1py(0, -1)', logs.xlog1py(0, -1), 0],
    ['xdivy(0, 0)', logs.xdivy(0, 0), 0],
    ['softplusInverse(0)', logs.softplusInverse(0), -Infinity],
    ['softplus(800)', logs.softplus(800), 800],
    ['logSigmoid(-800)', logs.logSigmoid(-800), -800],
    ['besselRatio(inf)', besselRatio(Infinity), 1],
    ['besselRatio(0)', besselRatio(0), 0],
    ['logBesselI0(0)', logBesselI0(0), 0],
  ])('%s', (_, actual, expected) => expect(actual + 0).toBe(expected)); // -0 counts as 0
});

describe('identities', () => {
  const positive = (low: number, high: number) =>
    fc.double({ min: Math.log(low), max: Math.log(high), noNaN: true }).map(Math.exp);

  test('lgamma(x + 1) = lgamma(x) + log x, and its derivative is digamma', () => {
    fc.assert(
      fc.property(positive(1e-3, 1e4), (x) => {
        expect(relativeError(lgamma(x + 1), lgamma(x) + Math.log(x), 1)).toBeLessThan(1e-13);
        expect(relativeError(derivative(lgamma, x, 0.1 * x), digamma(x), 1e-2)).toBeLessThan(1e-7);
        expect(relativeError(derivative(digamma, x, 0.1 * x), polygamma(1, x))).toBeLessThan(1e-7);
      }),
    );
  });

  test('the lower and the upper incomplete gamma function add to 1, and P(a, x) - P(a + 1, x) is a density', () => {
    fc.assert(
      fc.property(positive(1e-2, 1e5), fc.double({ min: -4, max: 4, noNaN: true }), (a, z) => {
        const x = Math.max(a + z * Math.sqrt(a), a / 10);
        expect(relativeError(igamma(a, x) + igammac(a, x), 1)).toBeLessThan(1e-15);
        expect(Math.abs(igamma(a, x) - igamma(a + 1, x) - density(a + 1, x))).toBeLessThan(2e-13);
      }),
    );
  });

  test('the sample gradient is the derivative of the quantile in the concentration', () => {
    const quantile = (a: number, p: number) => {
      let [low, high] = [-800, Math.log(a + 40 * Math.sqrt(a) + 40)];
      for (let i = 0; i < 64; i++) {
        const middle = (low + high) / 2;
        if (igamma(a, Math.exp(middle)) < p) low = middle;
        else high = middle;
      }
      return Math.exp((low + high) / 2);
    };
    // Whole numbers too: there the continued fraction ends, but not its derivative.
    const concentration = fc.oneof(positive(0.05, 1e4), fc.integer({ min: 1, max: 50 }));
    fc.assert(
      fc.property(concentration, fc.double({ min: 0.02, max: 0.98, noNaN: true }), (a, p) => {
        const x = quantile(a, p);
        const expected = derivative((at) => quantile(at, p), a, 0.05 * a);
        expect(relativeError(gammaSampleGradient(a, x), expected, 1e-12)).toBeLessThan(1e-5);
        expect(relativeError(logGammaSampleGradient(a, Math.log(x)) * x, gammaSampleGradient(a, x))).toBeLessThan(1e-12);
      }),
      { numRuns: 60 },
    );
  });

  test('the log sample gradient has its limit where the sample underflows', () => {
    // P(a, x) is x^a / Gamma(a + 1) there, so that log x = (log p + lgamma(a + 1)) / a.
    const [a, logX] = [0.01, -2000];
    const logP = a * logX - lgamma(a + 1);
    const expected = derivative((at) => (logP + lgamma(at + 1)) / at, a, 1e-3);
    expect(relativeError(logGammaSampleGradient(a, logX), expected)).toBeLessThan(1e-8);
  });

  test('I(a, b, x) = 1 - I(b, a, 1 - x), and its derivative is the beta density', () => {
    fc.assert(
      fc.property(positive(0.05, 1e3), positive(0.05, 1e3), fc.integer({ min: 1, max: 1023 }), (a, b, k) => {
        const x = k / 1024; // 1 - x is exact
        expect(Math.abs(betainc(a, b, x) + betainc(b, a, 1 - x) - 1)).toBeLessThan(1e-13);
        const slope = Math.exp((a - 1) * Math.log(x) + (b - 1) * Math.log1p(-x) - lbeta(a, b));
        expect(relativeError(betaincGradX(a, b, x), slope)).toBeLessThan(1e-10);
      }),
    );
  });

  test('the derivatives of I in a and b are right for whole numbers too', () => {
    const size = fc.oneof(positive(0.1, 300), fc.integer({ min: 1, max: 20 }));
    fc.assert(
      fc.property(size, size, fc.double({ min: 0.02, max: 0.98, noNaN: true }), (a, b, x) => {
        const slack = 1e-8 * Math.max(1, betainc(a, b, x) / Math.min(a, b));
        expect(Math.abs(derivative((at) => betainc(at, b, x), a, 0.05 * a) - betaincGradA(a, b, x))).toBeLessThan(slack);
        expect(Math.abs(derivative((at) => betainc(a, at, x), b, 0.05 * b) - betaincGradB(a, b, x))).toBeLessThan(slack);
      }),
    );
  });

  test('inverses', () => {
    fc.assert(
      fc.property(fc.double({ min: -5, max: 5, noNaN: true }), (x) => {
        // The derivative of erfinv at erf(x) multiplies the rounding error of erf(x) there.
        expect(Math.abs(erfinv(erf(x)) - x)).toBeLessThan(1e-15 * (10 + Math.exp(x * x)));
        expect(Math.abs(erfcinv(erfc(Math.abs(x))) - Math.abs(x))).toBeLessThan(1e-14);
        expect(Math.abs(logs.softplusInverse(logs.softplus(x)) - x)).toBeLessThan(1e-12);
        expect(Math.abs(logs.logit(logs.sigmoid(x)) - x)).toBeLessThan(1e-12);
        expect(Math.abs(ndtri(ndtr(-Math.abs(x))) + Math.abs(x))).toBeLessThan(1e-14);
      }),
    );
  });

  test('the Bessel ratio is the derivative of log I0, and has its own', () => {
    for (const x of [1e-5, 0.3, 2, 20, 24.99, 25, 60, 999, 1001, 1e5]) {
      expect(relativeError(derivative(logBesselI0, x, 0.2 * x), besselRatio(x))).toBeLessThan(1e-8);
      const step = x < 1000 ? 0.2 * x : 0.5 * x;
      expect(relativeError(derivative(besselRatio, x, step), besselRatioGrad(x))).toBeLessThan(1e-6);
    }
  });
});
