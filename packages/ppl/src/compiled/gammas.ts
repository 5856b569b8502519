/**
 * @file Differences of gamma functions in nodes. As `ops/scalar` does, they subtract the leading parts of Stirling's formula on
 * paper where an argument is large; but both ways are computed, and each function of one argument alone, so that what
 * is constant, or the same for all entries, is computed once.
 */
import type { GraphBuilder, NodeId } from '@tychejs/jit';
import { ASYMPTOTIC, DIGAMMA_SERIES } from '../ops/scalar/digamma.ts';
import { STIRLING, STIRLING_SERIES } from '../ops/scalar/lgamma.ts';

/** log B(a, b) for a, b > 0. */
export function lbeta(g: GraphBuilder, a: NodeId, b: NodeId): NodeId {
  const sum = g.binary('add', a, b);
  const isLess = g.compare('lt', a, b);
  const smaller = (f: (x: NodeId) => NodeId): NodeId => g.select(isLess, f(a), f(b));
  const larger = (f: (x: NodeId) => NodeId): NodeId => g.select(isLess, f(b), f(a));
  const itself = (x: NodeId): NodeId => x;
  const lgamma = (x: NodeId): NodeId => g.special('Lgamma', x);
  const [p, q] = [smaller(itself), larger(itself)];
  // log Γ(p + q) - log Γ(q): as it stands, or by Stirling's formula.
  const direct = g.binary('sub', lgamma(sum), larger(lgamma));
  const logs = g.binary('add', g.binary('mul', p, larger((x) => g.unary('log', x))), growth(g, sum, p, q));
  const errors = g.binary('sub', stirlingError(g, sum), larger((x) => stirlingError(g, x)));
  const stirling = g.binary('add', logs, errors);
  const rise = g.select(g.compare('le', g.scalar(STIRLING), q), stirling, direct);
  return g.binary('sub', smaller(lgamma), rise);
}

/** (sum - 1/2) log(1 + p / q) - p. */
function growth(g: GraphBuilder, sum: NodeId, p: NodeId, q: NodeId): NodeId {
  const log = g.unary('log1p', g.binary('div', p, q));
  return g.binary('sub', g.binary('mul', g.binary('sub', sum, g.scalar(0.5)), log), p);
}

/** digamma(a) - digamma(a + b) for a > 0, b >= 0. */
export function digammaDifference(g: GraphBuilder, a: NodeId, b: NodeId): NodeId {
  const sum = g.binary('add', a, b);
  const direct = g.binary('sub', g.special('Digamma', a), g.special('Digamma', sum));
  const log = g.unary('log1p', g.binary('div', b, a));
  const smooth = g.binary('sub', digammaRest(g, sum), g.binary('add', log, digammaRest(g, a)));
  return g.select(g.compare('le', g.scalar(ASYMPTOTIC), a), smooth, direct);
}

/** What log x exceeds digamma(x) by, for large x. */
function digammaRest(g: GraphBuilder, x: NodeId): NodeId {
  const inverse = g.binary('div', g.scalar(1), x);
  const square = g.binary('mul', inverse, inverse);
  return g.binary('add', g.binary('mul', inverse, g.scalar(0.5)), g.binary('mul', square, polynomial(g, DIGAMMA_SERIES, square)));
}

/** What log Γ(x) exceeds the first terms of Stirling's formula by, for large x. */
function stirlingError(g: GraphBuilder, x: NodeId): NodeId {
  const inverse = g.binary('div', g.scalar(1), x);
  return g.binary('mul', inverse, polynomial(g, STIRLING_SERIES, g.binary('mul', inverse, inverse)));
}

/** c0 + c1 x + c2 x² + ..., by Horner's rule. */
function polynomial(g: GraphBuilder, coefficients: readonly number[], x: NodeId): NodeId {
  const terms = coefficients.map((c) => g.scalar(c));
  return terms.reduceRight((sum, c) => g.binary('add', g.binary('mul', sum, x), c));
}
