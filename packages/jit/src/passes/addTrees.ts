/** @file Sums of many terms that nobody reads in between: where they are, and what is added up in them. */
import type { Graph } from '../graph/graph.ts';
import type { Node, NodeId } from '../graph/node.ts';
import { at, sameShape } from '../graph/shape.ts';
import { countUses } from './uses.ts';

/** A term of a sum, as it is or negated. */
export interface Term {
  readonly id: NodeId;
  readonly isNegative: boolean;
}

/** The trees of additions in a graph that have a leaf of interest, of the shape of the tree. */
export class AddTrees {
  readonly #nodes: readonly Node[];
  /** Trees with a leaf of interest. */
  readonly #isRich: Uint8Array;
  /** Nodes that are part of the tree of their only user. */
  readonly #isInner: Uint8Array;

  /** @param isLeaf - whether a node is a leaf of interest. */
  constructor(graph: Graph, isLeaf: (node: Node) => boolean) {
    const { nodes } = graph;
    this.#nodes = nodes;
    this.#isRich = new Uint8Array(nodes.length);
    this.#isInner = new Uint8Array(nodes.length);
    const uses = countUses(graph);
    const joins = (node: Node, id: NodeId): boolean => {
      const operand = at(nodes, id);
      return this.#isRich[id] === 1 && isAddition(operand) && uses[id] === 1 && sameShape(operand.shape, node.shape);
    };
    const isLeafOf = (node: Node, id: NodeId): boolean => isLeaf(at(nodes, id)) && sameShape(at(nodes, id).shape, node.shape);
    nodes.forEach((node, id) => {
      const isTree = isAddition(node) && termsOf(node, false).some((term) => joins(node, term.id) || isLeafOf(node, term.id));
      if (isTree) this.#isRich[id] = 1;
      if (isTree) for (const term of termsOf(node, false)) if (joins(node, term.id)) this.#isInner[term.id] = 1;
    });
  }

  /** Whether the node is the top of a tree. */
  isRoot(id: NodeId): boolean {
    return this.#isRich[id] === 1 && this.#isInner[id] === 0 && isAddition(at(this.#nodes, id));
  }

  /** Whether the node is within the tree of another, and so needs no counterpart. */
  isInner(id: NodeId): boolean {
    return this.#isInner[id] === 1;
  }

  /** The terms of the tree, in the order in which they stand. */
  terms(root: NodeId): Term[] {
    const result: Term[] = [];
    const open: Term[] = [{ id: root, isNegative: false }];
    for (let term = open.pop(); term !== undefined; term = open.pop()) {
      const node = at(this.#nodes, term.id);
      if ((term.id === root || this.isInner(term.id)) && isAddition(node)) {
        open.push(...termsOf(node, term.isNegative).toReversed());
      } else {
        result.push(term);
      }
    }
    return result;
  }
}

function isAddition(node: Node): boolean {
  if (node.dtype !== 'float') return false;
  return (node.op === 'binary' && (node.fn === 'add' || node.fn === 'sub')) || (node.op === 'unary' && node.fn === 'neg');
}

function termsOf(node: Node, isNegative: boolean): Term[] {
  if (node.op === 'unary') return [{ id: node.x, isNegative: !isNegative }];
  if (node.op !== 'binary') return [];
  return [
    { id: node.a, isNegative },
    { id: node.b, isNegative: node.fn === 'sub' ? !isNegative : isNegative },
  ];
}
