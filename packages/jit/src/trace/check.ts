/** @file Comparing a graph, or the program made of it, with an eager evaluation of the function that it came from. */
import * as tf from '@tensorflow/tfjs-core';
import type { Rounding } from '../graph/evaluate/rounding.ts';
import { exact } from '../graph/evaluate/rounding.ts';
import type { Graph, GraphParts } from '../graph/graph.ts';
import { interpret } from '../graph/interpret.ts';
import type { DType, Node } from '../graph/node.ts';
import { sameGraph } from '../graph/sameGraph.ts';
import { at, formatShape, sizeOf } from '../graph/shape.ts';
import { withCaptured } from './capture.ts';
import { MismatchError, TraceError } from './error.ts';
import { evaluateEagerly } from './evaluateEagerly.ts';
import { recordGraph } from './record.ts';
import type { Recording, TraceableFunction, TraceOptions } from './recording.ts';
import { checkRecording } from './recording.ts';

/** What a well-conditioned function may differ by, of the greatest entry or 1: float32 is right to 1e-7 an operation. */
const TOLERANCE = 1e-3;

/** What a float64 program may differ from the interpreter by, of the greatest entry: both sum in orders of their own. */
const ROUNDING = 1e-6;

/** How much worse eager float32 may be than the interpreter's, which rounds and sums in another order. */
const AMPLIFICATION = 50;

/** How many nodes loops may run for the eager evaluation to be worth its time, at some 10 µs each: a fifth of a second. */
const MOST_STEPS = 20_000;

/** How many numbers the interpreter may be asked to compute, at some 0.1 µs each and twice over: a second. */
const MOST_NUMBERS = 5e6;

/** How far off eager code may be, of the greatest entry, in sums so long that nobody interprets them: tfjs adds one by one. */
const LONG_SUMS = 1e-2;

/**
 * There, inputs are moved by this share of themselves, what such sums are off by in float32: results that this moves are
 * ill-conditioned. Gradients of deep networks are, where ReLUs have their kinks.
 */
const NUDGE = 2 ** -17;

/** How much farther off rounding may be than what the nudge moves; in ResNet-20s at their first steps it is up to four times. */
const NUDGED = 10;

const ARRAYS: Readonly<Record<DType, (values: ArrayLike<number>) => tf.TypedArray>> = {
  float: (values) => Float32Array.from(values),
  int: (values) => Int32Array.from(values),
  bool: (values) => Uint8Array.from(values),
};

/** Runs a graph or a program on its declared inputs. */
export type RunAt = (inputs: readonly tf.TypedArray[]) => ActualResults;

/** What a graph or a program gives; `Float32Array`s where the program computes in float32. */
export interface ActualResults {
  readonly outputs: readonly ArrayLike<number>[];
  readonly gradients: readonly (ArrayLike<number> | null)[];
}

/**
 * Evaluates a function, with its gradients and its update if it was traced with them, on the active backend and compares.
 *
 * Eager code is float32, and where that loses digits (sums over many observations, residuals far smaller than what they
 * are the difference of) it may be far off, and rightly. So what differs is looked at again: the function is traced and
 * interpreted in float64 and in float32. It passes if it gives what the former does and eager code is off by not much more
 * than the latter. (Of functions too large to be interpreted in float32, the inputs are moved a little instead, in float64, to see
 * how much that matters.) Numbers that float32 cannot hold pass too, and such as rewriting kept in the range of floats.
 *
 * Long loops take eager code seconds, and there may be no backend to run it on. Then the function is traced twice instead,
 * which shows whether it does the same every time; that the steps of a loop do, tracing has seen.
 *
 * @param options - those that the graph was traced with, and a point: one flat array a declared input.
 * @param run - what was made of the graph; by default, the interpreter. A program with results that take the place of
 * inputs has them there afterwards. Variables of the function's state are at what they hold, and hold that again afterwards.
 * @param exactly - the graph in float64, for one so large that the interpreter would take seconds: what differs passes there
 * if it agrees with this.
 * @throws TypeError when the point does not fit the graph's inputs.
 * @throws TraceError naming the first result that differs.
 */
export function compareWithEager(
  fn: TraceableFunction,
  options: TraceOptions & Required<Pick<TraceOptions, 'point'>>,
  graph: Graph,
  run?: RunAt,
  exactly?: RunAt,
): void {
  compareRecording(checkRecording('compareWithEager', fn, options), graph, options.point, run, exactly);
}

