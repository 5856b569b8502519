/** @file Lowerings of elementwise kernels. */
import * as tf from '@tensorflow/tfjs-core';
import type { GraphBuilder } from '../../graph/builder.ts';
import type { BinaryFunction, Comparison, DType, NodeId, UnaryFunction } from '../../graph/node.ts';
import type { Lowering, LoweringTable } from './lowering.ts';
import { attrsOf, dtypeOf, inputList, inputOf } from './lowering.ts';

const unary =
  (fn: UnaryFunction): Lowering =>
  (call, g) =>
    g.unary(fn, inputOf(call, 'x'));

const binary =
  (fn: BinaryFunction): Lowering =>
  (call, g) =>
    g.binary(fn, inputOf(call, 'a'), inputOf(call, 'b'));

const compare =
  (fn: Comparison, first: 'a' | 'b', second: 'a' | 'b'): Lowering =>
  (call, g) =>
    g.compare(fn, inputOf(call, first), inputOf(call, second));

/** A lowering that says a kernel of one input in terms of other operations. */
const of =
  (make: (x: NodeId, g: GraphBuilder) => NodeId): Lowering =>
  (call, g) =>
    make(inputOf(call, 'x'), g);

/** The type that holds both: float before int before bool. */
export function upcast(a: DType, b: DType): DType {
  if (a === 'float' || b === 'float') return 'float';
  return a === 'int' || b === 'int' ? 'int' : 'bool';
}

const isFinite: Lowering = of((x, g) => g.compare('lt', g.unary('abs', x), g.scalar(Infinity)));

/** tfjs gives whole numbers as ints, even of floats. */
function floorDiv(a: NodeId, b: NodeId, g: GraphBuilder): NodeId {
  const quotient = g.binary('div', g.cast(a, 'float'), g.cast(b, 'float'));
  return g.cast(g.unary('floor', quotient), 'int');
}

/** Kernels that work entry by entry. */
export const ELEMENTWISE: LoweringTable = {
  [tf.Abs]: unary('abs'),
  [tf.Acos]: unary('acos'),
  [tf.Acosh]: unary('acosh'),
  [tf.Asin]: unary('asin'),
  [tf.Asinh]: unary('asinh'),
  [tf.Atan]: unary('atan'),
  [tf.Atanh]: unary('atanh'),
  [tf.Ceil]: unary('ceil'),
  [tf.Cos]: unary('cos'),
  [tf.Cosh]: unary('cosh'),
  [tf.Erf]: of((x, g) => g.special('erf', x)),
  [tf.Exp]: unary('exp'),
  [tf.Expm1]: unary('expm1'),
  [tf.Floor]: unary('floor'),
  [tf.Log]: unary('log'),
  [tf.Log1p]: unary('log1p'),
  [tf.LogicalNot]: unary('not'),
  [tf.Neg]: unary('neg'),
  [tf.Reciprocal]: of((x, g) => g.binary('div', g.scalar(1), x)),
  [tf.Round]: unary('round'),
  [tf.Rsqrt]: of((x, g) => g.binary('div', g.scalar(1), g.unary('sqrt', x))),
  [tf.Sigmoid]: unary('sigmoid'),
  [tf.Sign]: unary('sign'),
  [tf.Sin]: unary('sin'),
  [tf.Sinh]: unary('sinh'),
  [tf.Softplus]: unary('softplus'),
  [tf.Sqrt]: unary('sqrt'),
  [tf.Square]: of((x, g) => g.binary('mul', x, x)),
  [tf.Tan]: unary('tan'),
  [tf.Tanh]: unary('tanh'),

  [tf.IsFinite]: isFinite,
  [tf.IsInf]: of((x, g) => g.compare('eq', g.unary('abs', x), g.scalar(Infinity))),
  [tf.IsNan]: of((x, g) => g.compare('ne', x, x)),

  [tf.Add]: binary('add'),
  [tf.AddN]: (call, g) => inputList(call).reduce((sum, x) => g.binary('add', sum, x)),
  [tf.Atan2]: binary('atan2'),
  [tf.FloorDiv]: (call, g) => floorDiv(inputOf(call, 'a'), inputOf(call, 'b'), g),
  [tf.Maximum]: binary('max'),
  [tf.Minimum]: binary('min'),
  [tf.Mod]: binary('mod'),
  [tf.Multiply]: binary('mul'),
  [tf.Pow]: binary('pow'),
  [tf.RealDiv]: binary('div'),
  [tf.SquaredDifference]: (call, g) => {
    const difference = g.binary('sub', inputOf(call, 'a'), inputOf(call, 'b'));
    return g.binary('mul', difference, difference);
  },
  [tf.Sub]: binary('sub'),

  [tf.Equal]: compare('eq', 'a', 'b'),
  [tf.Greater]: compare('lt', 'b', 'a'),
  [tf.GreaterEqual]: compare('le', 'b', 'a'),
  [tf.Less]: compare('lt', 'a', 'b'),
  [tf.LessEqual]: compare('le', 'a', 'b'),
  [tf.NotEqual]: compare('ne', 'a', 'b'),

  [tf.LogicalAnd]: binary('and'),
  [tf.LogicalOr]: binary('or'),

  [tf.Select]: (call, g) => {
    const [a, b] = [inputOf(call, 't'), inputOf(call, 'e')];
    const dtype = upcast(g.dtype(a), g.dtype(b));
    return g.select(inputOf(call, 'condition'), g.cast(a, dtype), g.cast(b, dtype));
  },
  [tf.Cast]: (call, g) => g.cast(inputOf(call, 'x'), dtypeOf(attrsOf<tf.CastAttrs>(call).dtype)),
  [tf.Identity]: of((x) => x),
};
