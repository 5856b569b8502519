/** @file The body of a scan as graphs: a step, and its vector-Jacobian product. */
import * as tf from '@tensorflow/tfjs-core';
import type { Graph } from '../graph/graph.ts';
import type { NodeId } from '../graph/node.ts';
import { at, formatShape, sameShape } from '../graph/shape.ts';
import type { TraceBackend } from './backend.ts';
import { TraceError } from './error.ts';
import type { Captured, Frame } from './frame.ts';
import type { Tape } from './tape.ts';
import { backpropagate, recordTape } from './tape.ts';

/** One step: from the carries and a slice of each scanned tensor, new carries and results. */
export type ScanStep = (carries: tf.Tensor[], slices: tf.Tensor[]) => ScanResults;

/** What a step, or a whole scan, gives. */
export interface ScanResults {
  readonly carries: readonly tf.Tensor[];
  /** Of a step: its results. Of a scan: those of all steps, stacked along a new leading axis. */
  readonly results: readonly tf.Tensor[];
}

/** A step as graphs. */
export interface ScanBody {
  /** The tensors of the surrounding function that the step uses. */
  readonly captured: readonly Captured[];
  /** Inputs: carries, slices, captured tensors. Outputs: new carries, results, and the carries as they came. */
  readonly forward: Graph;
  /** Null where it was not asked for. */
  readonly backward: BackwardBody | null;
}

/** The gradients of a step; of carries, results, slices and captured tensors, only some have one. */
export interface BackwardBody {
  /**
   * Inputs: the gradients in the new carries, the sums so far of those in captured tensors, carries, slices, the gradients
   * in the results, captured tensors. Outputs: the gradients in the carries, the sums, the gradients in the slices.
   */
  readonly graph: Graph;
  /** Which of each kind have a gradient, by their places. */
  readonly carries: readonly number[];
  readonly captured: readonly number[];
  readonly results: readonly number[];
  readonly slices: readonly number[];
}

/** A gradient by the place of what it is the gradient in: the input it comes in as, and the node it goes out as. */
interface Gradient {
  readonly place: number;
  readonly given: NodeId;
  readonly found: NodeId;
}

/** The gradients of a step, of each kind. */
interface Gradients {
  readonly carries: readonly Gradient[];
  readonly captured: readonly Gradient[];
  readonly results: readonly Omit<Gradient, 'found'>[];
  readonly slices: readonly Omit<Gradient, 'given'>[];
}

/**
 * Runs a step once, in a graph of its own.
 *
 * @param withGradient - record its vector-Jacobian product too.
 * @throws TraceError when the new carries are not like the old ones.
 */
export function recordBody(
  step: ScanStep,
  init: readonly tf.Tensor[],
  xs: readonly tf.Tensor[],
  withGradient: boolean,
  backend: TraceBackend,
): ScanBody {
  return backend.inFrame((frame) => {
    const carries = init.map((tensor) => backend.placeholder(tensor));
    const slices = xs.map(({ shape, dtype }) => backend.placeholder({ shape: shape.slice(1), dtype }));
    const nodesOf = (tensors: readonly tf.Tensor[]): NodeId[] => tensors.map((tensor) => backend.nodeOf(tensor));
    const run = (): ScanResults => checkStep(step([...carries], [...slices]), carries);
    const read = (made: ScanResults): NodeId[] => [...nodesOf(made.carries), ...nodesOf(made.results)];
    const isSliceTraced = (i: number): boolean => backend.isTraced(at(xs, i).dataId);
    const [outputs, gradients] = withGradient
      ? recordTape(run, (made, tape) => {
          return [read(made), differentiate({ carries, slices, made, tape }, isSliceTraced, frame, backend)] as const;
        })
      : [read(run()), null];
    const captured = [...frame.captured.values()];
    const [ofCarries, ofSlices, ofCaptured] = [nodesOf(carries), nodesOf(slices), captured.map(({ inner }) => inner)];
    return {
      captured,
      forward: frame.function([...ofCarries, ...ofSlices, ...ofCaptured], [...outputs, ...ofCarries]),
      backward: gradients && {
        graph: frame.function(
          [
            ...[...gradients.carries, ...gradients.captured].map(({ given }) => given),
            ...ofCarries,
            ...ofSlices,
            ...gradients.results.map(({ given }) => given),
            ...ofCaptured,
          ],
          [...gradients.carries, ...gradients.captured, ...gradients.slices].map(({ found }) => found),
        ),
        carries: gradients.carries.map(({ place }) => place),
        captured: gradients.captured.map(({ place }) => place),
        results: gradients.results.map(({ place }) => place),
        slices: gradients.slices.map(({ place }) => place),
      },
    };
  });
}

/** A step that has been run. */
interface Recorded {
  readonly carries: readonly tf.Tensor[];
  readonly slices: readonly tf.Tensor[];
  readonly made: ScanResults;
  readonly tape: Tape;
}

function differentiate(
  { carries, slices, made, tape }: Recorded,
  isSliceTraced: (place: number) => boolean,
  frame: Frame,
  backend: TraceBackend,
): Gradients {
  const captured = [...frame.captured.values()].map(({ tensor }) => tensor as tf.Tensor);
  const seeds = new Map<number, tf.Tensor>();
  // A tensor may be given in several places.
  const seed = (tensor: tf.Tensor): NodeId => {
    const given = backend.placeholder(tensor);
    const known = seeds.get(tensor.id);
    seeds.set(tensor.id, known === undefined ? given : tf.add(known, given));
    return backend.nodeOf(given);
  };
  const given = { carries: floats(made.carries), results: floats(made.results) };
  const ofCarries = given.carries.map(([place, tensor]) => ({ place, given: seed(tensor) }));
  const ofResults = given.results.map(([place, tensor]) => ({ place, given: seed(tensor) }));
  const wanted = { carries: floats(carries), slices: floats(slices), captured: floats(captured) };
  const found = backpropagate(tape, seeds, Object.values(wanted).flat().map(([, tensor]) => tensor));
  const byId = new Map(Object.values(wanted).flat().map(([, { id }], i) => [id, found[i]]));
  const gradientIn = (tensor: tf.Tensor): NodeId => backend.nodeOf(byId.get(tensor.id) ?? tf.zerosLike(tensor));
  return {
    carries: ofCarries.map(({ place, given: of }) => ({ place, given: of, found: gradientIn(at(carries, place)) })),
    results: ofResults,
    slices: wanted.slices.flatMap(([place, tensor]) => {
      return isSliceTraced(place) ? [{ place, found: gradientIn(tensor) }] : [];
    }),
    captured: wanted.captured.flatMap(([place, tensor]) => {
      if (byId.get(tensor.id) === undefined) return [];
      const sum = frame.input(tensor);
      return [{ place, given: sum, found: frame.graph.binary('add', sum, gradientIn(tensor)) }];
    }),
  };
}

/** Those that have gradients, with their places. */
function floats(tensors: readonly tf.Tensor[]): [place: number, tensor: tf.Tensor][] {
  return tensors.flatMap((tensor, place) => (tensor.dtype === 'float32' ? [[place, tensor] as [number, tf.Tensor]] : []));
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
