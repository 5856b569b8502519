/** @file Making nodes: shapes and types worked out, and what says nothing left out. */
import { evaluateLoop } from './evaluate/loop.ts';
import { interpret } from './interpret.ts';
import type { LoopParts } from './loop.ts';
import { outsideOf } from './indices.ts';
import { loopResults } from './loop.ts';
import type {
  BinaryFunction,
  Comparison,
  DType,
  LoopNode,
  Node,
  NodeId,
  NodeOf,
  Part,
  Reduction,
  Shape,
  UnaryFunction,
  WindowGeometry,
} from './node.ts';
import { operandsOf } from './operands.ts';
import { at, broadcastShapes, formatShape, sameShape, sizeOf } from './shape.ts';
import { NodeStore } from './store.ts';

/** An operand that leaves the other as it is: `x + 0`, `x - 0`, `x * 1`, `x / 1`. */
const NEUTRAL: Readonly<Partial<Record<BinaryFunction, { readonly value: number; readonly onLeft: boolean }>>> = {
  add: { value: 0, onLeft: true },
  sub: { value: 0, onLeft: false },
  mul: { value: 1, onLeft: true },
  div: { value: 1, onLeft: false },
};

/**
 * Builds a graph, one operation a method. Methods take and give the names of nodes; operations that would change nothing
 * (a reshape to the same shape, a slice of everything, `x * 1`) give their operand back.
 */
export class GraphBuilder extends NodeStore {
  /** The `index`-th argument of the graph. */
  input(index: number, shape: Shape, dtype: DType): NodeId {
    return this.intern({ op: 'input', index, shape: [...shape], dtype });
  }

  /** A constant scalar. */
  scalar(value: number, dtype: DType = 'float'): NodeId {
    return this.constant([value], [], dtype);
  }

  /** A function of each entry. */
  unary(fn: UnaryFunction, x: NodeId): NodeId {
    const { op, shape, dtype } = this.node(x);
    if (op !== 'broadcast') return this.emit({ op: 'unary', fn, shape, dtype, x });
    return this.#elementwise([x], ([a = x], own) => ({ op: 'unary', fn, shape: own, dtype, x: a }));
  }

  /** A function of two entries, with broadcasting; the result has the type of `a`. */
  binary(fn: BinaryFunction, a: NodeId, b: NodeId): NodeId {
    const [left, right] = [this.node(a), this.node(b)];
    const { dtype } = left;
    const areAlike = sameShape(left.shape, right.shape);
    const shape = areAlike ? left.shape : broadcastShapes(left.shape, right.shape);
    const neutral = NEUTRAL[fn];
    if (neutral && this.isUniform(b, neutral.value)) return this.broadcast(a, shape);
    if (neutral?.onLeft && this.dtype(b) === dtype && this.isUniform(a, neutral.value)) return this.broadcast(b, shape);
    if (areAlike && left.op !== 'broadcast' && right.op !== 'broadcast') return this.emit({ op: 'binary', fn, shape, dtype, a, b });
    return this.#elementwise([a, b], ([x = a, y = b], own) => ({ op: 'binary', fn, shape: own, dtype, a: x, b: y }));
  }

  /** A comparison of two entries, with broadcasting. */
  compare(fn: Comparison, a: NodeId, b: NodeId): NodeId {
    return this.#elementwise([a, b], ([x = a, y = b], shape) => ({ op: 'compare', fn, shape, dtype: 'bool', a: x, b: y }));
  }

