/** @file What a lowering is: how one tfjs kernel is said in nodes. */
import type { GraphBuilder } from '../../graph/builder.ts';
import type { DType, NodeId } from '../../graph/node.ts';

/** One run of a tfjs kernel: its inputs by tfjs's names for them (`'0'`, `'1'`, ... where it takes a list), and its attributes. */
export interface KernelCall {
  readonly kernelName: string;
  /** Optional inputs that were not given are absent. */
  readonly inputs: Readonly<Record<string, NodeId>>;
  readonly attrs: Readonly<Record<string, unknown>>;
}

/** Says a kernel in nodes: one result an output of the kernel. */
export type Lowering = (call: KernelCall, graph: GraphBuilder) => NodeId | readonly NodeId[];

/** Lowerings by kernel name. */
export type LoweringTable = Readonly<Record<string, Lowering>>;

/** The input of that name. @throws Error when the kernel was run without it. */
export function inputOf(call: KernelCall, name: string): NodeId {
  const id = call.inputs[name];
  if (id === undefined) throw new Error(`kernel ${call.kernelName} was run without its input "${name}"`);
  return id;
}

/** The inputs of a kernel that takes a list, in order. */
export function inputList(call: KernelCall): NodeId[] {
  return Object.values(call.inputs);
}

/**
 * The attributes, as the type that tfjs declares for the kernel's.
 *
 * tfjs types the attributes of a kernel by name alone, so this is where its word is taken.
 */
export function attrsOf<Attrs>(call: KernelCall): Attrs {
  return call.attrs as Attrs;
}

const DTYPES: Readonly<Record<string, DType>> = { float32: 'float', int32: 'int', bool: 'bool' };

/** Our name of a tfjs type. @throws Error for strings and complex numbers. */
export function dtypeOf(tfjs: string): DType {
  const dtype = DTYPES[tfjs];
  if (dtype === undefined) throw new Error(`tensors of type ${tfjs} cannot be traced`);
  return dtype;
}
