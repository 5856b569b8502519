/** @file Comparing a graph, or the program made of it, with an eager evaluation of the function that it came from. */
import * as tf from '@tensorflow/tfjs-core';
import type { Rounding } from '../graph/evaluate/rounding.ts';
import { exact } from '../graph/evaluate/rounding.ts';
import type { Graph, GraphParts } from '../graph/graph.ts';
import type { GraphResults } from '../graph/interpret.ts';
import { interpret } from '../graph/interpret.ts';
import type { DType, Node } from '../graph/node.ts';
import { sameGraph } from '../graph/sameGraph.ts';
import { at, formatShape, sizeOf } from '../graph/shape.ts';
import { withCaptured } from './capture.ts';
import { TFJS_DTYPE } from './dtype.ts';
import { TraceError } from './error.ts';
import type { TraceableFunction } from './record.ts';
import { recordGraph } from './record.ts';

/** What a well-conditioned function may differ by, of the greatest entry or 1: float32 is right to 1e-7 an operation. */
const TOLERANCE = 1e-3;

/** What a float64 program may differ from the interpreter by, of the greatest entry: both sum in orders of their own. */
const ROUNDING = 1e-6;

/** How much worse eager float32 may be than the interpreter's, which rounds and sums in another order. */
const AMPLIFICATION = 50;

/** How many nodes loops may run for the eager evaluation to be worth its time, at some 10 µs each: a fifth of a second. */
const MOST_STEPS = 20_000;

const ARRAYS: Readonly<Record<DType, (values: ArrayLike<number>) => tf.TypedArray>> = {
  float: (values) => Float32Array.from(values),
  int: (values) => Int32Array.from(values),
  bool: (values) => Uint8Array.from(values),
};

/** What a graph or a program gives; `Float32Array`s where the program computes in float32. */
export interface ActualResults {
  readonly outputs: readonly ArrayLike<number>[];
  readonly gradients: readonly (ArrayLike<number> | null)[];
}

/**
 * Evaluates `fn`, with gradients where the graph has them, on the active backend and compares.
 *
 * Eager code is float32, and where that loses digits (sums over many observations, residuals far smaller than what they
 * are the difference of) it may be far off, and rightly. So what differs is looked at again: the function is traced and
 * interpreted in float64 and in float32. It passes if it gives what the former does and eager code is off by not much more
 * than the latter. Numbers that float32 cannot hold pass too, and such as rewriting kept in the range of floats.
 *
 * Long loops take eager code seconds, and there may be no backend to run it on. Then the function is traced twice instead,
 * which shows whether it does the same every time; that the steps of a loop do, tracing has seen.
 *
 * @param point - one flat array a declared input.
 * @param run - what was made of the graph; by default, the interpreter.
 * @throws TypeError when `point` does not fit the graph's inputs.
 * @throws TraceError naming the first result that differs.
 */
