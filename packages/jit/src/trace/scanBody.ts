/** @file The body of a scan as graphs: a step, and its vector-Jacobian product. */
import * as tf from '@tensorflow/tfjs-core';
import type { Graph } from '../graph/graph.ts';
import type { NodeId } from '../graph/node.ts';
import { at, formatShape, sameShape } from '../graph/shape.ts';
import type { TraceBackend } from './backend.ts';
import { TraceError } from './error.ts';
import type { Frame } from './frame.ts';
import type { Tape } from './tape.ts';
import { backpropagate, recordTape, withoutTape } from './tape.ts';

/** One step: from the carries and a slice of each scanned tensor, new carries and results. */
export type ScanStep = (carries: tf.Tensor[], slices: tf.Tensor[]) => ScanResults;

/** What a step, or a whole scan, gives. */
export interface ScanResults {
  readonly carries: readonly tf.Tensor[];
  /** Of a step: its results. Of a scan: those of all steps, stacked along a new leading axis. */
  readonly results: readonly tf.Tensor[];
}

/** A step as graphs. */
export interface RecordedStep {
  /** The tensors of the surrounding function that the step uses. */
  readonly captured: readonly tf.Tensor[];
  /** Inputs: carries, slices, captured tensors. Outputs: new carries, results, and the carries as they came. */
  readonly forward: Graph;
  /**
   * The gradients of the step, of which some only are needed.
   *
   * @param results - for each result, whether there is a gradient in it.
   * @param slices - for each slice, whether the gradient in it is asked for.
   */
  backward(results: readonly boolean[], slices: readonly boolean[]): BackwardStep;
}

/** The gradients of a step as a graph. */
export interface BackwardStep {
  /**
   * Inputs: the gradients in the new carries, the sums so far of those in captured tensors, carries, slices, the gradients
   * in the results, captured tensors. Outputs: the gradients in the carries, the sums, the gradients in the slices.
   */
  readonly graph: Graph;
  /** Which of each kind the graph has, by their places. */
  readonly carries: readonly number[];
  readonly sums: readonly number[];
  readonly results: readonly number[];
  readonly slices: readonly number[];
  /** The captured tensors that the graph takes, as nodes of the surrounding graph; there may be more than forward. */
  readonly invariants: readonly NodeId[];
}

/**
 * Runs a step once, in a graph of its own.
 *
 * @param withTape - whether its gradients will be asked for.
 * @throws TraceError when the new carries are not like the old ones.
 */
export function recordStep(
  step: ScanStep,
  init: readonly tf.Tensor[],
  xs: readonly tf.Tensor[],
  withTape: boolean,
  backend: TraceBackend,
): RecordedStep {
  const frame = backend.newFrame();
  return backend.within(frame, () => {
    const carries = init.map((tensor) => backend.placeholder(tensor));
    const slices = xs.map(({ shape, dtype }) => backend.placeholder({ shape: shape.slice(1), dtype }));
    const inputs = { carries: nodesOf(carries, backend), slices: nodesOf(slices, backend) };
    const run = (): ScanResults => checkStep(step([...carries], [...slices]), carries);
    const { value: made, tape } = withTape ? recordTape(run) : { value: run(), tape: [] };
    backend.own(tape);
    const outputs = nodesOf([...made.carries, ...made.results], backend);
    const captured = [...frame.captured.values()];
    const recorded: Recorded = { frame, backend, inputs, carries, slices, captured: captured.map(({ tensor }) => tensor), made, tape };
    return {
      captured: recorded.captured,
      forward: frame.function(
        [...inputs.carries, ...inputs.slices, ...captured.map(({ inner }) => inner)],
        [...outputs, ...inputs.carries],
      ),
      backward: (results, wanted) => withoutTape(() => backend.within(frame, () => differentiate(recorded, results, wanted))),
    };
  });
}

