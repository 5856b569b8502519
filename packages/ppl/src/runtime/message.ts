/** @file Messages: what a primitive sends through the stack of handlers. */
import type { Tensor, Variable } from '@tensorflow/tfjs-core';
import type { Constraint } from '../constraints/constraint.ts';
import type { Distribution } from '../distributions/distribution.ts';
import type { ParamStore } from '../params/store.ts';
import type { RandomStream } from '../random/stream.ts';

/** A vectorised plate that a site stands in. */
export interface PlateFrame {
  readonly name: string;
  /** Number of independent elements in all. */
  readonly size: number;
  /** Number of them in this run: the length of the plate's dimension. */
  readonly subsampleSize: number;
  /** The dimension, counted from the right of the batch shape: -1, -2, ...; `null` for a plate that is looped over. */
  readonly dim: number | null;
}

/** Notes to inference on one site; handlers and engines read the keys they know. */
export interface InferConfig {
  /** A guide site that has no counterpart in the model. */
  readonly isAuxiliary?: boolean;
  /** Set by `uncondition`: the site was observed, and this is what it had observed. */
  readonly wasObserved?: boolean;
  readonly obs?: Tensor;
  readonly [key: string]: unknown;
}

interface MessageBase<T> {
  name: string;
  /** The answer; `null` until somebody gives one. */
  value: T | null;
  /** Set by a handler to hide the message from the handlers around it. */
  stop: boolean;
  /** Factor of the log-density; plates and `scale` multiply it. */
  scale: number | Tensor;
  /** Where false, the log-density counts as zero; `null` means everywhere true. */
  mask: Tensor | boolean | null;
  /** The plates around the site, outermost first. */
  plates: readonly PlateFrame[];
  infer: InferConfig;
  /** Where the default behaviour draws from; `null` means the process's own stream. */
  stream: RandomStream | null;
}

export interface SampleMessage extends MessageBase<Tensor> {
  readonly type: 'sample';
  distribution: Distribution;
  isObserved: boolean;
  /** Whether the statement has a place for an observation, but no observation in it. */
  readonly lacksObservation?: boolean;
}

export interface ParamMessage extends MessageBase<Tensor> {
  readonly type: 'param';
  /** Makes the initial (constrained) value; `null` if the statement gave none. */
  readonly init: Tensor | (() => Tensor) | null;
  readonly constraint: Constraint;
  /** Number of rightmost dimensions that plates do not index; `null` means all of them. */
  readonly eventDim: number | null;
  /** The store to answer from; `null` means the process's own. */
  store: ParamStore | null;
  /** The store's variable behind the value, if the store answered. */
  variable: Variable | null;
}

/** A plate asks which of its elements take part. */
export interface PlateMessage extends MessageBase<Int32Array> {
  readonly type: 'plate';
  readonly size: number;
  readonly subsampleSize: number;
}

export interface DeterministicMessage extends MessageBase<Tensor> {
  readonly type: 'deterministic';
}

/** Asks for the random stream in force; answered by the innermost `seed` handler. */
export interface StreamMessage extends MessageBase<RandomStream> {
  readonly type: 'stream';
}

/** An effectful operation: a function of tensors that handlers may replace, as `bnn` does with layers. */
export interface OperationMessage extends MessageBase<Tensor> {
  readonly type: 'operation';
  readonly operation: string;
  /** Arguments by name; what they are is between the operation and the handlers that know it. */
  readonly args: Readonly<Record<string, unknown>>;
  readonly compute: () => Tensor;
}

export type Message =
  | SampleMessage
  | ParamMessage
  | PlateMessage
  | DeterministicMessage
  | StreamMessage
  | OperationMessage;

export type MessageType = Message['type'];

/** The fields that every message starts out with. */
export function blank(): {
  value: null;
  stop: boolean;
  scale: number;
  mask: null;
  plates: readonly PlateFrame[];
  infer: InferConfig;
  stream: null;
} {
  return { value: null, stop: false, scale: 1, mask: null, plates: [], infer: {}, stream: null };
}
