/** @file A tfjs backend that computes nothing: its tensors stand for nodes of a graph. */
import * as tf from '@tensorflow/tfjs-core';
import type { GraphBuilder } from '../graph/builder.ts';
import type { GraphInput } from '../graph/graph.ts';
import type { NodeId, Shape } from '../graph/node.ts';
import type { NoiseKind } from '../noise/kind.ts';
import type { ConstantReading, TracedConstants } from './constant.ts';
import { constantOf } from './constant.ts';
import { TFJS_DTYPE } from './dtype.ts';
import { runEagerly } from './eager.ts';
import type { EagerValue } from './eager.ts';
import { Entry } from './entry.ts';
import { callerLocation, TraceError } from './error.ts';
import { Frame } from './frame.ts';
import type { KernelCall, Lowering } from './lower/lowering.ts';
import { dtypeOf } from './lower/lowering.ts';
import { loweringOf } from './lower/registry.ts';
import * as refusals from './refusals.ts';
import { opName } from './refusals.ts';
import { TracedState } from './state.ts';
import type { Tape } from './tape.ts';
import { disposeTape } from './tape.ts';

/** The name under which the backend is known to tfjs while a trace is under way. */
export const BACKEND_NAME = 'trace';

/** tfjs ops that draw random numbers in JavaScript, so that they reach a backend as plain values. */
const RANDOM_OPS = /^(rand|randomGamma|randomNormal|randomStandardNormal|randomUniform|randomUniformInt|truncatedNormal|dropout)__op$/;

/** A kernel that draws random numbers whatever its inputs. */
const RANDOM_KERNELS: readonly string[] = [tf.Multinomial];

/** A tfjs kernel's inputs as the engine hands them over: tensors by name, lists of them by place, options left out. */
export type KernelInputs = Readonly<Record<string, tf.TensorInfo | null | undefined>>;

/** The trace that is under way, or null. */
export function activeTrace(): TraceBackend | null {
  const engine = tf.engine();
  // Asking for the backend would start one if there were none.
  return engine.backendName === BACKEND_NAME ? (engine.backend as TraceBackend) : null;
}

/** The recording backend. One is made for each trace. */
export class TraceBackend extends tf.KernelBackend {
  /** How often each kernel ran on something that depends on the inputs. */
  readonly kernels: Map<string, number> = new Map<string, number>();
  /** An error that user code may have swallowed, or been unable to see because it came asynchronously. */
  error: TraceError | null = null;
  /** The variables that may be assigned. */
  readonly state: TracedState = new TracedState(this);

  /** What its entries know it by. */
  readonly owner: object = {};
  readonly #eagerBackend: string | null;
  readonly #reading: ConstantReading;
  readonly #entries: Entry[] = [];
  /** Data of other backends that tfjs moved here. */
  readonly #moved = new Map<object, Entry>();
  /** Inputs after those declared, in the order of their making. */
  readonly captured: GraphInput[] = [];
  readonly #tapes: Tape[] = [];
  #frame: Frame;

  constructor(eagerBackend: string | null, { reading, round }: TracedConstants) {
    super();
    this.#eagerBackend = eagerBackend;
    this.#reading = reading;
    this.#frame = new Frame(null, round);
  }

  /** The innermost graph under construction. */
  get graph(): GraphBuilder {
    return this.#frame.graph;
  }

  /** Whether the body of a loop is under construction. */
  get isInLoop(): boolean {
    return this.#frame.parent !== null;
  }

