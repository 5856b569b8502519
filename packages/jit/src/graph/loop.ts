/** @file What a loop is made of, and the checks that its parts fit. */
import type { Graph } from './graph.ts';
import type { DType, NodeId, Shape } from './node.ts';
import { at, formatShape, sameShape } from './shape.ts';

/** A loop before it has a place in a graph; what the parts mean is said at `LoopNode`. */
export interface LoopParts {
  readonly body: Graph;
  readonly length: number;
  /** Default false. */
  readonly reverse?: boolean;
  readonly carries: readonly NodeId[];
  readonly scanned: readonly NodeId[];
  readonly invariants: readonly NodeId[];
}

/** What a value is, before it is known. */
interface Type {
  readonly shape: Shape;
  readonly dtype: DType;
}

/**
 * The types of a loop's results: of the carries, then of each result of a step, stacked.
 *
 * @param typeOf - the types of the operands.
 * @throws Error when the body's inputs or outputs do not fit the operands, naming the first that does not.
 */
export function loopResults(parts: LoopParts, typeOf: (id: NodeId) => Type): Type[] {
  const { body, length, carries, scanned, invariants } = parts;
  if (!Number.isInteger(length) || length < 0) throw new Error(`loop: the length must be a whole number, got ${length}`);
  const given: readonly (readonly [what: string, type: Type])[] = [
    ...carries.map((id, i) => [`carry ${i}`, typeOf(id)] as const),
    ...scanned.map((id, i) => [`the slice of scanned operand ${i}`, sliceOf(typeOf(id), i, length)] as const),
    ...invariants.map((id, i) => [`invariant ${i}`, typeOf(id)] as const),
  ];
  if (body.inputs.length !== given.length) {
    throw new Error(`loop: the body takes ${body.inputs.length} inputs, but there are ${given.length} operands`);
  }
  given.forEach(([what, type], i) => {
    const input = at(body.inputs, i);
    if (!sameType(type, input)) throw new Error(`loop: ${what} is ${format(type)}, but the body takes ${format(input)}`);
  });
  const outputs = body.outputs.map((id) => at(body.nodes, id));
  if (outputs.length === 0 || outputs.length < carries.length) {
    throw new Error(`loop: the body gives ${outputs.length} results, for ${carries.length} carries`);
  }
  return outputs.map(({ shape, dtype }, i) => {
    if (i >= carries.length) return { shape: [length, ...shape], dtype };
    const carry = at(body.inputs, i);
    if (!sameType(carry, { shape, dtype })) {
      throw new Error(`loop: carry ${i} goes in as ${format(carry)} and comes out as ${format({ shape, dtype })}`);
    }
    return { shape, dtype };
  });
}

function sliceOf({ shape, dtype }: Type, i: number, length: number): Type {
  if (shape[0] !== length) {
    throw new Error(`loop: scanned operand ${i} has shape ${formatShape(shape)}; its first axis must be the length, ${length}`);
  }
  return { shape: shape.slice(1), dtype };
}

function sameType(a: Type, b: Type): boolean {
  return a.dtype === b.dtype && sameShape(a.shape, b.shape);
}

function format({ shape, dtype }: Type): string {
  return `${dtype}${formatShape(shape)}`;
}
