/** @file A scan in a traced function: to tfjs one kernel with its gradient, in the graph a loop and another back. */
import * as tf from '@tensorflow/tfjs-core';
import type { GraphBuilder } from '../graph/builder.ts';
import type { NodeId } from '../graph/node.ts';
import { at } from '../graph/shape.ts';
import type { TraceBackend } from './backend.ts';
import { activeTrace } from './backend.ts';
import { TraceError } from './error.ts';
import { attrsOf, inputList } from './lower/lowering.ts';
import { registerLowering } from './lower/registry.ts';
import type { ScanBody, ScanResults, ScanStep } from './scanBody.ts';
import { recordBody } from './scanBody.ts';
import { withoutTape } from './tape.ts';

/** How often a scan steps, and in which direction. */
export interface ScanOptions {
  readonly length: number;
  /** From the last index to the first. Default false. */
  readonly reverse?: boolean;
}

/** The kernel that a scan is to tfjs; it exists on the recording backend only. */
const SCAN = 'Scan';

/** Its one attribute. */
interface ScanAttrs {
  readonly scan: Scan;
}

/**
 * Adds a scan to the function that is being traced: `step` runs once, with tensors that stand for its arguments. Tensors
 * of the surrounding function may be used in it; they have gradients too.
 *
 * @param init - the carries before the first step; each step must give as many, of the same shapes and types.
 * @param xs - scanned tensors [length, ...].
 * @throws TraceError when no trace is under way, when the carries change shape or type, and, later, when the gradient of
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
  const withGradient = engine.state.gradientDepth > 0;
  const body = withoutTape(() => inScope(() => recordBody(step, init, xs, withGradient, backend)));
  const inputs = [...init, ...xs, ...body.captured.map(({ tensor }) => tensor as tf.Tensor)];
  const attrs: ScanAttrs = { scan: new Scan(body, inputs, init.length, options, backend) };
  // tfjs names the inputs of a kernel; ours go by number.
  const outputs = engine.runKernel<tf.Tensor[]>(SCAN, { ...inputs } as unknown as tf.NamedTensorMap, { ...attrs } as object as tf.NamedAttrMap);
  return { carries: outputs.slice(0, init.length), results: outputs.slice(init.length) };
}

/** Like `tf.tidy`, which would look for tensors all through the body's graphs. */
function inScope<T>(body: () => T): T {
  const engine = tf.engine();
  engine.startScope('scan');
  try {
    return body();
  } finally {
    engine.endScope();
  }
}

/** One scan, on its way from the forward to the backward pass. */
class Scan {
  readonly #body: ScanBody;
  readonly #inputs: readonly tf.Tensor[];
  readonly #numCarries: number;
  readonly #options: Required<ScanOptions>;
  readonly #backend: TraceBackend;
  /** The nodes of the inputs, and of the carries that each step began with, stacked. */
  #operands: readonly NodeId[] = [];
  #began: readonly NodeId[] = [];

  constructor(body: ScanBody, inputs: readonly tf.Tensor[], numCarries: number, options: ScanOptions, backend: TraceBackend) {
    this.#body = body;
    this.#inputs = inputs;
    this.#numCarries = numCarries;
    this.#options = { length: options.length, reverse: options.reverse ?? false };
    this.#backend = backend;
  }

  /** The loop forward: last carries, and results. */
  forward(operands: readonly NodeId[], graph: GraphBuilder): NodeId[] {
    const { forward } = this.#body;
    this.#operands = operands;
    const [carries, scanned, invariants] = this.#parts(operands);
    const items = graph.loop({ body: forward, ...this.#options, carries, scanned, invariants });
    this.#began = items.slice(forward.outputs.length - this.#numCarries);
    return items.slice(0, forward.outputs.length - this.#numCarries);
  }

  /** The loop backward: the gradients in the inputs, given those in the last carries and the results. */
  backward(dys: readonly tf.Tensor[]): tf.Tensor[] {
    const { backward } = this.#body;
    if (backward === null || tf.engine().state.gradientDepth > 0) {
      throw new TraceError('the gradient of the gradient of a scan cannot be traced: take one of them, or write the loop out');
    }
    // No floats, no gradients.
    if (backward.graph.outputs.length === 0) return this.#inputs.map(({ shape }) => tf.zeros(shape));
    const graph = this.#backend.graph;
    const [, scanned, invariants] = this.#parts(this.#operands);
    const ofDys = dys.map((dy) => this.#backend.nodeOf(dy));
    const sums = backward.captured.map((place) => {
      return graph.broadcast(graph.scalar(0), graph.shape(at(invariants, place)));
    });
    const found = graph.loop({
      body: backward.graph,
      length: this.#options.length,
      reverse: !this.#options.reverse,
      carries: [...backward.carries.map((place) => at(ofDys, place)), ...sums],
      scanned: [...this.#began, ...scanned, ...backward.results.map((place) => at(ofDys, this.#numCarries + place))],
      invariants,
    });
    const firstCaptured = this.#numCarries + scanned.length;
    const places = [
      ...backward.carries,
      ...backward.captured.map((place) => firstCaptured + place),
      ...backward.slices.map((place) => this.#numCarries + place),
    ];
    const gradients = new Map(places.map((place, i) => [place, this.#backend.tensorOf(at(found, i))]));
    return this.#inputs.map(({ shape }, place) => gradients.get(place) ?? tf.zeros(shape));
  }

  #parts(operands: readonly NodeId[]): [carries: NodeId[], scanned: NodeId[], invariants: NodeId[]] {
    const numScanned = operands.length - this.#numCarries - this.#body.captured.length;
    const firstCaptured = this.#numCarries + numScanned;
    return [operands.slice(0, this.#numCarries), operands.slice(this.#numCarries, firstCaptured), operands.slice(firstCaptured)];
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
