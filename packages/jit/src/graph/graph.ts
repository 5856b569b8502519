/** @file A function as data: nodes, and which of them are its results. */
import type { NoiseKind } from '../noise/kind.ts';
import type { DType, Node, NodeId, Shape } from './node.ts';
import { operandsOf, renameOperands } from './operands.ts';
import { print } from './print.ts';
import { at } from './shape.ts';

/** What an argument of a graph must be. */
export interface GraphInput {
  readonly shape: Shape;
  readonly dtype: DType;
  /**
   * Of an input that was not declared but met while tracing, such as random draws: what it was then, and what noise it is, if
   * it is nothing else.
   */
  readonly captured?: { readonly label: string; readonly values: Float64Array; readonly noise?: NoiseKind };
}

/** What a {@link Graph} is made of. */
export interface GraphParts {
  readonly inputs: readonly GraphInput[];
  /** Operands before their users; nodes that lead to no result are dropped. */
  readonly nodes: readonly Node[];
  readonly outputs: readonly NodeId[];
  /** One an input: the gradient of the sum of the first output, or null where none was asked for. */
  readonly gradients: readonly (NodeId | null)[];
  /** How often each tfjs kernel ran on something that depends on the inputs. */
  readonly kernels?: ReadonlyMap<string, number>;
}

/** A function of arrays: a list of nodes, operands first, of which some are the results. */
export class Graph implements GraphParts {
  readonly inputs: readonly GraphInput[];
  readonly nodes: readonly Node[];
  readonly outputs: readonly NodeId[];
  readonly gradients: readonly (NodeId | null)[];
  readonly kernels: ReadonlyMap<string, number>;

  constructor(parts: GraphParts) {
    const { outputs, gradients } = parts;
    const names = namesOfReachable(parts.nodes, [...outputs, ...gradients.filter((id) => id !== null)]);
    const rename = (id: NodeId): NodeId => at(names, id);
    this.inputs = parts.inputs;
    const kept = parts.nodes.filter((_, id) => at(names, id) >= 0);
    this.nodes = kept.length === parts.nodes.length ? kept : kept.map((node) => renameOperands(node, rename));
    this.outputs = outputs.map(rename);
    this.gradients = gradients.map((id) => (id === null ? null : rename(id)));
    this.kernels = parts.kernels ?? new Map<string, number>();
  }

  /** How many nodes compute something: neither inputs nor constants, nor reshapes, which only rename. */
  get numOperations(): number {
    return this.nodes.filter((node) => !['input', 'constant', 'reshape'].includes(node.op)).length;
  }

  /** The graph as a program, one node a line. */
  toString(): string {
    return print(this);
  }
}

/** The places of the nodes that lead to `results` when the others are dropped; -1 for those. */
function namesOfReachable(nodes: readonly Node[], results: readonly NodeId[]): Int32Array {
  const names = new Int32Array(nodes.length).fill(-1);
  for (const id of results) names[id] = 0;
  for (let id = nodes.length - 1; id >= 0; id--) {
    if (names[id] === 0) for (const operand of operandsOf(at(nodes, id))) names[operand] = 0;
  }
  let next = 0;
  for (let id = 0; id < nodes.length; id++) if (names[id] === 0) names[id] = next++;
  return names;
}