export function compareWithEager(
  fn: TraceableFunction,
  graph: Graph,
  point: readonly ArrayLike<number>[],
  run: (inputs: readonly tf.TypedArray[]) => ActualResults = (inputs) => interpret(graph, inputs),
): void {
  const declared = graph.inputs.filter(({ captured }) => captured === undefined);
  const values = declared.map(({ shape, dtype }, i) => {
    const own = point[i];
    if (own?.length !== sizeOf(shape)) {
      const got = own === undefined ? 'nothing' : `${own.length} values`;
      throw new TypeError(`traceGraph: point[${i}] must hold the values of shape ${formatShape(shape)}, got ${got}`);
    }
    // The same numbers for all: those that eager code can hold.
    return ARRAYS[dtype](own);
  });
  if (stepsOf(graph) > MOST_STEPS || !canRunEagerly()) {
    compareTraces(fn, graph);
    return;
  }
  const eager = withCaptured(graph.inputs, () => evaluate(fn, graph, values));
  const given = run(values);
  const reference = new Reference(fn, graph, values);
  given.outputs.forEach((output, i) => {
    compare(`output ${i}`, output, at(eager.outputs, i), () => reference.of(({ outputs }) => at(outputs, i)));
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
function compareTraces(fn: TraceableFunction, graph: Graph): void {
  const [first, second] = [retrace(fn, graph, exact), retrace(fn, graph, exact)];
  if (sameGraph(first, second)) return;
  throw new TraceError(
    'the function does not do the same every time that it is called: two traces of it differ. Does it draw random numbers, or ' +
      'use anything that changes from call to call?',
  );
}

/** The function traced with constants rounded. */
function retrace(fn: TraceableFunction, graph: Graph, round: Rounding): Graph {
  const inputs = graph.inputs.flatMap(({ shape, dtype, captured }, i) => {
    return captured === undefined ? [{ shape, dtype: TFJS_DTYPE[dtype], grad: graph.gradients[i] !== null }] : [];
  });
  return recordGraph(fn, inputs, inputs.some(({ grad }) => grad), { reading: 'float32', round });
}

/** One result, by the interpreter. */
interface Interpreted {
  readonly exact: Float64Array;
  readonly rounded: Float64Array;
}

/** The function by the interpreter, if it comes to that. */
class Reference {
  readonly #fn: TraceableFunction;
  readonly #graph: Graph;
  readonly #values: readonly ArrayLike<number>[];
  #results: Readonly<Record<keyof Interpreted, GraphResults>> | null | undefined;

  constructor(fn: TraceableFunction, graph: Graph, values: readonly ArrayLike<number>[]) {
    [this.#fn, this.#graph, this.#values] = [fn, graph, values];
  }

  /** Null if the function does not do the same every time, so that nothing is to be excused. */
  of(pick: (results: GraphResults) => Float64Array | null): Interpreted | null {
    if (this.#results === undefined) this.#results = this.#interpret();
    if (this.#results === null) return null;
    const [exact, rounded] = [this.#results.exact, this.#results.rounded].map((results) => pick(results) ?? new Float64Array(0));
    return { exact: exact as Float64Array, rounded: rounded as Float64Array };
  }

  #interpret(): Readonly<Record<keyof Interpreted, GraphResults>> | null {
    // Constants in float32 too: one of them may be a sum over all observations.
    const graph = retrace(this.#fn, this.#graph, Math.fround);
    if (!sameGraph(graph, retrace(this.#fn, this.#graph, Math.fround))) return null;
    const values = this.#graph.inputs.map(({ captured }, i) => captured?.values ?? at(this.#values, i));
    return { exact: interpret(this.#graph, this.#values), rounded: interpret(graph, values, { precision: 'float32' }) };
  }
}

interface EagerResults {
  readonly outputs: readonly ArrayLike<number>[];
  readonly gradients: readonly (ArrayLike<number> | undefined)[];
}

function evaluate(fn: TraceableFunction, graph: Graph, values: readonly tf.TypedArray[]): EagerResults {
  let outputs: tf.TypedArray[] = [];
  let gradients: (tf.TypedArray | undefined)[] = [];
  tf.tidy(() => {
    const inputs = values.map((own, i) => {
      const { shape, dtype } = at(graph.inputs, i);
      return tf.tensor(own, [...shape], TFJS_DTYPE[dtype]);
    });
    const run = (): tf.Tensor => {
      const results = [fn(...inputs)].flat();
      outputs = results.map((tensor) => tensor.dataSync());
      return at(results, 0);
    };
    const wanted = inputs.filter((_, i) => graph.gradients[i] !== null);
    if (wanted.length === 0) {
      run();
      return;
    }
    // Typed otherwise, but undefined where the value does not depend on the input.
    const grads: readonly (tf.Tensor | undefined)[] = tf.engine().gradients(run, wanted, undefined, true).grads;
    gradients = inputs.map((input) => grads[wanted.indexOf(input)]?.dataSync());
  });
  return { outputs, gradients };
}

function compare(what: string, actual: ArrayLike<number>, eager: ArrayLike<number>, reference: () => Interpreted | null): void {
  const tolerance = TOLERANCE * greatest(eager);
  const differs = (i: number): boolean => !agree(at(actual, i), eager[i] ?? Number.NaN, tolerance);
  let isExcused: ((i: number) => boolean) | null = null;
  for (let i = 0; i < actual.length; i++) {
    if (!differs(i)) continue;
    isExcused ??= excuse(actual, eager, reference());
    if (isExcused(i)) continue;
    throw new TraceError(
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
  const { exact, rounded } = interpreted;
  const scale = greatest(exact);
  const error = rounded.reduce((most, x, i) => Math.max(most, finiteOr(Math.abs(x - at(exact, i)), 0)), 0);
  const single = AMPLIFICATION * error + TOLERANCE * scale;
  const own = actual instanceof Float32Array ? single : ROUNDING * scale;
  return (i) => {
    const [a, e, x, r] = [at(actual, i), eager[i] ?? Number.NaN, at(exact, i), at(rounded, i)];
    // The passes take log(e^x) for x: what overflows or vanishes on the way need not do so in the program.
    const isSpared = Number.isFinite(a) && !Number.isFinite(x);
    const isOver = actual instanceof Float32Array && !Number.isFinite(a) && !Number.isFinite(r);
    const isRight = agree(a, x, own) || isSpared || isOver;
    // Float32 overflows where float64 does not, and steps over a singularity that float64 meets.
    if (!Number.isFinite(e)) return isRight;
    return isRight && (Number.isFinite(x) ? Math.abs(e - x) <= single : Number.isFinite(r));
  };
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
