/** @file A builder that simplifies what it builds. */
import { GraphBuilder } from '../graph/builder.ts';
import type { BinaryFunction, Comparison, DType, NodeId, Part, Reduction, Shape, UnaryFunction } from '../graph/node.ts';
import { at, broadcastShapes, sameShape, sizeOf } from '../graph/shape.ts';
import { flatten, ownersOf, partsOfConcat } from './rules/assembled.ts';
import { rewriteCast, rewriteLattice, rewriteSelect, rewriteTruth, rewriteUnary } from './rules/choice.ts';
import { atDistinctValues, placesOfDistinct } from './rules/distinct.ts';
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

const LOGICAL_RULES: Readonly<Partial<Record<BinaryFunction, BinaryRule>>> = {
  and: (g, a, b) => rewriteTruth(g, 'and', a, b) ?? rewriteLattice(g, 'and', a, b),
  or: (g, a, b) => rewriteTruth(g, 'or', a, b) ?? rewriteLattice(g, 'or', a, b),
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
  readonly #inverses = new Map<NodeId, NodeId>();
  readonly #distinct = new Map<NodeId, ReturnType<typeof placesOfDistinct>>();
  /** Of assembled arrays that were sliced, which part each entry is from. */
  readonly #owners = new Map<NodeId, Int32Array>();

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

  /** `1 / s`. */
  invert(s: NodeId): NodeId {
    const inverse = this.binary('div', this.scalar(1), s);
    this.#inverses.set(s, inverse);
    return inverse;
  }

  /** What {@link invert} gave for s before, or null. */
  inverseOf(s: NodeId): NodeId | null {
    return this.#inverses.get(s) ?? null;
  }

  override unary(fn: UnaryFunction, x: NodeId): NodeId {
    return this.#isScalar(x) ? this.#unary(fn, x) : this.#entrywise(fn, [x], ([a = x]) => this.#unary(fn, a));
  }

  #unary(fn: UnaryFunction, x: NodeId): NodeId {
    return (fn === 'neg' ? rewriteNeg(this, x) : rewriteUnary(this, fn, x)) ?? super.unary(fn, x);
  }

  override binary(fn: BinaryFunction, a: NodeId, b: NodeId): NodeId {
    if (this.#isScalar(a) && this.#isScalar(b)) return this.#binary(fn, a, b);
    return this.#entrywise(fn, [a, b], ([x = a, y = b]) => this.#binary(fn, x, y));
  }

  #binary(fn: BinaryFunction, a: NodeId, b: NodeId): NodeId {
    const isFloat = this.dtype(a) === 'float' && this.dtype(b) === 'float';
    const simpler = (isFloat ? FLOAT_RULES : LOGICAL_RULES)[fn]?.(this, a, b) ?? null;
    if (simpler !== null) return simpler;
    const isDisordered = fn === 'mul' && isFloat ? areOutOfOrder(this, a, b) : this.#isDisordered(fn, a, b);
    return isDisordered ? super.binary(fn, b, a) : super.binary(fn, a, b);
  }

  #isScalar(id: NodeId): boolean {
    return this.shape(id).length === 0;
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

  override pad(x: NodeId, before: readonly number[], after: readonly number[], value: number): NodeId {
    const { shape: old, dtype } = this.node(x);
    const shape = old.map((n, axis) => n + at(before, axis) + at(after, axis));
    return this.assemble([{ x, begin: before }], shape, value, false, dtype);
  }

  override concat(parts: readonly NodeId[], axis: number): NodeId {
    const first = at(parts, 0);
    const total = parts.reduce((sum, part) => sum + at(this.shape(part), axis), 0);
    const shape = this.shape(first).map((n, i) => (i === axis ? total : n));
    return this.assemble(partsOfConcat((x) => this.shape(x), parts, axis), shape, 0, false, this.dtype(first));
  }

  override assemble(parts: readonly Part[], shape: Shape, fill: number, accumulate: boolean, dtype: DType): NodeId {
    const flat = accumulate ? parts : parts.flatMap((part) => flatten(this, part, fill));
    return super.assemble(flat, shape, fill, accumulate, dtype);
  }

  /** The part of an assembled array that the entry at a (flat) position is from; null if there is none, or several. */
  partAt(id: NodeId, position: number): Part | null {
    const node = this.node(id);
    if (node.op !== 'assemble' || node.accumulate) return null;
    const owners = this.#owners.get(id) ?? ownersOf(node.parts, node.shape, (x) => this.shape(x));
    this.#owners.set(id, owners);
    return node.parts[at(owners, position)] ?? null;
  }

  /** The places of the entries of a constant among its distinct ones; see {@link placesOfDistinct}. */
  distinct(id: NodeId): ReturnType<typeof placesOfDistinct> {
    const node = this.node(id);
    const known = this.#distinct.get(id);
    if (known !== undefined) return known;
    const result = node.op === 'constant' ? placesOfDistinct(node.values) : null;
    this.#distinct.set(id, result);
    return result;
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
    const shape = broadcastShapes(...operands.map((id) => this.shape(id)));
    if (shape.length === 0) return make(operands);
    const bare = operands.map((id) => this.#bare(id));
    const result = beforeGather(this, fn, bare, make) ?? atDistinctValues(this, fn, bare, make) ?? this.#beforeReshape(bare, make);
    return this.broadcast(result, shape);
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
