/** @file From a tfjs function to a compiled program. */
import type * as tf from '@tensorflow/tfjs-core';
import { generate } from './codegen/generate.ts';
import type { Graph } from './graph/graph.ts';
import { at, formatShape, sameShape, sizeOf } from './graph/shape.ts';
import { optimise } from './passes/optimise.ts';
import type { ProgramArray, ProgramParts } from './program/format.ts';
import { CompiledProgram } from './program/program.ts';
import type { Carry } from './schedule/schedule.ts';
import type { ConstantReading } from './trace/constant.ts';
import { compareWithEager } from './trace/check.ts';
import type { RunAt } from './trace/check.ts';
import type { TraceableFunction, TraceInput, TraceOptions, UpdateFunction } from './trace/recording.ts';
import { traceGraph } from './trace/traceGraph.ts';
import { checkOptions } from './util/options.ts';
import type { Precision } from './wasm/lanes/lanes.ts';
import { supportsRelaxedSimd } from './wasm/relaxedSimd.ts';

/** Options of {@link compileGraph}. */
export interface CompileGraphOptions {
  /** What the program computes in, and keeps its numbers in, whole ones too; default `'float64'`. */
  readonly precision?: Precision;
  /**
   * Whether products and sums may be rounded once, by relaxed SIMD: faster and more precise, but results then differ in
   * the last bits from those of machines that cannot. Default: where the engine can. False gives the same bits everywhere.
   */
  readonly relaxedSimd?: boolean;
  /**
   * Of the last results of the graph, one an entry: the argument whose place the result takes, which has its shape and
   * type, or null. After `execute`, the argument's view holds the result, so that the next `execute` goes on from there; it
   * is as if all results were computed first, and then copied. `outputView` of the result is the argument's memory.
   */
  readonly carry?: readonly (number | null)[];
  /**
   * Whether the program itself draws the captured inputs that are noise, anew whenever it is executed, from the keys in
   * `noiseKeys`. Default false: they keep the values met while tracing until others are written.
   */
  readonly generateNoise?: boolean;
}

/** Options of {@link compile}. */
export interface CompileOptions extends CompileGraphOptions {
  /** The function's arguments. */
  readonly inputs: readonly TraceInput[];
  /** Whether the program also gives the gradients of the first result, which must be one float. Default false. */
  readonly valueAndGrad?: boolean;
  /** What is done with results and gradients; its results come after the function's. See `traceGraph`. */
  readonly update?: UpdateFunction;
  /**
   * Variables that the function reads and may assign, such as moving averages; see `traceGraph`. The program keeps what they
   * hold from run to run, in inputs of its own after the arguments, which begin with what the variables hold now; these stay
   * as they are. {@link CompiledProgram.run} takes values for them, too.
   */
  readonly state?: readonly tf.Variable[];
  /** For each result of `update`, the argument whose place it takes, or null; see {@link CompileGraphOptions}. */
  readonly carry?: readonly (number | null)[];
  /**
   * Where the program is compared with an eager evaluation on the active backend before it is given out: one flat array
   * an argument. By default a point with small positive numbers; `null`: nothing is compared. Its arguments hold what the
   * comparison left there until they are written.
   */
  readonly point?: readonly ArrayLike<number>[] | null;
  /** How float32 constants are read; see `traceGraph`. */
  readonly constants?: ConstantReading;
}

const GRAPH_OPTIONS: readonly (keyof CompileGraphOptions)[] = ['precision', 'relaxedSimd', 'carry', 'generateNoise'];

const OPTIONS: readonly (keyof CompileOptions)[] = ['inputs', 'valueAndGrad', 'update', 'state', 'point', 'constants', ...GRAPH_OPTIONS];

/**
 * Traces a tfjs function and compiles it to WebAssembly.
 *
 * @example
 * ```ts
 * const program = await compile((x) => tf.sum(tf.square(x)), { inputs: [{ shape: [3] }], valueAndGrad: true });
 * const { outputs, gradients } = program.run([1, 2, 3]);
 *
 * // A training step: every execute() goes on from the x that the last one left.
 * const step = await compile((x) => tf.sum(tf.square(x)), {
 *   inputs: [{ shape: [3] }],
 *   valueAndGrad: true,
 *   update: (_, [g], [x]) => [tf.sub(x!, tf.mul(0.1, g!))],
 *   carry: [0],
 * });
 * step.inputView(0).set([1, 2, 3]);
 * for (let i = 0; i < 100; i++) step.execute();
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
  const { inputs, valueAndGrad = false, constants = 'intended', update, state = [], carry, generateNoise = false, point } = options;
  const target = checkTarget('compile', options);
  const begin = performance.now();
  let numUpdated = 0;
  const traced: TraceOptions = {
    inputs,
    valueAndGrad,
    constants,
    state,
    ...(update !== undefined && { update: counting(update, (count) => (numUpdated = count)) }),
  };
  const graph = traceGraph(fn, traced);
  if (carry !== undefined && carry.length !== numUpdated) {
    throw new TypeError(`compile: carry has one entry for each of the ${numUpdated} results of update, got ${carry.length}`);
  }
  const tracedAt = performance.now();
  const carries = [...(carry ?? Array.from({ length: numUpdated }, () => null)), ...state.map((_, i) => inputs.length + i)];
  const program = compileGraph(graph, { ...target, carry: carries, generateNoise }, { traced: tracedAt, traceMilliseconds: tracedAt - begin });
  if (point !== null) {
    const own = point ?? graph.inputs.slice(0, inputs.length).map(({ shape, dtype }) => defaultPoint(sizeOf(shape), dtype));
    compareWithEager(fn, { ...traced, point: own }, graph, (values) => program.replay(...values), inDoublePrecision(graph));
  }
  state.forEach((variable, i) => program.inputView(inputs.length + i).set(variable.dataSync()));
  return program;
}

/** An update that says how many results it gave; what is no function is left to be refused. */
function counting(update: UpdateFunction, note: (count: number) => void): UpdateFunction {
  if (typeof update !== 'function') return update;
  return (...args) => {
    const next = update(...args);
    note(next.length);
    return next;
  };
}

