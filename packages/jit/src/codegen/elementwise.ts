/** @file Instructions for the nodes that work number by number. */
import type { BinaryNode, CompareNode, UnaryNode } from '../graph/node.ts';
import { at } from '../graph/shape.ts';
import type { Value } from '../schedule/schedule.ts';
import type { Local } from '../wasm/encode/functionBuilder.ts';
import type { Lanes } from '../wasm/lanes/lanes.ts';
import type { MathFunctions } from '../wasm/math/functions.ts';
import { Held } from './held.ts';

/** The value of an elementwise node from those of its operands; `inline` as in {@link MathFunctions.emit}. */
export function emitElementwise(lanes: Lanes, math: MathFunctions, node: Value, args: readonly Held[], inline: boolean): Held {
  const held = emit(lanes, math, node, args, inline);
  const isWhole = node.dtype !== 'int' || node.op === 'copy' || node.op === 'part' || node.op === 'select';
  return isWhole ? held : Held.number(lanes, toInt32(lanes, held.number));
}

function emit(lanes: Lanes, math: MathFunctions, node: Value, args: readonly Held[], inline: boolean): Held {
  const arg = (i: number): Held => at(args, i);
  switch (node.op) {
    case 'copy':
    case 'part':
      return arg(0);
    case 'unary':
      return emitUnary(lanes, math, node, arg(0), inline);
    case 'binary':
      return emitBinary(lanes, math, node, arg(0), arg(1), inline);
    case 'compare':
      return Held.mask(lanes, emitCompare(lanes, node, arg(0).number, arg(1).number));
    case 'select':
      return Held.number(lanes, lanes.select(arg(0).mask, arg(1).number, arg(2).number));
    case 'special':
      return Held.number(lanes, math.emit(lanes, node.fn, args.map(({ number }) => number), inline));
    case 'cast':
      return node.dtype === 'bool' ? Held.mask(lanes, arg(0).mask) : arg(0);
    default:
      throw new Error(`${node.op} is not elementwise`);
  }
}

function emitUnary(lanes: Lanes, math: MathFunctions, node: UnaryNode, x: Held, inline: boolean): Held {
  const { fn } = node;
  switch (fn) {
    case 'abs':
    case 'neg':
    case 'sqrt':
    case 'floor':
    case 'ceil':
      return Held.number(lanes, lanes[fn](x.number));
    case 'round':
      return Held.number(lanes, lanes.nearest(x.number));
    case 'not':
      return Held.mask(lanes, lanes.not(x.mask));
    case 'sign':
      return Held.number(lanes, emitSign(lanes, x.number));
    default:
      return Held.number(lanes, math.emit(lanes, fn, [x.number], inline));
  }
}

function emitBinary(lanes: Lanes, math: MathFunctions, node: BinaryNode, a: Held, b: Held, inline: boolean): Held {
  const { fn } = node;
  switch (fn) {
    case 'and':
    case 'or':
      return Held.mask(lanes, lanes[fn](a.mask, b.mask));
    case 'add':
    case 'sub':
    case 'mul':
    case 'div':
    case 'min':
    case 'max':
      return Held.number(lanes, lanes[fn](a.number, b.number));
    default:
      return Held.number(lanes, math.emit(lanes, fn, [a.number, b.number], inline));
  }
}

function emitCompare(lanes: Lanes, { fn }: CompareNode, a: Local, b: Local): Local {
  return lanes[fn](a, b);
}

/** 0 for NaN, as tfjs has it. */
function emitSign(lanes: Lanes, x: Local): Local {
  const zero = lanes.constant(0);
  const negative = lanes.select(lanes.lt(x, zero), lanes.constant(-1), zero);
  return lanes.select(lanes.lt(zero, x), lanes.constant(1), negative);
}

/** To a whole number, as `| 0` does: towards zero, wrapped to 32 bits, NaN to 0. */
function toInt32(lanes: Lanes, x: Local): Local {
  const whole = lanes.trunc(x);
  const half = lanes.constant(2 ** 31);
  const turns = lanes.floor(lanes.div(lanes.add(whole, half), lanes.constant(2 ** 32)));
  const wrapped = lanes.sub(whole, lanes.mul(turns, lanes.constant(2 ** 32)));
  return lanes.select(lanes.eq(wrapped, wrapped), wrapped, lanes.constant(0));
}
