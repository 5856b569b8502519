/** @file Loops over time: `scan` steps through arrays with a state, and compiles to a real loop. */
import type { Tensor } from '@tensorflow/tfjs-core';
import * as tf from '@tensorflow/tfjs-core';
import type { ScanOptions as FlatOptions, ScanResults, ScanStep } from '@tychejs/jit';
import { traceScan } from '@tychejs/jit';
import { isTracing } from '../backend/tracing.ts';
import { withoutPendingChecks } from '../distributions/pendingChecks.ts';
import { checkOptions } from '../util/options.ts';
import { format, sameShape } from '../util/shape.ts';
import { ScanBodyHandler } from './scanBody.ts';
import type { Leaf, TensorTree } from './tree.ts';
import { leavesOf, withLeaves } from './tree.ts';

/** Options of {@link scan}. */
export interface ScanOptions {
  /** The number of steps; needed where there is nothing to scan over, otherwise the length of the scanned axes. */
  readonly length?: number;
  /** Step from the last index to the first; results are still at the index of what they were made from. Default false. */
  readonly reverse?: boolean;
}

/** A step of {@link scan}: the state and the slices at one index become the next state and the results at that index. */
export type ScanBody<Carry, X, Y> = (
  carry: TensorTree<Carry>,
  x: TensorTree<X>,
) => readonly [carry: NoInfer<TensorTree<Carry>>, y: Y];

/**
 * Steps through arrays with a state, as `jax.lax.scan` and NumPyro's `scan` do:
 *
 * ```ts
 * // An AR(1) process: the state is the last value, the result each value.
 * const [last, path] = ops.scan((value, shock) => {
 *   const next = tf.add(tf.mul(phi, value), shock);
 *   return [next, next];
 * }, 0, shocks);
 * ```
 *
 * Eagerly the steps run one after another. In a function that is compiled, `body` becomes a loop, forward and for the
 * gradient backward, however many steps there are: it runs twice then, must do the same both times, and must not draw random
 * numbers. Gradients flow through the state, the slices, and the tensors from outside that `body` uses.
 *
 * @param body - one step; the state that it returns must be like the one that it was given, in form, shapes and types. It
 * may return null for no results. It runs in a `tf.tidy` of its own.
 * @param init - the state before the first step: a tensor or number, or arrays and records of them, nested to any depth.
 * @param xs - what to step over along its first axis: likewise, of tensors [length, ...]; or null.
 * @returns the last state, and the results of all steps stacked along a new first axis; new tensors, which the caller (or
 * a surrounding `tf.tidy`) disposes of.
 * @throws TypeError when `xs` hold nothing and no length is given.
 * @throws Error when lengths differ, or a state is not like the one before it; both name the tensor.
 * @throws SiteError for a sample, factor or deterministic statement in the body: they belong after the scan.
 */
export function scan<const Carry, const X, const Y>(
  body: ScanBody<Carry, X, Y>,
  init: Carry,
  xs: X,
  options: ScanOptions = {},
): [carry: TensorTree<Carry>, ys: TensorTree<Y>] {
  checkOptions('ops.scan', options, ['length', 'reverse']);
  let ys: unknown = null;
  let form: string | undefined;
  const { carries, results } = tf.tidy(() => {
    const first = leavesOf(init, 'ops.scan: init');
    const scanned = leavesOf(xs, 'ops.scan: xs');
    const length = lengthOf(scanned, options.length);
    const handler = new ScanBodyHandler();
    const step: ScanStep = (carry, slices) => {
      const state = withLeaves(init, carry) as TensorTree<Carry>;
      const [next, y] = checkPair(withoutPendingChecks(() => handler.run(() => body(state, withLeaves(xs, slices) as TensorTree<X>))));
      const results = leavesOf(y, 'ops.scan: the result');
      ys = y;
      form = checkForm('the result', pathsOf(results), form);
      return { carries: checkCarry(leavesOf(next, 'ops.scan: the carry'), first), results: tensorsOf(results) };
    };
    const run = isTracing() ? traceScan : runSteps;
    const made = run(step, tensorsOf(first), tensorsOf(scanned), { length, reverse: options.reverse ?? false });
    return { carries: [...made.carries], results: [...made.results] };
  });
  return [withLeaves(init, carries) as TensorTree<Carry>, withLeaves(ys, results) as TensorTree<Y>];
}