/** Addresses have 32 bits. */
const MOST_BYTES = 2 ** 32;

/** The graph in float64, for {@link compareWithEager}: compiled when it is first asked for, which most comparisons do without. */
export function inDoublePrecision(graph: Graph): RunAt {
  let program: CompiledProgram | null = null;
  return (values) => (program ??= compileGraph(graph, { precision: 'float64', relaxedSimd: false })).run(...values);
}

/**
 * Compiles a graph, such as `traceGraph` gives.
 *
 * @param timing - when tracing ended, by `performance.now()`, and how long it took: for `program.stats`.
 * @throws TypeError for unknown or malformed options.
 * @throws RangeError when its arrays do not fit into memory.
 */
export function compileGraph(
  graph: Graph,
  options: CompileGraphOptions = {},
  timing: { readonly traced: number; readonly traceMilliseconds: number } = { traced: performance.now(), traceMilliseconds: 0 },
): CompiledProgram {
  checkOptions('compileGraph', options, GRAPH_OPTIONS);
  const target = checkTarget('compileGraph', options);
  const carries = checkCarries(graph, options.carry ?? []);
  const { generateNoise = false } = options;
  if (typeof generateNoise !== 'boolean') {
    throw new TypeError(`compile: generateNoise must be true or false, got ${JSON.stringify(generateNoise)}`);
  }
  const optimised = optimise(graph);
  const generated = generate(optimised, { ...target, carries, generateNoise });
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
    ...target,
    inputs: graph.inputs.map((input, i) => place(input, generated.inputs[i] ?? 0)),
    outputs: optimised.outputs.map((id, i) => place(nodeOf(optimised, id), generated.outputs[i] ?? 0)),
    gradients: optimised.gradients.map((id, i) => {
      return id === null ? null : place(nodeOf(optimised, id), generated.gradients[i] ?? 0);
    }),
    numArguments: graph.inputs.length - captured.length,
    memoryBytes: generated.memoryBytes,
    hostFunctions: generated.hostFunctions,
    noise: generated.noise,
    noiseKeys: generated.noiseKeys,
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

/** What code is generated for, with defaults. */
function checkTarget(where: string, options: CompileGraphOptions): { precision: Precision; relaxedSimd: boolean } {
  const { precision = 'float64', relaxedSimd = supportsRelaxedSimd() } = options;
  if (precision !== 'float64' && precision !== 'float32') {
    throw new TypeError(`${where}: precision must be "float64" or "float32", got ${JSON.stringify(precision)}`);
  }
  if (typeof relaxedSimd !== 'boolean') throw new TypeError(`${where}: relaxedSimd must be true or false, got ${JSON.stringify(relaxedSimd)}`);
  if (relaxedSimd && !supportsRelaxedSimd()) {
    throw new TypeError(`${where}: relaxedSimd is asked for, which this engine lacks: leave the option out`);
  }
  return { precision, relaxedSimd };
}

/** Which outputs take the places of which inputs. @throws TypeError when one does not fit. */
function checkCarries(graph: Graph, carry: readonly (number | null)[]): Carry[] {
  const first = graph.outputs.length - carry.length;
  if (first < 0) throw new TypeError(`compile: carry has ${carry.length} entries, and there are ${graph.outputs.length} results`);
  const carries = carry.flatMap((input, i) => (input === null ? [] : [{ output: first + i, input }]));
  carries.forEach(({ output, input }, i) => {
    const where = `compile: carry[${output - first}]`;
    const [result, argument] = [nodeOf(graph, at(graph.outputs, output)), graph.inputs[input]];
    if (argument === undefined || argument.captured !== undefined) {
      throw new TypeError(`${where} must be the index of an argument, or null, got ${JSON.stringify(input)}`);
    }
    if (carries.findIndex((other) => other.input === input) < i) throw new TypeError(`${where}: another result takes the place of argument ${input}, too`);
    if (!sameShape(result.shape, argument.shape) || result.dtype !== argument.dtype) {
      throw new TypeError(
        `${where}: a result of shape ${formatShape(result.shape)} and type ${result.dtype} cannot take the place of argument ${input}, ` +
          `which has shape ${formatShape(argument.shape)} and type ${argument.dtype}`,
      );
    }
  });
  return carries;
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
