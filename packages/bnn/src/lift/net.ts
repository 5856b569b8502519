/** @file What a network is to this package, and what lifting makes of it. */
import type { Tensor, Variable } from '@tensorflow/tfjs-core';
import type { LayerVariable, LayersModel, layers } from '@tensorflow/tfjs-layers';
import type { PlacedLayer } from './placedLayers.ts';

/** Any layer of tfjs-layers. */
export type Layer = InstanceType<typeof layers.Layer>;

/** What a network is called on: one tensor, or one for each of its inputs. */
export type NetInput = Tensor | Tensor[];

/** What a network gives: one tensor, or one for each of its outputs. */
export type NetOutput = Tensor | Tensor[];

/**
 * A network written as a plain function. It must take its weights from the second argument of `forward` (or, at each call,
 * from `parameters` itself): during a call of the lifted network those hold the values to compute with.
 *
 * ```ts
 * const net = {
 *   parameters: { slope: tf.variable(tf.scalar(1)), offset: tf.variable(tf.scalar(0)) },
 *   forward: (x, { slope, offset }) => tf.add(tf.mul(x, slope), offset),
 * };
 * ```
 */
export interface FunctionNet {
  forward(x: NetInput, parameters: Readonly<Record<string, Tensor>>, options: ForwardOptions): NetOutput;
  /** What is trained, but for variables made with `trainable: false`, which stay as they are. */
  readonly parameters: Readonly<Record<string, Variable>>;
}

export interface ForwardOptions {
  /** Whether dropout, batch normalisation and the like act as in training. */
  readonly training: boolean;
  /** Whether dropout and other noise act, when that is to differ from `training`: as in Monte Carlo dropout. */
  readonly dropout?: boolean;
}

/** What can be made Bayesian: a tfjs model (sequential, functional, loaded, with custom layers), or a function. */
export type Net = LayersModel | FunctionNet;

/** One trainable weight of a network. */
export interface NetParameter {
  /** `dense1.kernel`: the layer's path and the role. The same at every place that names a parameter. */
  readonly name: string;
  /** `kernel`, `bias`, `gamma`, ...: what the weight is to its layer. */
  readonly role: string;
  /** `dense1`, or dotted for a layer of a nested model; empty if no layer owns the weight. */
  readonly layerName: string;
  /** The layer that owns the weight and the layers around that one, innermost first. */
  readonly layers: readonly Layer[];
  readonly shape: readonly number[];
  readonly variable: LayerVariable | Variable;
  /** Its value in the user's network, which owns the tensor. */
  readonly value: () => Tensor;
}

/** What a layer keeps that is not trained: moving statistics, weights with `trainable: false`. */
export interface NetState {
  /** `batchNormalization1.movingMean`. */
  readonly name: string;
  readonly shape: readonly number[];
  /** The user's, which lifting leaves alone. */
  readonly variable: LayerVariable | Variable;
  /** Its present value, which stays the owner's. */
  readonly value: () => Tensor;
  /** Gives the lifted network the value, of which the user's learns nothing. */
  readonly assign: (value: Tensor) => void;
}

/** A network whose weights are arguments. */
export interface LiftedNet {
  readonly parameters: readonly NetParameter[];
  /** Every layer's path, for filters and error messages. */
  readonly layerNames: readonly string[];
  /** Of a function, its variables that are not trainable. */
  readonly state: readonly NetState[];
  /** The layer that gives the net's output; `null` for a net with several outputs, and for a function. */
  readonly outputLayer: PlacedLayer | null;
  /** The layers and how they are joined, as JSON that `tf.models.modelFromJSON` takes; `null` for a function. */
  topology(): string | null;
  /**
   * The network's output at `x` with the weights that `values` gives for the parameters' names. The user's network is
   * left as it was, also when this throws. Call it inside `tf.tidy`.
   */
  forward(x: NetInput, values: ReadonlyMap<string, Tensor>, options: ForwardOptions): NetOutput;
  /** Frees what lifting keeps; the user's network stays. */
  dispose(): void;
}