/** {@link compareWithEager} of what was checked. */
export function compareRecording(
  recording: Recording,
  graph: Graph,
  point: readonly ArrayLike<number>[],
  run: RunAt = (inputs) => interpret(graph, inputs),
  exactly: RunAt | null = null,
): void {
  const declared = graph.inputs.filter(({ captured }) => captured === undefined);
  const everywhere = [...point.slice(0, recording.inputs.length), ...recording.state.map((variable) => variable.dataSync())];
  const values = declared.map(({ shape, dtype }, i) => {
    const own = everywhere[i];
    if (own?.length !== sizeOf(shape)) {
      const got = own === undefined ? 'nothing' : `${own.length} values`;
      throw new TypeError(`traceGraph: point[${i}] must hold the values of shape ${formatShape(shape)}, got ${got}`);
    }
    // The same numbers for all: those that eager code can hold.
    return ARRAYS[dtype](own);
  });
  if (stepsOf(graph) > MOST_STEPS || !canRunEagerly()) {
    compareTraces(recording);
    return;
  }
  const eager = withCaptured(graph.inputs, () => evaluateEagerly(recording, values));
  const given = run(values);
  const reference = new Reference(recording, graph, values, exactly);
  given.outputs.forEach((output, i) => {
    const ofUpdate = i - eager.numResults;
    const variable = recording.state[i - (given.outputs.length - recording.state.length)];
    const ofOthers = ofUpdate < 0 ? `output ${i}` : `result ${ofUpdate} of update`;
    compare(variable === undefined ? ofOthers : `what the variable "${variable.name}" holds in the end`, output, at(eager.outputs, i), () => reference.of(({ outputs }) => at(outputs, i)));
  });
  given.gradients.forEach((gradient, i) => {
    if (gradient === null) return;
    const expected = eager.gradients[i] ?? new Float32Array(gradient.length);
    compare(`the gradient in input ${i}`, gradient, expected, () => reference.of(({ gradients }) => gradients[i] ?? null));
  });
}

/** Whether tfjs has a backend, started or such as starts at once. */
function canRunEagerly(): boolean {
  try {
    // Asking for it starts it.
    return (tf.engine().backend as tf.KernelBackend | undefined) !== undefined;
  } catch {
    return false;
  }
}

/** How many nodes the graph's loops run. */
function stepsOf(graph: GraphParts): number {
  const ofLoop = (node: Node): number => (node.op === 'loop' ? node.length * (node.body.nodes.length + stepsOf(node.body)) : 0);
  return graph.nodes.reduce((sum, node) => sum + ofLoop(node), 0);
}

/** Traces the function twice and compares. @throws TraceError when it does not do the same. */
function compareTraces(recording: Recording): void {
  if (sameGraph(retrace(recording, exact), retrace(recording, exact))) return;
  throw new TraceError(
    'the function does not do the same every time that it is called: two traces of it differ. Does it draw random numbers, or ' +
      'use anything that changes from call to call?',
  );
}

/** The function traced with constants rounded. */
function retrace(recording: Recording, round: Rounding): Graph {
  return recordGraph({ ...recording, constants: 'float32' }, round);
}

/** One result, by the interpreter. */
interface Interpreted {
  readonly exact: ArrayLike<number>;
  /** Null where it would take too long. */
  readonly rounded: ArrayLike<number> | null;
  /** How far rounding may have moved any entry in single precision. */
  readonly rounding: number;
}

/** All results; those in float32, or, where that would take too long, those at inputs that were nudged. */
interface Results {
  readonly exact: ActualResults;
  readonly rounded: ActualResults | null;
  readonly nudged: ActualResults | null;
}

/** The number of numbers that the interpreter computes or adds up. */
function numbersIn(graph: Graph): number {
  return graph.nodes.reduce((sum, node) => {
    if (node.op === 'dot') return sum + sizeOf(node.shape) * (at(graph.nodes, node.a).shape.at(node.transposeA ? -2 : -1) ?? 1);
    if (node.op === 'conv') return sum + sizeOf(node.shape) * (sizeOf(at(graph.nodes, node.filter).shape) / (node.shape.at(-1) ?? 1));
    return sum + (node.op === 'input' || node.op === 'constant' ? 0 : sizeOf(node.shape));
  }, 0);
}

/** The function by the interpreter, if it comes to that. */
class Reference {
  readonly #recording: Recording;
  readonly #graph: Graph;
  readonly #values: readonly tf.TypedArray[];
  readonly #exactly: RunAt | null;
  #results: Results | null | undefined;

