/**
 * @file The functions of numbers behind this library's tfjs kernels, by kernel name: what a compiled program may call. No
 * tfjs is imported, so that a worker can have them without it.
 */
import { keyedBernoulli, keyedBinomial, keyedGamma, keyedLogGamma, keyedPoisson, keyedVonMises } from '../../random/keyed.ts';
import { besselRatio, besselRatioGrad, logBesselI0 } from './bessel.ts';
import { betainc, betaincGradA, betaincGradB, betaincGradX } from './betainc.ts';
import { digamma, digammaDifference, polygamma } from './digamma.ts';
import { erfc, erfinv } from './erf.ts';
import { density, gammaSampleGradient, igamma, igammac, igammaGradA, logGammaSampleGradient } from './gammainc.ts';
import { lbeta, logChoose } from './lbeta.ts';
import { lgamma } from './lgamma.ts';
import { log1mexp, logaddexp, logit, logSigmoid, softplusInverse, xdivy, xlog1py, xlogy } from './logs.ts';
import { logNdtr, ndtr, ndtri, normalHazard } from './normal.ts';

/** The second argument, whatever the first: a draw, of which only the derivative depends on its parameter. */
export const second = (_: number, draw: number): number => draw;

/** The derivative of digamma: of its own name for compilers, though tfjs sees a {@link polygamma}. */
export const trigamma = (x: number): number => polygamma(1, x);

/** A function of one to four numbers. */
export type ScalarFunction = (a: number, b: number, c: number, d: number) => number;

/** Those with a kernel in this library; `erf` is tfjs's own. */
export const SCALAR_FUNCTIONS: Readonly<Record<string, ScalarFunction>> = {
  BernoulliDraw: keyedBernoulli,
  BesselRatio: besselRatio,
  BesselRatioGrad: besselRatioGrad,
  Betainc: betainc,
  BetaincGradA: betaincGradA,
  BetaincGradB: betaincGradB,
  BetaincGradX: betaincGradX,
  BinomialDraw: keyedBinomial,
  Digamma: digamma,
  DigammaDifference: digammaDifference,
  Erfc: erfc,
  Erfinv: erfinv,
  GammaDensity: density,
  GammaDraw: keyedGamma,
  Igamma: igamma,
  Igammac: igammac,
  IgammaGradA: igammaGradA,
  Lbeta: lbeta,
  Lgamma: lgamma,
  Log1mExp: log1mexp,
  LogAddExp: logaddexp,
  LogBesselI0: logBesselI0,
  LogChoose: logChoose,
  LogGammaDraw: keyedLogGamma,
  LogNdtr: logNdtr,
  LogSigmoid: logSigmoid,
  Logit: logit,
  Ndtr: ndtr,
  Ndtri: ndtri,
  NormalHazard: normalHazard,
  PathwiseGamma: second,
  PathwiseLogGamma: second,
  PoissonDraw: keyedPoisson,
  Polygamma: polygamma,
  RandomGammaGrad: gammaSampleGradient,
  RandomLogGammaGrad: logGammaSampleGradient,
  SoftplusInverse: softplusInverse,
  Trigamma: trigamma,
  VonMisesDraw: keyedVonMises,
  Xdivy: xdivy,
  Xlog1py: xlog1py,
  Xlogy: xlogy,
};