  /** `a` where `condition` holds, else `b`, with broadcasting. */
  select(condition: NodeId, a: NodeId, b: NodeId): NodeId {
    const dtype = this.dtype(a);
    return this.#elementwise([condition, a, b], ([c = condition, x = a, y = b], shape) => ({
      op: 'select',
      shape,
      dtype,
      condition: c,
      a: x,
      b: y,
    }));
  }

  /** A function registered with `registerFunction`, with broadcasting. */
  special(fn: string, ...args: readonly NodeId[]): NodeId {
    return this.#elementwise(args, (own, shape) => ({ op: 'special', fn, shape, dtype: 'float', args: own }));
  }

  /** The same numbers as another type. */
  cast(x: NodeId, dtype: DType): NodeId {
    if (this.dtype(x) === dtype) return x;
    return this.#elementwise([x], ([a = x], shape) => ({ op: 'cast', shape, dtype, x: a }));
  }

  /** `x` repeated up to `shape`. @throws Error when it does not broadcast to it. */
  broadcast(x: NodeId, shape: Shape): NodeId {
    const node = this.node(x);
    if (sameShape(node.shape, shape)) return x;
    if (!sameShape(broadcastShapes(node.shape, shape), shape)) {
      throw new Error(`shape ${formatShape(node.shape)} does not broadcast to ${formatShape(shape)}`);
    }
    if (sizeOf(node.shape) === sizeOf(shape)) return this.reshape(x, shape);
    const source = this.#unbroadcast(x);
    const whole = sizeOf(this.shape(source)) === 1 ? this.reshape(source, []) : source;
    return this.intern({ op: 'broadcast', shape: [...shape], dtype: node.dtype, x: whole });
  }

  /** The same values in another shape. */
  reshape(x: NodeId, shape: Shape): NodeId {
    const node = this.node(x);
    if (sizeOf(node.shape) !== sizeOf(shape)) {
      throw new Error(`shape ${formatShape(node.shape)} cannot be reshaped to ${formatShape(shape)}`);
    }
    const source = node.op === 'reshape' ? node.x : x;
    if (sameShape(this.shape(source), shape)) return source;
    return this.#move(source, { op: 'reshape', shape: [...shape], dtype: node.dtype, x: source });
  }

  /** Axis i of the result is axis `permutation[i]`. */
  transpose(x: NodeId, permutation: readonly number[]): NodeId {
    const { shape: old, dtype } = this.node(x);
    if (permutation.every((axis, i) => axis === i)) return x;
    const shape = permutation.map((axis) => at(old, axis));
    // If the axes longer than 1 keep their order, so do the values.
    const long = permutation.filter((axis) => old[axis] !== 1);
    if (long.every((axis, i) => i === 0 || at(long, i - 1) < axis)) return this.reshape(x, shape);
    return this.#move(x, { op: 'transpose', shape, dtype, x, permutation: [...permutation] });
  }

  /** `shape` entries from `begin` on, `strides` apart. */
  slice(x: NodeId, begin: readonly number[], shape: Shape, strides: readonly number[] = shape.map(() => 1)): NodeId {
    const { shape: old, dtype } = this.node(x);
    const steps = strides.map((stride, axis) => (at(shape, axis) <= 1 ? 1 : stride));
    if (sameShape(old, shape) && steps.every((stride) => stride === 1)) return x;
    return this.#move(x, { op: 'slice', shape: [...shape], dtype, x, begin: [...begin], strides: steps });
  }

  /** `x` within `before` and `after` entries of `value` along each axis. */
  pad(x: NodeId, before: readonly number[], after: readonly number[], value: number): NodeId {
    const { shape: old, dtype } = this.node(x);
    const shape = old.map((n, axis) => n + at(before, axis) + at(after, axis));
    if (sameShape(old, shape)) return x;
    return this.emit({ op: 'pad', shape, dtype, x, before: [...before], value });
  }

  /** The parts one after another; those that hold nothing are left out. */
  concat(parts: readonly NodeId[], axis: number): NodeId {
    const first = at(parts, 0);
    const full = parts.filter((part) => sizeOf(this.shape(part)) > 0);
    if (full.length <= 1) return full[0] ?? first;
    const total = full.reduce((sum, part) => sum + at(this.shape(part), axis), 0);
    const shape = this.shape(first).map((n, i) => (i === axis ? total : n));
    return this.emit({ op: 'concat', shape, dtype: this.dtype(first), parts: full, axis });
  }

  /**
   * Parts within an array of `fill`; those that hold nothing are left out.
   *
   * @throws RangeError when a part reaches outside.
   */
  assemble(parts: readonly Part[], shape: Shape, fill: number, accumulate: boolean, dtype: DType): NodeId {
    for (const { x, begin } of parts) {
      if (this.shape(x).some((n, axis) => at(begin, axis) < 0 || at(begin, axis) + n > at(shape, axis))) {
        throw new RangeError(`a part of shape ${formatShape(this.shape(x))} at ${formatShape(begin)} is not within ${formatShape(shape)}`);
      }
    }
    const full = parts.filter(({ x }) => sizeOf(this.shape(x)) > 0);
    const [first] = full;
    if (first === undefined) return this.broadcast(this.scalar(fill, dtype), shape);
    if (full.length === 1 && sameShape(this.shape(first.x), shape)) return first.x;
    return this.emit({ op: 'assemble', shape: [...shape], dtype, parts: full, fill, accumulate });
  }

  /** The entries of `x` along `axis` at `indices`, as `x[:axis], indices, x[axis + 1:]`. */
  gather(x: NodeId, indices: NodeId, axis: number): NodeId {
    const { shape: old, dtype } = this.node(x);
    const shape = [...old.slice(0, axis), ...this.shape(indices), ...old.slice(axis + 1)];
    const known = this.constantValue(indices);
    const outside = known === null ? null : outsideOf(known.values, at(old, axis));
    if (outside !== null) throw new RangeError(`index ${outside} is not within axis ${axis} of ${formatShape(old)}`);
    return this.#move(x, { op: 'gather', shape, dtype, x, indices, axis });
  }

  /** `updates` [n, rest] summed at `indices` [n] into [size, rest]. */
  scatterAdd(updates: NodeId, indices: NodeId, size: number): NodeId {
    const { shape, dtype } = this.node(updates);
    return this.emit({ op: 'scatterAdd', shape: [size, ...shape.slice(1)], dtype, updates, indices });
  }

  /** A reduction that removes `axes`. */
  reduce(fn: Reduction, x: NodeId, axes: readonly number[]): NodeId {
    const node = this.node(x);
    const shape = node.shape.filter((_, axis) => !axes.includes(axis));
    if (fn === 'argmax' || fn === 'argmin') {
      return this.emit({ op: 'reduce', fn, shape, dtype: 'int', x, axes: [...axes] });
    }
    if (axes.every((axis) => node.shape[axis] === 1)) return this.reshape(x, shape);
    return this.emit({ op: 'reduce', fn, shape, dtype: node.dtype, x, axes: axes.toSorted((a, b) => a - b) });
  }

  /** A running sum or product. */
  cumulative(fn: 'sum' | 'prod', x: NodeId, axis: number, exclusive: boolean, reverse: boolean): NodeId {
    const { shape, dtype } = this.node(x);
    return this.emit({ op: 'cumulative', fn, shape, dtype, x, axis, exclusive, reverse });
  }

  /** The product of matrices, the axes before the last two broadcast. */
  dot(a: NodeId, b: NodeId, transposeA: boolean = false, transposeB: boolean = false): NodeId {
    const [left, right] = [this.shape(a), this.shape(b)];
    const [m, k] = lastTwo(left, transposeA);
    const [inner, n] = lastTwo(right, transposeB);
    if (k !== inner) throw new Error(`dot: shapes ${formatShape(left)} and ${formatShape(right)} do not fit`);
    const shape = [...broadcastShapes(left.slice(0, -2), right.slice(0, -2)), m, n];
    return this.emit({ op: 'dot', shape, dtype: this.dtype(a), a, b, transposeA, transposeB });
  }

  /** The lower Cholesky factor. */
  cholesky(x: NodeId): NodeId {
    return this.emit({ op: 'cholesky', shape: this.shape(x), dtype: 'float', x });
  }

  /** The solution of triangular systems. */
  triangularSolve(matrix: NodeId, rhs: NodeId, lower: boolean, transpose: boolean): NodeId {
    const [left, right] = [this.shape(matrix), this.shape(rhs)];
    const shape = [...broadcastShapes(left.slice(0, -2), right.slice(0, -2)), ...right.slice(-2)];
    return this.emit({ op: 'triangularSolve', shape, dtype: 'float', matrix, rhs, lower, transpose });
  }

  /** A convolution of channels-last arrays; `shape` is that of the result. */
  conv(x: NodeId, filter: NodeId, geometry: WindowGeometry, groups: number, shape: Shape): NodeId {
    return this.emit({ op: 'conv', shape: [...shape], dtype: 'float', x, filter, geometry, groups });
  }

  /** The gradient of a convolution in its input, of the given shape. */
  convGradInput(dy: NodeId, filter: NodeId, geometry: WindowGeometry, groups: number, shape: Shape): NodeId {
    return this.emit({ op: 'convGradInput', shape: [...shape], dtype: 'float', dy, filter, geometry, groups });
  }

  /** The gradient of a convolution in its filter, of the given shape. */
  convGradFilter(x: NodeId, dy: NodeId, geometry: WindowGeometry, groups: number, shape: Shape): NodeId {
    return this.emit({ op: 'convGradFilter', shape: [...shape], dtype: 'float', x, dy, geometry, groups });
  }

  /** Maximum or mean over windows; `shape` is that of the result. */
  pool(fn: 'max' | 'mean', x: NodeId, geometry: WindowGeometry, shape: Shape): NodeId {
    return this.emit({ op: 'pool', fn, shape: [...shape], dtype: this.dtype(x), x, geometry });
  }

  /** The gradient of max pooling. */
  maxPoolGrad(x: NodeId, dy: NodeId, geometry: WindowGeometry): NodeId {
    return this.emit({ op: 'maxPoolGrad', shape: this.shape(x), dtype: 'float', x, dy, geometry });
  }

  /** The gradient of mean pooling, of the given shape. */
  meanPoolGrad(dy: NodeId, geometry: WindowGeometry, shape: Shape): NodeId {
    return this.emit({ op: 'meanPoolGrad', shape: [...shape], dtype: 'float', dy, geometry });
  }

  /** A loop; the names of its results. @throws Error when its parts do not fit, see {@link loopResults}. */
  loop(parts: LoopParts): NodeId[] {
    const { body, length, reverse = false, carries, scanned, invariants } = parts;
    const results = loopResults(parts, (id) => this.node(id));
    const first = at(results, 0);
    const node: LoopNode = { op: 'loop', ...first, body, length, reverse, numCarries: carries.length, carries, scanned, invariants };
    const known = operandsOf(node).map((id) => this.constantValue(id));
    if (known.every((value) => value !== null)) {
      const values = evaluateLoop(node, known, (graph, inputs) => interpret(graph, inputs).outputs);
      return values.map((value, i) => this.constant(value.values, value.shape, at(results, i).dtype));
    }
    if (length === 0) {
      return results.map(({ shape, dtype }, i) => carries[i] ?? this.constant([], shape, dtype));
    }
    const loop = this.append(node);
    const items: NodeId[] = [];
    results.forEach((type, index) => {
      // A result that is stacked twice is one: a state that is a result too, and kept for the gradient.
      const twin = body.outputs.indexOf(at(body.outputs, index), carries.length);
      items.push(items[twin] ?? this.append({ op: 'item', ...type, x: loop, index }));
    });
    return items;
  }

  /** Elementwise nodes read past broadcasts, so that they run over no more entries than they need. */
  #elementwise(operands: readonly NodeId[], make: (operands: readonly NodeId[], shape: Shape) => Node): NodeId {
    const shape = broadcastShapes(...operands.map((id) => this.shape(id)));
    const own = operands.map((id) => this.#unbroadcast(id));
    if (own.every((id, i) => id === operands[i])) return this.emit(make(own, shape));
    const node = make(own, broadcastShapes(...own.map((id) => this.shape(id))));
    return this.broadcast(this.emit(node), shape);
  }

  #unbroadcast(id: NodeId): NodeId {
    const node = this.node(id);
    return node.op === 'broadcast' ? node.x : id;
  }

  /** A node that moves data: of one scalar repeated, that scalar repeated anew. */
  #move(x: NodeId, node: NodeOf<'reshape' | 'transpose' | 'slice' | 'gather'>): NodeId {
    const source = this.#unbroadcast(x);
    const isRepeated = source !== x && sizeOf(this.shape(source)) === 1 && sizeOf(node.shape) > 0;
    return isRepeated ? this.broadcast(source, node.shape) : this.emit(node);
  }

  /** Whether every entry is a constant of this value. */
  isUniform(id: NodeId, value: number): boolean {
    const node = this.node(this.#unbroadcast(id));
    return node.op === 'constant' && node.values.length === 1 && node.values[0] === value;
  }
}

function lastTwo(shape: Shape, transposed: boolean): [number, number] {
  const [rows, columns] = [at(shape, shape.length - 2), at(shape, shape.length - 1)];
  return transposed ? [columns, rows] : [rows, columns];
}