  /** A new frame within the present one. */
  newFrame(): Frame {
    return new Frame(this.#frame, this.#frame.graph.round);
  }

  /** Runs `body` with the graph of `frame` as the one under construction, and in a tfjs scope of its own. */
  within<T>(frame: Frame, body: () => T): T {
    const outer = this.#frame;
    const engine = tf.engine();
    this.#frame = frame;
    // Not tf.tidy, which would look for tensors all through the graphs that the body may return.
    engine.startScope('scan');
    try {
      return body();
    } finally {
      engine.endScope();
      this.#frame = outer;
    }
  }

  /** Has the tape's tensors disposed of at the end of the trace, as tfjs would at the end of a gradient. */
  own(tape: Tape): void {
    this.#tapes.push(tape);
  }

  /** To be called when all is traced. */
  disposeTapes(): void {
    for (const tape of this.#tapes) disposeTape(tape);
  }

  /** A tensor that stands for a new input, like the tensor given. */
  placeholder(like: Pick<tf.TensorInfo, 'shape' | 'dtype'>): tf.Tensor {
    return this.tensorOf(this.#frame.input(like));
  }

  /** A tensor that stands for a new input after those declared, with its default. @throws TraceError in a scan's body. */
  capture(values: Float64Array, shape: Shape, dtype: 'float32' | 'int32' | 'bool', label: string, noise?: NoiseKind): tf.Tensor {
    if (this.#frame.parent !== null) throw this.#refuse(refusals.randomInScan(label));
    this.captured.push({ shape: [...shape], dtype: dtypeOf(dtype), captured: { label, values, ...(noise !== undefined && { noise }) } });
    return this.placeholder({ shape: [...shape], dtype });
  }

  /** A tensor that stands for `node`. */
  tensorOf(node: NodeId): tf.Tensor {
    return tf.engine().makeTensorFromTensorInfo(this.#infoOf(node), this);
  }

  /** The node that a tensor of any backend stands for. @throws TraceError for tensors of strings or complex numbers. */
  nodeOf(tensor: tf.TensorInfo): NodeId {
    return this.#nodeIn(this.#frame, tensor);
  }

  /** Whether the tensor data depend on the inputs of the trace. */
  isTraced(dataId: object): boolean {
    return this.#entryOf(dataId)?.isTraced() === true;
  }

  /** The data that are still held, in the order of their making. */
  heldData(): object[] {
    const own = this.#entries.filter(({ refCount }) => refCount > 0);
    return [...own, ...this.#moved].map((held) => (Array.isArray(held) ? held[0] : held));
  }

  /** The entries that tfjs still has something noted of. */
  booked(): { readonly entry: Entry; readonly info: NonNullable<Entry['info']> }[] {
    return this.#entries.flatMap((entry) => (entry.info === undefined ? [] : [{ entry, info: entry.info }]));
  }

  /** Runs a kernel: by its lowering, or, if it has none and works on constants alone, on an eager backend. */
  run(kernelName: string, inputs: KernelInputs, attrs: tf.NamedAttrMap): tf.TensorInfo | tf.TensorInfo[] {
    if (RANDOM_KERNELS.includes(kernelName)) throw this.#refuse(refusals.random());
    const lowering = loweringOf(kernelName);
    const nodes: Record<string, NodeId> = {};
    let isTraced = false;
    for (const name in inputs) {
      const tensor = inputs[name];
      if (!tensor) continue;
      isTraced ||= this.isTraced(tensor.dataId);
      if (lowering !== undefined) nodes[name] = this.nodeOf(tensor);
    }
    if (isTraced) this.kernels.set(kernelName, (this.kernels.get(kernelName) ?? 0) + 1);
    if (lowering === undefined) {
      if (isTraced) throw this.#refuse(refusals.kernel(kernelName));
      return this.#runOnConstants(kernelName, inputs, attrs);
    }
    const result = this.#lower(lowering, { kernelName, inputs: nodes, attrs });
    return typeof result === 'number' ? this.#infoOf(result) : result.map((node) => this.#infoOf(node));
  }

  override write(values: tf.backend_util.BackendValues, shape: number[], dtype: tf.DataType): object {
    if (tf.engine().state.scopeStack.some((scope) => RANDOM_OPS.test(scope.name))) throw this.#refuse(refusals.random());
    return this.#hold(new Entry(this.owner, { shape, dtype }, values, null, this.#frame));
  }

  override move(dataId: object, values: tf.backend_util.BackendValues, shape: number[], dtype: tf.DataType, refCount: number): void {
    const entry = new Entry(this.owner, { shape, dtype }, values, null, this.#frame);
    entry.refCount = refCount;
    this.#moved.set(dataId, entry);
  }

  override readSync(dataId: object): tf.backend_util.BackendValues {
    const entry = this.#entryOf(dataId);
    if (entry === undefined || entry.refCount === 0) throw new TraceError('this tensor was disposed of with the trace that it belonged to');
    if (entry.values !== null) return entry.values;
    const value = entry.node === null ? null : entry.frame.graph.constantValue(entry.node);
    if (value === null) throw this.#refuse(refusals.reading(entry));
    if (entry.dtype === 'float32') return Float32Array.from(value.values);
    return entry.dtype === 'int32' ? Int32Array.from(value.values) : Uint8Array.from(value.values);
  }

  /** A promise cannot throw where it should, so reading a traced tensor is noted and the promise stays pending. */
  override read(dataId: object): Promise<tf.backend_util.BackendValues> {
    try {
      return Promise.resolve(this.readSync(dataId));
    } catch {
      return new Promise(() => {});
    }
  }

  override disposeData(dataId: object, force: boolean = false): boolean {
    const entry = this.#entryOf(dataId);
    if (entry === undefined) return true;
    entry.refCount = force ? 0 : entry.refCount - 1;
    if (entry.refCount > 0) return false;
    // The node stays: gradients may have it saved.
    this.#moved.delete(dataId);
    return true;
  }

  override refCount(dataId: object): number {
    return this.#entryOf(dataId)?.refCount ?? 0;
  }

  override incRef(dataId: object): void {
    const entry = this.#entryOf(dataId);
    if (entry !== undefined) entry.refCount++;
    // A variable made of a tensor from outside, or assigned one: tfjs asks the active backend, whose data it need not be.
    else tf.engine().state.tensorInfo.get(dataId)?.backend.incRef(dataId);
  }

  override numDataIds(): number {
    return this.#entries.length;
  }

  override memory(): { unreliable: boolean; reasons: string[] } {
    return { unreliable: true, reasons: ['tensors of a trace hold no numbers'] };
  }

  override floatPrecision(): 16 | 32 {
    return 32;
  }

  override timerAvailable(): boolean {
    return false;
  }

  override dispose(): void {}

  #lower(lowering: Lowering, call: KernelCall): NodeId | readonly NodeId[] {
    try {
      return lowering(call, this.graph);
    } catch (error) {
      const why = error instanceof Error ? error.message : String(error);
      throw new TraceError(`${opName(call.kernelName)}: ${why}`, { cause: error, location: callerLocation() });
    }
  }

  #entryOf(dataId: object): Entry | undefined {
    return dataId instanceof Entry && dataId.owner === this.owner ? dataId : this.#moved.get(dataId);
  }

  #hold(entry: Entry): Entry {
    this.#entries.push(entry);
    return entry;
  }

  #infoOf(node: NodeId): tf.TensorInfo {
    // tfjs copies it.
    const shape = this.graph.shape(node) as number[];
    const dtype = TFJS_DTYPE[this.graph.dtype(node)];
    return { dataId: this.#hold(new Entry(this.owner, { shape, dtype }, null, node, this.#frame)), shape, dtype };
  }

  #nodeIn(frame: Frame, tensor: tf.TensorInfo): NodeId {
    const { dataId, shape, dtype } = tensor;
    const entry = this.#entryOf(dataId);
    if (entry !== undefined && entry.node !== null) {
      if (entry.frame === frame) return entry.node;
      return entry.isTraced() ? this.#capture(frame, tensor, entry.frame) : this.#copy(frame, dataId, entry.frame, entry.node);
    }
    if (entry !== undefined) {
      entry.node = this.#constant(frame, tensor, entry.values ?? new Float32Array(0));
      entry.frame = frame;
      return entry.node;
    }
    let node = frame.constants.get(dataId);
    if (node === undefined) {
      if (!tf.engine().state.tensorInfo.has(dataId)) throw this.#refuse(refusals.disposed(tensor));
      node = this.#constant(frame, tensor, tf.engine().readSync(dataId));
      frame.constants.set(dataId, node);
    }
    // Other backends let reshaped and losslessly cast tensors share their data.
    return frame.graph.cast(frame.graph.reshape(node, shape), dtypeOf(dtype));
  }

  /** An input of the body of a loop that stands for a tensor of the surrounding function. */
  #capture(frame: Frame, tensor: tf.TensorInfo, home: Frame): NodeId {
    if (frame.parent === null || !frame.isWithin(home)) throw this.#refuse(refusals.outOfScan(tensor));
    // tfjs types the inputs of kernels by what it needs of them; they are tensors.
    const own = tensor as tf.Tensor;
    const known = frame.captured.get(own.id);
    if (known !== undefined) return known.inner;
    const outer = this.#nodeIn(frame.parent, tensor);
    const inner = frame.input(tensor);
    frame.captured.set(own.id, { tensor: own, outer, inner });
    return inner;
  }

  #copy(frame: Frame, dataId: object, home: Frame, node: NodeId): NodeId {
    const copied = frame.constants.get(dataId) ?? frame.graph.copyConstant(home.graph, node);
    frame.constants.set(dataId, copied);
    return copied;
  }

  #constant(frame: Frame, tensor: tf.TensorInfo, values: tf.backend_util.BackendValues): NodeId {
    return constantOf(frame.graph, tensor, values, this.#reading);
  }

  #runOnConstants(
    kernelName: string,
    inputs: KernelInputs,
    attrs: tf.NamedAttrMap,
  ): tf.TensorInfo | tf.TensorInfo[] {
    const values = Object.entries(inputs).flatMap(([name, tensor]) => {
      if (!tensor) return [];
      const { dataId, shape, dtype } = tensor;
      return [{ name, values: tf.engine().readSync(dataId), shape, dtype }];
    });
    const results = runEagerly(kernelName, values, attrs, this.#eagerBackend);
    const hold = ({ values: own, shape, dtype }: EagerValue): tf.TensorInfo => {
      // What was computed was not written by anyone, so that there is nothing intended to be guessed.
      const node = dtype === 'float32' ? this.graph.constant(new Float64Array(own as Float32Array), shape, 'float') : null;
      return { dataId: this.#hold(new Entry(this.owner, { shape, dtype }, own, node, this.#frame)), shape, dtype };
    };
    return Array.isArray(results) ? results.map(hold) : hold(results);
  }

  #refuse(message: string): TraceError {
    this.error ??= new TraceError(message, { location: callerLocation() });
    return this.error;
  }
}
