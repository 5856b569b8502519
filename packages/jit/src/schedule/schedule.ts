/** @file What a program does, step by step: fused loops, dense kernels, loops over time. */
import type { Graph } from '../graph/graph.ts';
import type { LoopNode, Node, NodeId, Shape } from '../graph/node.ts';
import type { View } from './view.ts';

/** A value repeated or moved, stored anew: what a view cannot say, or a kernel wants in one piece. */
export interface CopyNode {
  readonly op: 'copy';
  readonly shape: Shape;
  readonly dtype: Node['dtype'];
  readonly x: NodeId;
}

/** An array written into a box of an `assemble` node, from `offset` on with the strides of the whole. */
export interface PartNode {
  readonly op: 'part';
  readonly shape: Shape;
  readonly dtype: Node['dtype'];
  readonly x: NodeId;
  readonly target: NodeId;
  readonly offset: number;
  readonly strides: readonly number[];
  /** Added to what is there. */
  readonly accumulate: boolean;
}

/** A node that leaves values behind. */
export type Value = Node | CopyNode | PartNode;

/** A loop nest over `domain` (sizes above 1, outermost first) that computes several nodes for each index. */
export interface FusedStep {
  readonly kind: 'fused';
  readonly domain: Shape;
  /** The domain as a string. */
  readonly key: string;
  /** Those of an array that the loop walks through from its first element to its last. */
  readonly strides: readonly number[];
  /** In the order of their computation. */
  readonly members: NodeId[];
  /** Values that are filled with one number before the loop begins. */
  readonly fills: { readonly id: NodeId; readonly value: number }[];
}

/** One node with code of its own. Its operands lie in one piece. */
export interface DenseStep {
  readonly kind: 'dense';
  readonly node: NodeId;
  readonly operands: readonly Operand[];
}

/** A transposed array, stored anew in one piece: a `copy` node by itself. */
export interface TransposeStep {
  readonly kind: 'transpose';
  readonly node: NodeId;
  /** The shape and the view of what is copied. */
  readonly shape: Shape;
  readonly view: View;
}

/** A loop over time; its results are the `item`s of the node. */
export interface LoopStep {
  readonly kind: 'loop';
  readonly node: NodeId;
  readonly loop: LoopNode;
  /** Carries, scanned, invariants. */
  readonly operands: readonly Operand[];
  /** Which items are read, by index of the result. */
  readonly items: ReadonlyMap<number, NodeId>;
  readonly body: Schedule;
}

/** An array in one piece. */
export interface Operand {
  readonly root: NodeId;
  /** In elements, from the start of `root`. */
  readonly offset: number;
  readonly shape: Shape;
}

export type Step = FusedStep | DenseStep | TransposeStep | LoopStep;

/** A graph in order of execution. */
export interface Schedule {
  readonly graph: Graph;
  /** The graph's nodes, and copies after them. */
  readonly values: readonly Value[];
  /** How each of the values is read. */
  readonly views: readonly View[];
  /** What the members of fused loops read, in the order of their arguments; nothing for other values. */
  readonly accesses: readonly (readonly Access[] | undefined)[];
  readonly steps: readonly Step[];
  /** Values that are kept in memory, with the steps where they are written first and read last. */
  readonly stored: ReadonlyMap<NodeId, Lifetime>;
  /** Where outputs and gradients are: roots of their own, in one piece. */
  readonly outputs: readonly NodeId[];
  readonly gradients: readonly (NodeId | null)[];
  /** Results that are stored where an input is, with its index. */
  readonly inPlace: ReadonlyMap<NodeId, number>;
  /** Results to be copied, when all steps are done, to where an input is. */
  readonly copies: readonly { readonly from: NodeId; readonly input: number }[];
}

/** An output of a graph that is to be, when all is done, where an input was. */
export interface Carry {
  /** Their indices. */
  readonly output: number;
  readonly input: number;
}

/** From the step that writes a value to the last that reads it. */
export interface Lifetime {
  first: number;
  last: number;
}

/** One operand of a member of a fused loop, as read along the loop's domain. */
export interface Access {
  readonly root: NodeId;
  readonly offset: number;
  /** In elements, one an axis of the domain. */
  readonly strides: readonly number[];
  /** Whether an index decides where it is read; then it has to be there as a whole before the loop begins. */
  readonly isIndirect?: boolean;
}
