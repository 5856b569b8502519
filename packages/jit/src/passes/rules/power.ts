/**
 * @file Powers with constant exponents.
 *
 * Law: within three units in the last place of `pow`, but at -Infinity, whose fractional powers here are NaN.
 */
import type { NodeId } from '../../graph/node.ts';
import type { Rewriter } from '../rewriter.ts';
import { uniformValue } from './operand.ts';

const POWERS: Readonly<Record<string, (g: Rewriter, x: NodeId) => NodeId>> = {
  0: (g) => g.scalar(1),
  0.5: (g, x) => g.unary('sqrt', x),
  1: (_, x) => x,
  1.5: (g, x) => g.binary('mul', x, g.unary('sqrt', x)),
  2: square,
  3: (g, x) => g.binary('mul', square(g, x), x),
  4: (g, x) => square(g, square(g, x)),
  '-0.5': (g, x) => reciprocal(g, g.unary('sqrt', x)),
  '-1': reciprocal,
  // Of the reciprocal, not the other way round: the square of a great number overflows before its reciprocal vanishes.
  '-2': (g, x) => square(g, reciprocal(g, x)),
};

function square(g: Rewriter, x: NodeId): NodeId {
  return g.binary('mul', x, x);
}

function reciprocal(g: Rewriter, x: NodeId): NodeId {
  return g.binary('div', g.scalar(1), x);
}

/** `x ** exponent`. */
export function rewritePow(g: Rewriter, x: NodeId, exponent: NodeId): NodeId | null {
  const power = uniformValue(g, exponent);
  return power === null ? null : (POWERS[String(power)]?.(g, x) ?? null);
}
