/** @file A builder that simplifies what it builds. */
import { GraphBuilder } from '../graph/builder.ts';
import type { BinaryFunction, Comparison, DType, NodeId, Reduction, Shape, UnaryFunction } from '../graph/node.ts';
import { at, broadcastShapes, sameShape, sizeOf } from '../graph/shape.ts';
import { rewriteCast, rewriteLattice, rewriteSelect, rewriteTruth, rewriteUnary } from './rules/choice.ts';
import { areOutOfOrder } from './rules/factors.ts';
import { beforeGather } from './rules/gathered.ts';
import { rewriteDot, rewriteTranspose } from './rules/matrix.ts';
import { rewritePow } from './rules/power.ts';
import { rewriteDiv, rewriteMul, rewriteNeg } from './rules/product.ts';
import { rewriteReduce } from './rules/reduce.ts';
import { rewriteScatterAdd } from './rules/scatter.ts';
import { rewriteGather, rewriteSlice } from './rules/slice.ts';
import { rewriteAdd, rewriteSub } from './rules/sum.ts';

type BinaryRule = (g: Rewriter, a: NodeId, b: NodeId) => NodeId | null;

const FLOAT_RULES: Readonly<Partial<Record<BinaryFunction, BinaryRule>>> = {
  add: rewriteAdd,
  sub: rewriteSub,
  mul: rewriteMul,
  div: rewriteDiv,
  pow: rewritePow,
  min: (g, a, b) => rewriteLattice(g, 'min', a, b),
  max: (g, a, b) => rewriteLattice(g, 'max', a, b),
};

const COMMUTATIVE: readonly string[] = ['add', 'mul', 'min', 'max', 'and', 'or', 'eq', 'ne'];

/**
 * A {@link GraphBuilder} whose methods give, where a rule knows it, a simpler node of the same value. Operands are simple
 * already when a method sees them, so that building a graph anew, node by node, applies every rule wherever it fits, in
 * time linear in the number of nodes.
 */
export class Rewriter extends GraphBuilder {
  /** Nodes that more than one other reads. */
  readonly #shared = new Set<NodeId>();

  /** Says that the node is read more than once, so that a rule that takes it apart would not be rid of it. */
  markShared(id: NodeId): void {
    this.#shared.add(id);
    // What the rules see through is read as often as they let through.
    const node = this.node(id);
    if (node.op === 'reshape' || node.op === 'broadcast' || (node.op === 'unary' && node.fn === 'neg')) this.markShared(node.x);
  }

  /** Whether the node is known to be read more than once. */
  isShared(id: NodeId): boolean {
    return this.#shared.has(id);
  }

