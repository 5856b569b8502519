/** @file What tfjs lacks: differentiable special functions and linear algebra, on every backend. */
export { besselRatio, logBesselI0 } from './bessel.ts';
export { cholesky, choleskySolve, logAbsDetTriangular, logdet } from './cholesky.ts';
export { cumLogSumExp } from './cumLogSumExp.ts';
export type { CumLogSumExpOptions } from './cumLogSumExp.ts';
export type { BinaryOp, Operand, TernaryOp, UnaryOp } from './elementwise.ts';
export { erfc, erfinv } from './erf.ts';
export { digamma, digammaDifference, lbeta, lgamma, logChoose, polygamma, trigamma } from './gamma.ts';
export { betainc, igamma, igammac } from './incomplete.ts';
export { expit, log1mexp, logaddexp, logit, logSigmoid, softplusInverse, xdivy, xlog1py, xlogy } from './logs.ts';
export { logSoftmax, logSumExp } from './logSumExp.ts';
export { logNdtr, ndtr, ndtri, normalHazard } from './normal.ts';
export { matVec, outer } from './products.ts';
export { gammaSampleGradient, randomGamma, randomLogGamma } from './randomGamma.ts';
export { safeWhere } from './safeWhere.ts';
export { stopGradient } from './stopGradient.ts';
export { diagEmbed, diagPart, tril, triu } from './triangle.ts';
export { triangularSolve } from './triangularSolve.ts';
export type { TriangularSolveOptions } from './triangularSolve.ts';
