/** @file A scan in a traced function: to tfjs one kernel with its gradient, in the graph a loop and another back. */
import * as tf from '@tensorflow/tfjs-core';
import type { GraphBuilder } from '../graph/builder.ts';
import type { NodeId } from '../graph/node.ts';
import { sameGraph } from '../graph/sameGraph.ts';
import { at } from '../graph/shape.ts';
import type { TraceBackend } from './backend.ts';
import { activeTrace } from './backend.ts';
import { TraceError } from './error.ts';
import { attrsOf, inputList } from './lower/lowering.ts';
import { registerLowering } from './lower/registry.ts';
import type { RecordedStep, ScanResults, ScanStep } from './scanBody.ts';
import { recordStep } from './scanBody.ts';
import { withoutTape } from './tape.ts';

/** How often a scan steps, and in which direction. */
export interface ScanOptions {
  readonly length: number;
  /** From the last index to the first. Default false. */
  readonly reverse?: boolean;
}

/** What is wrong with a body that is another the second time. */
function unsteady(): string {
  return (
    'scan: the body does not do the same every time that it runs, but all steps of the loop will do what it did first. ' +
    'Carry what changes from step to step, a counter, say, or scan over it.'
  );
}

/** The kernel that a scan is to tfjs; it exists on the recording backend only. */
const SCAN = 'Scan';

/** Its one attribute. */
interface ScanAttrs {
  readonly scan: Scan;
}

/**
 * Adds a scan to the function that is being traced: `step` runs with tensors that stand for its arguments, and again to see
 * that it does the same. Tensors
 * of the surrounding function may be used in it; they have gradients too.
 *
 * @param init - the carries before the first step; each step must give as many, of the same shapes and types.
 * @param xs - scanned tensors [length, ...].
 * @throws TraceError when no trace is under way, when the carries change shape or type, when the
 * step does not do the same every time, and, later, when the gradient of
 * the scan's gradient is taken.
 */
export function traceScan(
  step: ScanStep,
  init: readonly tf.Tensor[],
  xs: readonly tf.Tensor[],
  options: ScanOptions,
): ScanResults {
  const backend = activeTrace();
  if (backend === null) throw new TraceError('traceScan works only inside of a function that is being traced');
  const engine = tf.engine();
  const withTape = engine.state.gradientDepth > 0;
  const recorded = withoutTape(() => recordStep(step, init, xs, withTape, backend));
  const again = withoutTape(() => recordStep(step, init, xs, false, backend));
  if (!sameGraph(recorded.forward, again.forward)) throw new TraceError(unsteady());
  const attrs: ScanAttrs = { scan: new Scan(recorded, init, xs, options, backend) };
  // tfjs names the inputs of a kernel; ours go by number.
  const inputs = Object.fromEntries([...init, ...xs, ...recorded.captured].entries());
  const outputs = engine.runKernel<tf.Tensor[]>(SCAN, inputs, attrs as object as tf.NamedAttrMap);
  return { carries: outputs.slice(0, init.length), results: outputs.slice(init.length) };
}

/** One scan, on its way from the forward to the backward pass. */
class Scan {
  readonly #step: RecordedStep;
  readonly #init: readonly tf.Tensor[];
  readonly #xs: readonly tf.Tensor[];
  readonly #length: number;
  readonly #reverse: boolean;
  readonly #backend: TraceBackend;
  /** For each scanned tensor, whether it depends on the inputs of the trace. */
  readonly #isTraced: readonly boolean[];
  /** The nodes of the scanned tensors, and of the carries that each step began with, stacked. */
  #scanned: readonly NodeId[] = [];
  #began: readonly NodeId[] = [];

  constructor(
    step: RecordedStep,
    init: readonly tf.Tensor[],
    xs: readonly tf.Tensor[],
    { length, reverse = false }: ScanOptions,
    backend: TraceBackend,
  ) {
    [this.#step, this.#init, this.#xs, this.#backend] = [step, init, xs, backend];
    [this.#length, this.#reverse] = [length, reverse];
    this.#isTraced = xs.map(({ dataId }) => backend.isTraced(dataId));
  }

  /** The loop forward: last carries, and results. */
  forward(operands: readonly NodeId[], graph: GraphBuilder): NodeId[] {
    const { forward } = this.#step;
    const [numCarries, numScanned] = [this.#init.length, this.#xs.length];
    this.#scanned = operands.slice(numCarries, numCarries + numScanned);
    const items = graph.loop({
      body: forward,
      length: this.#length,
      reverse: this.#reverse,
      carries: operands.slice(0, numCarries),
      scanned: this.#scanned,
      invariants: operands.slice(numCarries + numScanned),
    });
    this.#began = items.slice(items.length - numCarries);
    return items.slice(0, items.length - numCarries);
  }

  /** The loop backward: the gradients in the inputs of the kernel, given those in its outputs. */
  backward(dys: readonly tf.Tensor[]): tf.Tensor[] {
    if (tf.engine().state.gradientDepth > 0) {
      throw new TraceError('the gradient of the gradient of a scan cannot be traced: take one of them, or write the loop out');
    }
    const graph = this.#backend.graph;
    const [numCarries, numScanned] = [this.#init.length, this.#xs.length];
    const given = dys.map((dy) => this.#backend.nodeOf(dy));
    // tfjs puts zeros for the gradients in what nobody used.
    const isUsed = given.slice(numCarries).map((dy) => !graph.isUniform(dy, 0));
    const step = this.#step.backward(isUsed, this.#isTraced);
    const sums = step.sums.map((place) => graph.broadcast(graph.scalar(0), at(this.#step.captured, place).shape));
    // Without floats there are no gradients.
    const isEmpty = step.graph.outputs.length === 0;
    const found = isEmpty ? [] : graph.loop({
      body: step.graph,
      length: this.#length,
      reverse: !this.#reverse,
      carries: [...step.carries.map((place) => at(given, place)), ...sums],
      scanned: [...this.#began, ...this.#scanned, ...step.results.map((place) => at(given, numCarries + place))],
      invariants: step.invariants,
    });
    const places = [
      ...step.carries,
      ...step.sums.map((place) => numCarries + numScanned + place),
      ...step.slices.map((place) => numCarries + place),
    ];
    const gradients = new Map(places.map((place, i) => [place, this.#backend.tensorOf(at(found, i))]));
    const inputs = [...this.#init, ...this.#xs, ...this.#step.captured];
    return inputs.map(({ shape }, place) => gradients.get(place) ?? tf.zeros(shape));
  }
}

registerLowering(SCAN, (call, graph) => attrsOf<ScanAttrs>(call).scan.forward(inputList(call), graph));

tf.registerGradient({
  kernelName: SCAN,
  gradFunc: (dys, _, attrs) => {
    const gradients = (attrs as object as ScanAttrs).scan.backward([dys].flat());
    return Object.fromEntries(gradients.map((gradient, i) => [i, () => gradient]));
  },
});