/** The steps one after another, on ordinary tensors. */
function runSteps(step: ScanStep, init: readonly Tensor[], xs: readonly Tensor[], { length, reverse = false }: FlatOptions): ScanResults {
  if (length === 0) return { carries: init.map((tensor) => tf.clone(tensor)), results: emptyResults(step, init, xs) };
  const slices = xs.map((x) => unstack(x, length));
  const rows: (readonly Tensor[])[] = [];
  let carries: readonly Tensor[] = init;
  for (let i = 0; i < length; i++) {
    const t = reverse ? length - 1 - i : i;
    const before = carries;
    const made = tf.tidy(() => {
      const { carries: next, results } = step([...before], slices.map((x) => x[t] as Tensor));
      // A state of our own can be disposed of after the next step, whatever the body does with its tensors.
      return { carries: next.map((x) => tf.clone(x)), results: results.map((x) => (before.includes(x) ? tf.clone(x) : x)) };
    });
    if (i > 0) tf.dispose([...before]);
    carries = made.carries;
    rows[t] = made.results;
  }
  return { carries, results: (rows[0] ?? []).map((_, i) => tf.stack(rows.map((row) => row[i] as Tensor))) };
}

/** The slices of `x` along its first axis; tfjs has no gradient of unstacking a single one. */
function unstack(x: Tensor, length: number): Tensor[] {
  return length === 1 ? [tf.reshape(x, x.shape.slice(1))] : tf.unstack(x);
}

/** No results at all, of the shape and type that a step would give. */
function emptyResults(step: ScanStep, init: readonly Tensor[], xs: readonly Tensor[]): Tensor[] {
  const slices = xs.map(({ shape, dtype }) => tf.zeros(shape.slice(1), dtype as tf.NumericDataType));
  return step([...init], slices).results.map(({ shape, dtype }) => tf.tensor([], [0, ...shape], dtype));
}

function tensorsOf(leaves: readonly Leaf[]): Tensor[] {
  return leaves.map(({ tensor }) => tensor);
}

function lengthOf(scanned: readonly Leaf[], given: number | undefined): number {
  const first = scanned[0];
  const length = given ?? first?.tensor.shape[0];
  if (length === undefined && first === undefined) {
    throw new TypeError('ops.scan: with nothing to scan over (xs is null), give the number of steps: { length: 10 }');
  }
  if (given !== undefined && !(Number.isInteger(given) && given >= 0)) {
    throw new TypeError(`ops.scan: length must be a whole number, got ${given}`);
  }
  for (const { path, tensor } of scanned) {
    const found = `xs${path} has shape ${format(tensor.shape)}`;
    if (tensor.rank === 0) throw new Error(`ops.scan: ${found}; scanned tensors need a first axis to step along`);
    if (tensor.shape[0] === length) continue;
    throw new Error(`ops.scan: ${found}, but the length is ${length} (by ${given === undefined ? `xs${first?.path ?? ''}` : 'the option'})`);
  }
  return length as number;
}

function checkPair(made: unknown): readonly [unknown, unknown] {
  if (Array.isArray(made) && made.length === 2) return made as unknown as readonly [unknown, unknown];
  throw new TypeError('ops.scan: the body must return two things, [carry, y]; y may be null');
}

/** The tensors of a tree, as errors list them. */
function pathsOf(leaves: readonly Leaf[]): string {
  return leaves.map(({ path }) => path || 'a tensor').join(', ') || 'nothing';
}

function checkForm(what: string, form: string, before: string = form): string {
  if (form === before) return form;
  throw new Error(`ops.scan: ${what} was ${before}, and after a step of the body is ${form}; it must keep its form`);
}

function checkCarry(next: readonly Leaf[], first: readonly Leaf[]): Tensor[] {
  checkForm('the carry', pathsOf(next), pathsOf(first));
  return next.map(({ path, tensor }, i) => {
    const before = (first[i] as Leaf).tensor;
    if (tensor.dtype === before.dtype && sameShape(tensor.shape, before.shape)) return tensor;
    throw new Error(
      `ops.scan: carry${path} begins as ${before.dtype} ${format(before.shape)}, but a step made it ${tensor.dtype} ` +
        `${format(tensor.shape)}; it must keep shape and type`,
    );
  });
}
