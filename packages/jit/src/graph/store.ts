/** @file The growing list of nodes: each thing once, and what is constant worked out at once. */
import { evaluateNode } from './evaluate/evaluate.ts';
import type { Value } from './evaluate/positions.ts';
import { broadcastTo } from './evaluate/positions.ts';
import type { Rounding } from './evaluate/rounding.ts';
import { exact } from './evaluate/rounding.ts';
import type { ConstantNode, DType, Node, NodeId, Shape } from './node.ts';
import { NodeNames } from './nodeNames.ts';
import { operandsOf } from './operands.ts';
import { at, formatShape, sizeOf } from './shape.ts';

/**
 * Nodes in the order of their making. A node equal to an earlier one is that one; a node whose operands are constants is
 * evaluated, in float64, and becomes a constant; a constant all of whose entries are equal becomes a broadcast scalar.
 */
export class NodeStore {
  readonly nodes: Node[] = [];
  readonly #names = new NodeNames();
  readonly #constants = new Map<string, NodeId[]>();
  /** What becomes of floats that are constant. */
  readonly round: Rounding;

  constructor(round: Rounding = exact) {
    this.round = round;
  }

  /** The node of that name. */
  node(id: NodeId): Node {
    return at(this.nodes, id);
  }

  /** The shape of the node of that name. */
  shape(id: NodeId): Shape {
    return this.node(id).shape;
  }

  /** The type of the node of that name. */
  dtype(id: NodeId): DType {
    return this.node(id).dtype;
  }

  /** Whether the node's value does not depend on inputs. */
  isConstant(id: NodeId): boolean {
    const node = this.node(id);
    return node.op === 'constant' || (node.op === 'broadcast' && this.node(node.x).op === 'constant');
  }

  /** The node's value if it does not depend on inputs, else null. */
  constantValue(id: NodeId): Value | null {
    const node = this.node(id);
    if (node.op === 'constant') return node;
    if (node.op !== 'broadcast') return null;
    const x = this.node(node.x);
    return x.op === 'constant' ? { shape: node.shape, values: broadcastTo(x, node.shape) } : null;
  }

  /**
   * A constant. The values are copied unless they are a `Float64Array`, which must not change any more.
   *
   * @throws Error when there are not as many values as the shape says.
   */
  constant(values: ArrayLike<number>, shape: Shape, dtype: DType): NodeId {
    if (values.length !== sizeOf(shape)) {
      throw new Error(`a constant of shape ${formatShape(shape)} cannot hold ${values.length} values`);
    }
    const given = values instanceof Float64Array ? values : Float64Array.from(values);
    const doubles = this.round === exact || dtype !== 'float' ? given : given.map(this.round);
    const first = doubles[0];
    if (first !== undefined && shape.length > 0 && isUniform(doubles)) {
      const scalar = this.#constant({ op: 'constant', shape: [], dtype, values: Float64Array.of(first) });
      return this.intern({ op: 'broadcast', shape: [...shape], dtype, x: scalar });
    }
    return this.#constant({ op: 'constant', shape: [...shape], dtype, values: doubles });
  }

  /** A constant of another graph. @throws Error when the node is none. */
  copyConstant(from: NodeStore, id: NodeId): NodeId {
    const node = from.node(id);
    if (node.op === 'constant') return this.#constant(node);
    if (node.op !== 'broadcast') throw new Error(`copyConstant: a node of kind ${node.op} is not a constant`);
    return this.intern({ ...node, x: this.copyConstant(from, node.x) });
  }

  /** The name of `node`, which is evaluated if its operands are constants. */
  protected emit(node: Node): NodeId {
    // What is most frequent, without a list of operands.
    if (node.op === 'binary' && !(this.isConstant(node.a) && this.isConstant(node.b))) return this.intern(node);
    const operands = operandsOf(node);
    if (!operands.every((id) => this.isConstant(id))) return this.intern(node);
    const values = operands.flatMap((id) => this.constantValue(id) ?? []);
    return this.constant(evaluateNode(node, values, this.round), node.shape, node.dtype);
  }

  /** The name of `node`, new only if no equal node is there. */
  protected intern(node: Node): NodeId {
    const id = this.#names.find(node, this.nodes.length);
    return id === this.nodes.length ? this.append(node) : id;
  }

  /** The name of `node`, which is new without looking for an equal one. */
  protected append(node: Node): NodeId {
    return this.nodes.push(node) - 1;
  }

  #constant(node: ConstantNode): NodeId {
    const key = `${node.dtype}${formatShape(node.shape)}${hash(node.values)}`;
    const candidates = this.#constants.get(key) ?? [];
    const known = candidates.find((id) => {
      const other = this.node(id);
      return other.op === 'constant' && sameValues(other.values, node.values);
    });
    if (known !== undefined) return known;
    const id = this.nodes.push(node) - 1;
    this.#constants.set(key, [...candidates, id]);
    return id;
  }
}

/** How many entries of an array make its hash: data are large, and hardly ever alike but in all or nothing. */
const SAMPLED = 64;

/** FNV-1a over the bits, 32 at a time, of entries spread over the array. */
function hash(values: Float64Array): number {
  const words = new Uint32Array(values.buffer, values.byteOffset, values.length * 2);
  const step = 2 * Math.max(1, Math.floor(values.length / SAMPLED));
  let h = 0x811c9dc5 ^ values.length;
  for (let i = 0; i < words.length; i += step) h = Math.imul(Math.imul(h ^ at(words, i), 0x01000193) ^ at(words, i + 1), 0x01000193);
  return h;
}

function sameValues(a: Float64Array, b: Float64Array): boolean {
  if (a === b) return true;
  for (let i = 0; i < a.length; i++) if (!Object.is(a[i], b[i])) return false;
  return true;
}

function isUniform(values: Float64Array): boolean {
  const first = values[0];
  for (let i = 1; i < values.length; i++) if (!Object.is(values[i], first)) return false;
  return true;
}