  constructor(recording: Recording, graph: Graph, values: readonly tf.TypedArray[], exactly: RunAt | null) {
    [this.#recording, this.#graph, this.#values, this.#exactly] = [recording, graph, values, exactly];
  }

  /** Null if the function does not do the same every time, so that nothing is to be excused. */
  of(pick: (results: ActualResults) => ArrayLike<number> | null): Interpreted | null {
    if (this.#results === undefined) this.#results = this.#interpret();
    if (this.#results === null) return null;
    const [exact, rounded, nudged] = [this.#results.exact, this.#results.rounded, this.#results.nudged].map((results) => results && (pick(results) ?? []));
    return { exact: exact ?? [], rounded: rounded ?? null, rounding: roundingOf(exact ?? [], rounded ?? null, nudged ?? null) };
  }

  #interpret(): Results | null {
    // Constants in float32 too: one of them may be a sum over all observations.
    const graph = retrace(this.#recording, Math.fround);
    if (!sameGraph(graph, retrace(this.#recording, Math.fround))) return null;
    if (this.#exactly !== null && numbersIn(graph) > MOST_NUMBERS) {
      return { exact: this.#exactly(this.#values), rounded: null, nudged: this.#exactly(this.#values.map(nudge)) };
    }
    const values = this.#graph.inputs.map(({ captured }, i) => captured?.values ?? at(this.#values, i));
    return { exact: interpret(this.#graph, this.#values), rounded: interpret(graph, values, { precision: 'float32' }), nudged: null };
  }
}

/** Floats a little larger or smaller, each as its place has it. */
function nudge(values: tf.TypedArray): tf.TypedArray {
  if (!(values instanceof Float32Array)) return values;
  return values.map((value, i) => value * (1 + (isOdd(i) ? NUDGE : -NUDGE)));
}

/** Half of all places, in no order that sums could cancel: a bit of an integer hash (Wellons, "lowbias32"). */
function isOdd(place: number): boolean {
  let hash = Math.imul(place ^ (place >>> 16), 0x7feb352d);
  hash = Math.imul(hash ^ (hash >>> 15), 0x846ca68b);
  return ((hash ^ (hash >>> 16)) & 1) === 1;
}

function roundingOf(exact: ArrayLike<number>, rounded: ArrayLike<number> | null, nudged: ArrayLike<number> | null): number {
  const scale = greatest(exact);
  if (rounded !== null) return TOLERANCE * scale + AMPLIFICATION * farthest(rounded, exact);
  return LONG_SUMS * scale + NUDGED * farthest(nudged ?? [], exact);
}

function compare(what: string, actual: ArrayLike<number>, eager: ArrayLike<number>, reference: () => Interpreted | null): void {
  const tolerance = TOLERANCE * greatest(eager);
  const differs = (i: number): boolean => !agree(at(actual, i), eager[i] ?? Number.NaN, tolerance);
  let isExcused: ((i: number) => boolean) | null = null;
  for (let i = 0; i < actual.length; i++) {
    if (!differs(i)) continue;
    isExcused ??= excuse(actual, eager, reference());
    if (isExcused(i)) continue;
    throw new MismatchError(
      `the graph does not do what the function does: at the point given, entry ${i} of ${what} is ${at(actual, i)} by the graph ` +
        `and ${eager[i]} by eager evaluation. Does the function draw random numbers, or use anything that changes from call to call?`,
    );
  }
}

/** Says of an entry whether it is right, and eager code wrong by float32's fault. */
function excuse(
  actual: ArrayLike<number>,
  eager: ArrayLike<number>,
  interpreted: Interpreted | null,
): (i: number) => boolean {
  if (interpreted === null) return () => false;
  const { exact, rounded, rounding: single } = interpreted;
  const own = actual instanceof Float32Array ? single : ROUNDING * greatest(exact);
  return (i) => {
    const [a, e, x] = [at(actual, i), eager[i] ?? Number.NaN, exact[i] ?? Number.NaN];
    const r = rounded === null ? x : (rounded[i] ?? Number.NaN);
    // The passes take log(e^x) for x: what overflows or vanishes on the way need not do so in the program.
    const isSpared = Number.isFinite(a) && !Number.isFinite(x);
    const isOver = actual instanceof Float32Array && !Number.isFinite(a) && !Number.isFinite(r);
    const isRight = agree(a, x, own) || isSpared || isOver;
    // Float32 overflows where float64 does not, and steps over a singularity that float64 meets.
    if (!Number.isFinite(e)) return isRight;
    return isRight && (Number.isFinite(x) ? Math.abs(e - x) <= single : Number.isFinite(r));
  };
}

/** How far rounding has moved any entry. */
function farthest(rounded: ArrayLike<number>, exact: ArrayLike<number>): number {
  let most = 0;
  for (let i = 0; i < exact.length; i++) most = Math.max(most, finiteOr(Math.abs((rounded[i] ?? Number.NaN) - (exact[i] ?? Number.NaN)), 0));
  return most;
}

function agree(a: number, b: number, tolerance: number): boolean {
  return Object.is(a, b) || a === b || Math.abs(a - b) <= tolerance;
}

/** The greatest size of a finite entry, at least 1. */
function greatest(values: ArrayLike<number>): number {
  let most = 1;
  for (let i = 0; i < values.length; i++) most = Math.max(most, finiteOr(Math.abs(at(values, i)), 1));
  return most;
}

function finiteOr(x: number, otherwise: number): number {
  return Number.isFinite(x) ? x : otherwise;
}
