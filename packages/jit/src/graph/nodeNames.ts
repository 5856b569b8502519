/** @file Finding a node that is equal to a new one: quick, since a trace makes as many nodes as it runs kernels. */
import { BINARY, COMPARE, UNARY } from './functions.ts';
import type { Node, NodeId, Shape } from './node.ts';
import { TripleMap } from './tripleMap.ts';

/** Numbers of the functions of one and two operands. */
const CODES: Readonly<Record<'unary' | 'binary' | 'compare', ReadonlyMap<string, number>>> = {
  unary: numbered(UNARY, 0),
  binary: numbered(BINARY, 100),
  compare: numbered(COMPARE, 200),
};

/** Numbers of the nodes that a shape says everything about. */
const [RESHAPE, BROADCAST] = [300, 301] as const;

function numbered(table: object, from: number): ReadonlyMap<string, number> {
  return new Map(Object.keys(table).map((name, i) => [name, from + i]));
}

/**
 * The names of nodes by what they are. The shapes and types of elementwise nodes are not looked at, since they follow from
 * those of the operands.
 */
export class NodeNames {
  readonly #simple = new TripleMap();
  readonly #other = new Map<string, NodeId>();
  readonly #shapes = new Map<string, number>();

  /** The name of a node equal to `node`; if there is none, `id`, which from now on is the name of that node. */
  find(node: Node, id: NodeId): NodeId {
    if (node.op === 'unary') return this.#findSimple(CODES.unary.get(node.fn) ?? -1, node.x, 0, id);
    if (node.op === 'binary' || node.op === 'compare') {
      return this.#findSimple(CODES[node.op].get(node.fn) ?? -1, node.a, node.b, id);
    }
    if (node.op === 'reshape') return this.#findSimple(RESHAPE, node.x, this.#shapeNumber(node.shape), id);
    if (node.op === 'broadcast') return this.#findSimple(BROADCAST, node.x, this.#shapeNumber(node.shape), id);
    const key = stringOf(node);
    const known = this.#other.get(key);
    if (known === undefined) this.#other.set(key, id);
    return known ?? id;
  }

  #findSimple(code: number, a: number, b: number, id: NodeId): NodeId {
    const known = this.#simple.get(code, a, b);
    if (known >= 0) return known;
    this.#simple.set(code, a, b, id);
    return id;
  }

  #shapeNumber(shape: Shape): number {
    const key = shape.join();
    const known = this.#shapes.get(key);
    if (known !== undefined) return known;
    const number = this.#shapes.size;
    this.#shapes.set(key, number);
    return number;
  }
}

function stringOf(node: Node): string {
  if (node.op === 'slice') return `slice${node.x}|${node.begin.join()}|${node.shape.join()}|${node.strides.join()}`;
  if (node.op === 'pad') return `pad${node.x}|${node.before.join()}|${node.shape.join()}|${formatNumber(node.value)}`;
  return JSON.stringify(node, replacer);
}

/** JSON has no infinities, NaN or negative zero, which pads may hold. */
function replacer(_key: string, value: unknown): unknown {
  return typeof value === 'number' && (!Number.isFinite(value) || Object.is(value, -0)) ? formatNumber(value) : value;
}

function formatNumber(value: number): string {
  return Object.is(value, -0) ? '-0' : String(value);
}
