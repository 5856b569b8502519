/** @file Running one node by its dense kernel, in a module with a memory of its own. */
import type { DenseContext, Place } from '../../src/dense/denseKernel.ts';
import { emitDense, isDense, scratchBytes } from '../../src/dense/denseKernel.ts';
import { GraphBuilder } from '../../src/graph/builder.ts';
import { evaluateNode } from '../../src/graph/evaluate/evaluate.ts';
import type { Node, NodeId, Shape } from '../../src/graph/node.ts';
import { sizeOf } from '../../src/graph/shape.ts';
import { ModuleBuilder } from '../../src/wasm/encode/moduleBuilder.ts';
import type { Precision } from '../../src/wasm/lanes/lanes.ts';

/** What operands hold. */
export interface Operand {
  readonly shape: Shape;
  readonly values: ArrayLike<number>;
}

/** Written where nothing may be written, and read where it must not matter. */
const POISON = Number.NaN;
const GUARD = 64;

/** The node that `make` builds from inputs of these shapes. */
export function nodeOf(shapes: readonly Shape[], make: (g: GraphBuilder, ...xs: NodeId[]) => NodeId): Node {
  const g = new GraphBuilder();
  return g.node(make(g, ...shapes.map((shape, i) => g.input(i, shape, 'float'))));
}

/** A compiled node: its result in memory, and a function that computes it anew. */
export interface Compiled {
  readonly result: Float64Array | Float32Array;
  readonly operands: readonly (Float64Array | Float32Array)[];
  run(): void;
  /** Everything outside of operands, result and scratch memory, which is to stay as it is. */
  isIntact(): boolean;
}

/** Compiles a node for operands with these values; NaN stands around all of them in memory. */
export function compileNode(
  node: Node,
  operands: readonly Operand[],
  precision: Precision,
  relaxedSimd = false,
): Compiled {
  if (!isDense(node)) throw new Error(`no dense kernel computes ${node.op}`);
  const module = new ModuleBuilder();
  const size = precision === 'float64' ? 8 : 4;
  let next = GUARD;
  const reserve = (bytes: number): number => {
    const address = next;
    next = Math.ceil((next + bytes) / 16) * 16 + GUARD;
    return address;
  };
  const place = (shape: Shape): Place => ({ address: reserve(sizeOf(shape) * size), shape });
  const places = operands.map(({ shape }) => place(shape));
  const result = place(node.shape);
  const shapes = operands.map(({ shape }) => shape);
  const scratchSize = scratchBytes(node, shapes, precision);
  const scratch = reserve(scratchSize);
  const context: DenseContext = { module, precision, relaxedSimd, scratch };
  const run = module.function([], [], (f) => emitDense(f, node, places, result, context));
  module.export('run', run);
  module.requireMemory(next);
  const pages = Math.ceil(next / 65536);
  const memory = new WebAssembly.Memory({ initial: pages });
  const instance = new WebAssembly.Instance(new WebAssembly.Module(module.toBytes() as BufferSource), { host: { memory } });
  const view = ({ address, shape }: Place): Float64Array | Float32Array =>
    size === 8
      ? new Float64Array(memory.buffer, address, sizeOf(shape))
      : new Float32Array(memory.buffer, address, sizeOf(shape));
  const all = size === 8 ? new Float64Array(memory.buffer) : new Float32Array(memory.buffer);
  all.fill(POISON, 0, next / size);
  operands.forEach(({ values }, i) => view(places[i]!).set(values));
  const isWritable = (byte: number): boolean =>
    [{ address: result.address, bytes: sizeOf(result.shape) * size }, { address: scratch, bytes: scratchSize }].some(
      ({ address, bytes }) => byte >= address && byte < address + bytes,
    );
  const before = all.slice(0, next / size);
  return {
    result: view(result),
    operands: places.map(view),
    run: instance.exports['run'] as () => void,
    isIntact: () => {
      for (let i = 0; i < next / size; i++) if (!isWritable(i * size) && !Object.is(all[i], before[i])) return false;
      return true;
    },
  };
}

/** The value of a node by its dense kernel. @throws Error when it writes where it must not. */
export function runNode(
  node: Node,
  operands: readonly Operand[],
  precision: Precision,
  relaxedSimd = false,
): Float64Array | Float32Array {
  const compiled = compileNode(node, operands, precision, relaxedSimd);
  compiled.run();
  if (!compiled.isIntact()) throw new Error('the kernel wrote outside of its result');
  const once = compiled.result.slice();
  // The result must not depend on what was in memory before.
  compiled.run();
  if (!once.every((x, i) => Object.is(x, compiled.result[i]))) throw new Error('a second run gives another result');
  return once;
}

/** The value of a node by the interpreter, of operands rounded to the precision. */
export function expectedOf(node: Node, operands: readonly Operand[], precision: Precision): Float64Array {
  const rounded = operands.map(({ shape, values }) => ({
    shape,
    values: Float64Array.from(values, (x) => (precision === 'float64' ? x : Math.fround(x))),
  }));
  return evaluateNode(node, rounded);
}

/** Half the distance from 1 to the next number. */
export const EPSILON: Readonly<Record<Precision, number>> = { float64: 2 ** -53, float32: 2 ** -24 };

/** The greatest difference; infinite where only one is NaN. */
export function worst(actual: ArrayLike<number>, expected: ArrayLike<number>): number {
  if (actual.length !== expected.length) return Infinity;
  let most = 0;
  for (let i = 0; i < actual.length; i++) {
    const [a, b] = [actual[i]!, expected[i]!];
    if (Number.isNaN(a) !== Number.isNaN(b)) return Infinity;
    if (!Number.isNaN(a) && a !== b) most = Math.max(most, Math.abs(a - b));
  }
  return most;
}
