/** @file From a tfjs function to a compiled program. */
import { generate } from './codegen/generate.ts';
import type { Graph } from './graph/graph.ts';
import { sizeOf } from './graph/shape.ts';
import { optimise } from './passes/optimise.ts';
import type { ProgramArray, ProgramParts } from './program/format.ts';
import { CompiledProgram } from './program/program.ts';
import type { ConstantReading } from './trace/constant.ts';
import { compareWithEager } from './trace/check.ts';
import type { TraceableFunction } from './trace/record.ts';
import { traceGraph } from './trace/traceGraph.ts';
import type { TraceInput } from './trace/traceGraph.ts';
import { checkOptions } from './util/options.ts';
import type { Precision } from './wasm/lanes/lanes.ts';
import { supportsRelaxedSimd } from './wasm/relaxedSimd.ts';

/** Options of {@link compile}. */
export interface CompileOptions {
  /** The function's arguments. */
  readonly inputs: readonly TraceInput[];
  /** What the program computes in; default `'float64'`. */
  readonly precision?: Precision;
  /** Whether the program also gives the gradients of the first result, which must be one float. Default false. */
  readonly valueAndGrad?: boolean;
  /**
   * Where the program is compared with an eager evaluation on the active backend before it is given out: one flat array
   * an argument. By default a point with small positive numbers; `null`: nothing is compared.
   */
  readonly point?: readonly ArrayLike<number>[] | null;
  /** How float32 constants are read; see `traceGraph`. */
  readonly constants?: ConstantReading;
  /**
   * Whether products and sums may be rounded once, by relaxed SIMD: faster and more precise, but results then differ in
   * the last bits from those of machines that cannot. Default: where the engine can. False gives the same bits everywhere.
   */
  readonly relaxedSimd?: boolean;
}

const OPTIONS: readonly (keyof CompileOptions)[] = ['inputs', 'precision', 'valueAndGrad', 'point', 'constants', 'relaxedSimd'];

/**
 * Traces a tfjs function and compiles it to WebAssembly.
 *
 * @example
 * ```ts
 * const program = await compile((x) => tf.sum(tf.square(x)), { inputs: [{ shape: [3] }], valueAndGrad: true });
 * const { outputs, gradients } = program.run([1, 2, 3]);
 * ```
 *
 * @throws TypeError for unknown or malformed options.
 * @throws TraceError when the function cannot be traced; when program and eager evaluation differ.
 */
export async function compile(fn: TraceableFunction, options: CompileOptions): Promise<CompiledProgram> {
  // Tracing must happen at once, under the handlers and the backend of the caller.
  const program = compileSync(fn, options);
  return Promise.resolve(program);
}

/** {@link compile} at once: fine in Node and in workers; a browser's main thread refuses modules above some megabytes. */
export function compileSync(fn: TraceableFunction, options: CompileOptions): CompiledProgram {
  checkOptions('compile', options, OPTIONS);
  const { inputs, precision = 'float64', valueAndGrad = false, constants = 'intended' } = options;
  if (precision !== 'float64' && precision !== 'float32') {
    throw new TypeError(`compile: precision must be "float64" or "float32", got ${JSON.stringify(precision)}`);
  }
  const { relaxedSimd = supportsRelaxedSimd() } = options;
  if (typeof relaxedSimd !== 'boolean') throw new TypeError(`compile: relaxedSimd must be true or false, got ${JSON.stringify(relaxedSimd)}`);
  if (relaxedSimd && !supportsRelaxedSimd()) {
    throw new TypeError('compile: relaxedSimd is asked for, which this engine lacks: leave the option out');
  }
  const begin = performance.now();
  const graph = traceGraph(fn, { inputs, valueAndGrad, constants });
  const traced = performance.now();
  const program = compileGraph(graph, { precision, relaxedSimd }, { traced, traceMilliseconds: traced - begin });
  if (options.point !== null) {
    const point = options.point ?? graph.inputs.slice(0, inputs.length).map(({ shape, dtype }) => defaultPoint(sizeOf(shape), dtype));
    compareWithEager(fn, graph, point, (values) => program.run(...values));
  }
  return program;
}

/** Addresses have 32 bits. */
const MOST_BYTES = 2 ** 32;

/** Compiles a graph. @throws RangeError when its arrays do not fit into memory. */
export function compileGraph(
  graph: Graph,
  options: { readonly precision: Precision; readonly relaxedSimd: boolean },
  timing: { readonly traced: number; readonly traceMilliseconds: number } = { traced: performance.now(), traceMilliseconds: 0 },
): CompiledProgram {
  const optimised = optimise(graph);
  const generated = generate(optimised, options);
  if (generated.memoryBytes > MOST_BYTES) {
    throw new RangeError(
      `compile: the program needs ${(generated.memoryBytes / 2 ** 30).toFixed(1)} GiB of memory, and WebAssembly has 4: work on fewer ` +
        'numbers at once, or put them into smaller arrays',
    );
  }
  const place = (of: { readonly shape: ProgramArray['shape']; readonly dtype: ProgramArray['dtype'] }, address: number): ProgramArray => {
    return { shape: of.shape, dtype: of.dtype, address };
  };
  const captured = graph.inputs.flatMap((input, i) => (input.captured === undefined ? [] : [{ i, values: input.captured.values }]));
  const parts: ProgramParts = {
    ...options,
    inputs: graph.inputs.map((input, i) => place(input, generated.inputs[i] ?? 0)),
    outputs: optimised.outputs.map((id, i) => place(nodeOf(optimised, id), generated.outputs[i] ?? 0)),
    gradients: optimised.gradients.map((id, i) => {
      return id === null ? null : place(nodeOf(optimised, id), generated.gradients[i] ?? 0);
    }),
    numArguments: graph.inputs.length - captured.length,
    memoryBytes: generated.memoryBytes,
    hostFunctions: generated.hostFunctions,
    module: generated.module,
    constants: [...generated.constants, ...captured.map(({ i, values }) => ({ address: generated.inputs[i] ?? 0, values }))],
  };
  const stats = {
    tracedNodes: graph.nodes.length,
    nodes: optimised.nodes.length,
    codeBytes: generated.module.length,
    memoryBytes: generated.memoryBytes,
    traceMilliseconds: timing.traceMilliseconds,
    compileMilliseconds: performance.now() - timing.traced,
  };
  return CompiledProgram.fromParts(parts, { graph: optimised, stats });
}

function nodeOf(graph: Graph, id: number): Graph['nodes'][number] {
  const node = graph.nodes[id];
  if (node === undefined) throw new Error(`the graph has no node ${id}`);
  return node;
}

/** Somewhere most functions are defined: small numbers, all different. */
function defaultPoint(size: number, dtype: ProgramArray['dtype']): Float64Array {
  return Float64Array.from({ length: size }, (_, i) => (dtype === 'float' ? 0.1 + 0.8 * ((i * 0.6180339887498949) % 1) : 0));
}
