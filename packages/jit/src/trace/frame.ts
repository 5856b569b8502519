/** @file The graphs under construction: that of the traced function, and within it those of the bodies of loops. */
import type * as tf from '@tensorflow/tfjs-core';
import { GraphBuilder } from '../graph/builder.ts';
import type { Rounding } from '../graph/evaluate/rounding.ts';
import { Graph } from '../graph/graph.ts';
import type { NodeId } from '../graph/node.ts';
import { at } from '../graph/shape.ts';
import { dtypeOf } from './lower/lowering.ts';

/** A tensor of the surrounding function that the body of a loop uses. */
export interface Captured {
  readonly tensor: tf.Tensor;
  /** What it stands for in the surrounding graph. */
  readonly outer: NodeId;
  /** What it stands for in the body: one of its inputs. */
  readonly inner: NodeId;
}

/** A graph under construction. What it uses of the graph around it, it takes as inputs. */
export class Frame {
  readonly graph: GraphBuilder;
  /** Null for the traced function itself. */
  readonly parent: Frame | null;
  /** By tensor id, not by node: tensors that stand for one node may differ in what a gradient makes of them. */
  readonly captured: Map<number, Captured> = new Map<number, Captured>();
  /** Nodes of data that live on other backends, and of constants of other frames. */
  readonly constants: WeakMap<object, NodeId> = new WeakMap<object, NodeId>();
  #numInputs = 0;

  constructor(parent: Frame | null, round: Rounding) {
    this.parent = parent;
    this.graph = new GraphBuilder(round);
  }

  /** A new input like the tensor given. */
  input({ shape, dtype }: Pick<tf.TensorInfo, 'shape' | 'dtype'>): NodeId {
    return this.graph.input(this.#numInputs++, shape, dtypeOf(dtype));
  }

  /** Whether `other` is this frame or one around it. */
  isWithin(other: Frame): boolean {
    return other === this || this.parent?.isWithin(other) === true;
  }

  /** The function from `inputs` to `outputs`, all of them nodes of this frame. */
  function(inputs: readonly NodeId[], outputs: readonly NodeId[]): Graph {
    const places = new Map(inputs.map((id, index) => [id, index]));
    const nodes = this.graph.nodes.map((node, id) => (node.op === 'input' ? { ...node, index: places.get(id) ?? -1 } : node));
    const types = inputs.map((id) => at(nodes, id)).map(({ shape, dtype }) => ({ shape, dtype }));
    return new Graph({ inputs: types, nodes, outputs, gradients: inputs.map(() => null) });
  }
}