/** A step that has been run; of its tensors, which may have been disposed of, only what they are like still counts. */
interface Recorded {
  readonly frame: Frame;
  readonly backend: TraceBackend;
  readonly inputs: { readonly carries: readonly NodeId[]; readonly slices: readonly NodeId[] };
  readonly carries: readonly tf.Tensor[];
  readonly slices: readonly tf.Tensor[];
  readonly captured: readonly tf.Tensor[];
  readonly made: ScanResults;
  readonly tape: Tape;
}

function differentiate(recorded: Recorded, hasGradient: readonly boolean[], isWanted: readonly boolean[]): BackwardStep {
  const { frame, backend, inputs, made, tape } = recorded;
  const places = {
    carries: floatsOf(recorded.carries),
    captured: floatsOf(recorded.captured),
    results: floatsOf(made.results).filter((place) => hasGradient[place]),
    slices: floatsOf(recorded.slices).filter((place) => isWanted[place]),
  };
  const seeds = new Map<number, tf.Tensor>();
  const seed = (tensor: tf.Tensor): NodeId => {
    const given = backend.placeholder(tensor);
    // One tensor may be several of the results.
    const known = seeds.get(tensor.id);
    seeds.set(tensor.id, known === undefined ? given : tf.add(known, given));
    return backend.nodeOf(given);
  };
  const ofCarries = places.carries.map((place) => seed(at(made.carries, place)));
  const ofResults = places.results.map((place) => seed(at(made.results, place)));
  const pick = (tensors: readonly tf.Tensor[], which: readonly number[]): tf.Tensor[] => which.map((place) => at(tensors, place));
  const wanted = [
    ...pick(recorded.carries, places.carries),
    ...pick(recorded.slices, places.slices),
    ...pick(recorded.captured, places.captured),
  ];
  const gradients = new Map(backpropagate(tape, seeds, wanted).map((gradient, i) => [at(wanted, i).id, gradient]));
  const gradientIn = ({ id, shape }: tf.Tensor): NodeId => {
    const gradient = gradients.get(id);
    return gradient === undefined ? frame.graph.broadcast(frame.graph.scalar(0), shape) : backend.nodeOf(gradient);
  };
  const sums = places.captured.flatMap((place) => {
    const tensor = at(recorded.captured, place);
    if (gradients.get(tensor.id) === undefined) return [];
    const given = frame.input(tensor);
    return [{ place, given, found: frame.graph.binary('add', given, gradientIn(tensor)) }];
  });
  const invariants = [...frame.captured.values()];
  return {
    graph: frame.function(
      [
        ...ofCarries,
        ...sums.map(({ given }) => given),
        ...inputs.carries,
        ...inputs.slices,
        ...ofResults,
        ...invariants.map(({ inner }) => inner),
      ],
      [
        ...pick(recorded.carries, places.carries).map(gradientIn),
        ...sums.map(({ found }) => found),
        ...pick(recorded.slices, places.slices).map(gradientIn),
      ],
    ),
    carries: places.carries,
    sums: sums.map(({ place }) => place),
    results: places.results,
    slices: places.slices,
    invariants: invariants.map(({ outer }) => outer),
  };
}

function nodesOf(tensors: readonly tf.Tensor[], backend: TraceBackend): NodeId[] {
  return tensors.map((tensor) => backend.nodeOf(tensor));
}

/** The places of those that may have gradients. */
function floatsOf(tensors: readonly tf.Tensor[]): number[] {
  return tensors.flatMap(({ dtype }, place) => (dtype === 'float32' ? [place] : []));
}

function checkStep(made: ScanResults, carries: readonly tf.Tensor[]): ScanResults {
  const { length } = made.carries;
  if (length !== carries.length) throw new TraceError(`scan: the body gives ${length} carries, for ${carries.length}`);
  made.carries.forEach((carry, i) => {
    const before = at(carries, i);
    if (carry.dtype === before.dtype && sameShape(carry.shape, before.shape)) return;
    throw new TraceError(
      `scan: carry ${i} goes into the body as ${before.dtype}${formatShape(before.shape)} and comes out as ` +
        `${carry.dtype}${formatShape(carry.shape)}; every step must keep shape and type`,
    );
  });
  return made;
}