  override unary(fn: UnaryFunction, x: NodeId): NodeId {
    return this.#entrywise(fn, [x], ([a = x]) => {
      return (fn === 'neg' ? rewriteNeg(this, a) : rewriteUnary(this, fn, a)) ?? super.unary(fn, a);
    });
  }

  override binary(fn: BinaryFunction, a: NodeId, b: NodeId): NodeId {
    return this.#entrywise(fn, [a, b], ([x = a, y = b]) => {
      const rule = this.dtype(x) === 'float' && this.dtype(y) === 'float' ? FLOAT_RULES[fn] : undefined;
      const simpler = rule?.(this, x, y) ?? (isLogical(fn) ? rewriteTruth(this, fn, x, y) ?? rewriteLattice(this, fn, x, y) : null);
      if (simpler !== null) return simpler;
      const isDisordered = fn === 'mul' && this.dtype(x) === 'float' ? areOutOfOrder(this, x, y) : this.#isDisordered(fn, x, y);
      return isDisordered ? super.binary(fn, y, x) : super.binary(fn, x, y);
    });
  }

  override compare(fn: Comparison, a: NodeId, b: NodeId): NodeId {
    return this.#entrywise(fn, [a, b], ([x = a, y = b]) => {
      return this.#isDisordered(fn, x, y) ? super.compare(fn, y, x) : super.compare(fn, x, y);
    });
  }

  override select(condition: NodeId, a: NodeId, b: NodeId): NodeId {
    return this.#entrywise('select', [condition, a, b], ([c = condition, x = a, y = b]) => {
      return rewriteSelect(this, c, x, y) ?? super.select(c, x, y);
    });
  }

  override special(fn: string, ...args: readonly NodeId[]): NodeId {
    return this.#entrywise(fn, args, (own) => super.special(fn, ...own));
  }

  override cast(x: NodeId, dtype: DType): NodeId {
    return this.#entrywise('cast', [x], ([a = x]) => rewriteCast(this, a, dtype) ?? super.cast(a, dtype));
  }

  override transpose(x: NodeId, permutation: readonly number[]): NodeId {
    if (permutation.every((axis, i) => axis === i)) return x;
    return rewriteTranspose(this, x, permutation) ?? super.transpose(x, permutation);
  }

  override slice(x: NodeId, begin: readonly number[], shape: Shape, strides: readonly number[] = shape.map(() => 1)): NodeId {
    const steps = strides.map((stride, axis) => (at(shape, axis) <= 1 ? 1 : stride));
    if (sameShape(this.shape(x), shape) && steps.every((stride) => stride === 1)) return x;
    return rewriteSlice(this, x, { begin, shape, strides: steps }) ?? super.slice(x, begin, shape, steps);
  }

  override gather(x: NodeId, indices: NodeId, axis: number): NodeId {
    return rewriteGather(this, x, indices, axis) ?? super.gather(x, indices, axis);
  }

  override scatterAdd(updates: NodeId, indices: NodeId, size: number): NodeId {
    return rewriteScatterAdd(this, updates, indices, size) ?? super.scatterAdd(updates, indices, size);
  }

  override reduce(fn: Reduction, x: NodeId, axes: readonly number[]): NodeId {
    if (fn === 'argmax' || fn === 'argmin') return super.reduce(fn, x, axes);
    const shape = this.shape(x);
    const long = axes.filter((axis) => shape[axis] !== 1).sort((a, b) => a - b);
    const simpler = (): NodeId => rewriteReduce(this, fn, x, long) ?? super.reduce(fn, x, long);
    const result = shape.filter((_, axis) => !axes.includes(axis));
    return this.reshape(long.length === 0 ? x : simpler(), result);
  }

  override dot(a: NodeId, b: NodeId, transposeA: boolean = false, transposeB: boolean = false): NodeId {
    return rewriteDot(this, a, b, transposeA, transposeB) ?? super.dot(a, b, transposeA, transposeB);
  }

  /** Whether a commutative function's operands should change places, so that equal nodes have them in the same order. */
  #isDisordered(fn: string, a: NodeId, b: NodeId): boolean {
    if (!COMMUTATIVE.includes(fn) || this.dtype(a) !== this.dtype(b) || this.isConstant(b)) return false;
    return this.isConstant(a) || a > b;
  }

  /**
   * An elementwise node of the operands as they were before they were broadcast or reshaped, which is done to the result
   * instead: so rules see through both, and what holds one number is a scalar.
   */
  #entrywise(fn: string, operands: readonly NodeId[], make: (operands: readonly NodeId[]) => NodeId): NodeId {
    const shapes = operands.map((id) => this.shape(id));
    if (shapes.every((shape) => shape.length === 0)) return make(operands);
    const shape = broadcastShapes(...shapes);
    const bare = operands.map((id) => this.#bare(id));
    return this.broadcast(beforeGather(this, fn, bare, make) ?? this.#beforeReshape(bare, make), shape);
  }

  /** Without a broadcast; a scalar if it holds one number. */
  #bare(id: NodeId): NodeId {
    const node = this.node(id);
    const source = node.op === 'broadcast' ? node.x : id;
    return sizeOf(this.shape(source)) === 1 ? this.reshape(source, []) : source;
  }

  /** If all operands but scalars were reshaped from one shape to another, the reshape of the result. */
  #beforeReshape(operands: readonly NodeId[], make: (operands: readonly NodeId[]) => NodeId): NodeId {
    const nodes = operands.map((id) => this.node(id));
    const first = nodes.find((node) => node.shape.length > 0);
    if (first?.op !== 'reshape') return make(operands);
    const source = this.shape(first.x);
    const areAlike = nodes.every(
      (node) =>
        node.shape.length === 0 ||
        (node.op === 'reshape' && sameShape(node.shape, first.shape) && sameShape(this.shape(node.x), source)),
    );
    if (!areAlike) return make(operands);
    const result = make(nodes.map((node, i) => (node.op === 'reshape' && node.shape.length > 0 ? node.x : at(operands, i))));
    return this.reshape(this.broadcast(result, source), first.shape);
  }
}

function isLogical(fn: BinaryFunction): boolean {
  return fn === 'and' || fn === 'or';
}
