/** @file Lowerings of elementwise kernels: into arithmetic that a compiler knows, or calls of functions by name. */
import type { GraphBuilder, KernelCall, Lowering, NodeId } from '@tychejs/jit';
import { inputOf } from '@tychejs/jit';
import { digammaDifference, lbeta } from './gammas.ts';

/** A kernel in terms of nodes, given its inputs. */
type Formula = (g: GraphBuilder, ...inputs: NodeId[]) => NodeId;

/** `a` where x is 0 and y a number, else `b`: what keeps 0 log 0 at 0. */
const unlessZero = (g: GraphBuilder, x: NodeId, y: NodeId, b: NodeId): NodeId => {
  const known = g.constantValue(x)?.values;
  if (known !== undefined && !known.includes(0)) return b;
  const isZero = g.compare('eq', x, g.scalar(0));
  return g.select(g.binary('and', isZero, g.compare('eq', y, y)), g.scalar(0), b);
};

/** log(1 - e^x) for x <= 0. Maechler (2012), "Accurately computing log(1 - exp(-|a|))", equation 7. */
const log1mexp: Formula = (g, x) => {
  const near = g.unary('log', g.unary('neg', g.unary('expm1', x)));
  const far = g.unary('log1p', g.unary('neg', g.unary('exp', x)));
  return g.select(g.compare('lt', g.scalar(-Math.LN2), x), near, far);
};

/** The larger + log(1 + e^-distance); equal infinities have no distance. */
export const logaddexp = (g: GraphBuilder, a: NodeId, b: NodeId): NodeId => {
  const larger = g.binary('max', a, b);
  const distance = g.binary('sub', larger, g.binary('min', a, b));
  const rest = g.unary('log1p', g.unary('exp', g.unary('neg', distance)));
  return g.binary('add', larger, g.select(g.compare('eq', a, b), g.scalar(Math.LN2), rest));
};

/**
 * Those that are worth saying in nodes, and how: by kernel name, the names of their inputs and the formula. In float64 these
 * agree with `ops/scalar` to a few units in the last place (of the larger term, where terms cancel).
 */
const FORMULAS: Readonly<Record<string, readonly [inputs: readonly string[], formula: Formula]>> = {
  LogSigmoid: [['x'], (g, x) => g.unary('neg', g.unary('softplus', g.unary('neg', x)))],
  Logit: [['p'], (g, p) => g.binary('sub', g.unary('log', p), g.unary('log1p', g.unary('neg', p)))],
  SoftplusInverse: [['y'], (g, y) => g.binary('add', y, log1mexp(g, g.unary('neg', y)))],
  Log1mExp: [['x'], log1mexp],
  LogAddExp: [['a', 'b'], logaddexp],
  Xlogy: [['x', 'y'], (g, x, y) => unlessZero(g, x, y, g.binary('mul', x, g.unary('log', y)))],
  Xlog1py: [['x', 'y'], (g, x, y) => unlessZero(g, x, y, g.binary('mul', x, g.unary('log1p', y)))],
  Xdivy: [['x', 'y'], (g, x, y) => unlessZero(g, x, y, g.binary('div', x, y))],
  Lbeta: [['a', 'b'], lbeta],
  DigammaDifference: [['a', 'b'], digammaDifference],
  BernoulliDraw: [['probs', 'u', 'v'], bernoulliDraw],
  PathwiseGamma: [['alpha', 'sample'], broadcastSecond],
  PathwiseLogGamma: [['alpha', 'logSample'], broadcastSecond],
  Polygamma: [['n', 'x'], polygamma],
};

/** One where the uniform number is not greater than the probability: in float32 it may be rounded to 1, but not to 0. */
function bernoulliDraw(g: GraphBuilder, probs: NodeId, u: NodeId, v: NodeId): NodeId {
  const finer = g.binary('mul', g.binary('sub', v, g.scalar(0.5)), g.scalar(2 ** -23));
  const draw = g.select(g.compare('le', g.binary('add', u, finer), probs), g.scalar(1), g.scalar(0));
  return g.select(g.compare('eq', probs, probs), draw, probs);
}

/** The draw itself, as wide as draw and parameter together. */
function broadcastSecond(g: GraphBuilder, parameter: NodeId, draw: NodeId): NodeId {
  return g.select(g.compare('eq', parameter, parameter), draw, draw);
}

/** Of order 0 and 1, where that is a constant number, under their own names. */
function polygamma(g: GraphBuilder, n: NodeId, x: NodeId): NodeId {
  const order = g.shape(n).length === 0 ? g.constantValue(n)?.values[0] : undefined;
  if (order === 0) return g.special('Digamma', x);
  return order === 1 ? g.special('Trigamma', x) : g.special('Polygamma', n, x);
}

/** The lowering of an elementwise kernel, or undefined if it is best called by name. */
export function elementwiseLowering(kernelName: string): Lowering | undefined {
  const entry = FORMULAS[kernelName];
  if (entry === undefined) return undefined;
  const [names, formula] = entry;
  return (call: KernelCall, g: GraphBuilder) => formula(g, ...names.map((name) => inputOf(call, name)));
}
