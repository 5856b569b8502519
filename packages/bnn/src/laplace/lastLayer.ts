/** @file The last layer of a network that was trained: what comes in, and its weights. */
import * as tf from '@tensorflow/tfjs-core';
import type { Tensor } from '@tensorflow/tfjs-core';
import { Handler } from '@tychejs/ppl';
import type { Message } from '@tychejs/ppl';
import type { NetInput } from '../lift/net.ts';
import type { LinearArgs, LinearLayer } from '../lift/operations/operation.ts';
import { computesLike } from '../lift/operations/operation.ts';
import type { PlacedLayer } from '../lift/placedLayers.ts';
import type { PointNet } from './pointNet.ts';

/** What a network computes at some input. */
export interface LayerRun {
  /** What comes into the last layer, [..., inputs]. */
  readonly features: Tensor;
  /** What comes out of it, [..., outputs]. */
  readonly output: Tensor;
}

/** A dense layer without an activation, whose output is that of the network. */
export class LastLayer {
  /** `dense2`. */
  readonly name: string;
  readonly inputs: number;
  readonly outputs: number;
  readonly hasBias: boolean;
  private readonly net: PointNet;
  private readonly where: string;

  /**
   * @param chosen - its name, or 'last'.
   * @throws Error when the network's last layer is of another kind or name, or is not trained.
   */
  constructor(where: string, net: PointNet, chosen: string) {
    const { outputLayer, parameters } = net.lifted;
    this.where = where;
    this.net = net;
    this.name = checkedName(where, outputLayer, chosen);
    const kernel = parameters.find(({ name }) => name === `${this.name}.kernel`);
    if (kernel === undefined) throw new Error(`${where}: the last layer, "${this.name}", is not trainable, and so has no weights to be doubtful of`);
    const [inputs = 0, outputs = 0] = kernel.shape;
    this.inputs = inputs;
    this.outputs = outputs;
    this.hasBias = parameters.some(({ name }) => name === `${this.name}.bias`);
  }

  /** Number of weights of one output, the bias among them. */
  get features(): number {
    return this.inputs + Number(this.hasBias);
  }

  /** The weights that the network has now, [outputs, features], in one row; the last feature is the bias. */
  weights(): Float64Array {
    const { inputs, outputs, features, hasBias } = this;
    const part = (values: ReadonlyMap<string, Tensor>, role: string): ArrayLike<number> => (values.get(`${this.name}.${role}`) as Tensor).dataSync();
    const result = new Float64Array(outputs * features);
    tf.tidy(() => {
      const values = this.net.values();
      const kernel = part(values, 'kernel');
      const bias = hasBias ? part(values, 'bias') : [];
      for (let c = 0; c < outputs; c++) {
        for (let k = 0; k < inputs; k++) result[c * features + k] = kernel[k * outputs + c] ?? 0;
        if (hasBias) result[c * features + inputs] = bias[c] ?? 0;
      }
    });
    return result;
  }

  /**
   * Runs the network in inference mode.
   *
   * @returns tensors of the caller's.
   * @throws Error when the layer is used at several places, so that its output is not linear in its weights.
   */
  run(x: NetInput): LayerRun {
    const probe = new Probe(this.name);
    try {
      tf.tidy(() => probe.run(() => void this.net.lifted.forward(x, this.net.values(), { training: false })));
      const [only, ...others] = probe.seen;
      if (only !== undefined && others.length === 0) return only;
      throw new Error(`${this.where}: the last layer, "${this.name}", is used at ${probe.seen.length} places of the net, but must be at its end alone`);
    } catch (error) {
      for (const { features, output } of probe.seen) tf.dispose([features, output]);
      throw error;
    }
  }
}

/** Law: changes nothing; keeps what comes into and out of one layer. */
class Probe extends Handler {
  readonly seen: LayerRun[] = [];
  private readonly name: string;

  constructor(name: string) {
    super();
    this.name = name;
  }

  override postprocess(message: Message): void {
    if (message.type !== 'operation' || message.operation !== 'dense' || message.name !== this.name) return;
    const { input } = message.args as unknown as LinearArgs;
    this.seen.push({ features: tf.keep(tf.clone(input)), output: tf.keep(tf.clone(message.value as Tensor)) });
  }
}

function checkedName(where: string, last: PlacedLayer | null, chosen: string): string {
  if (last === null) throw new Error(`${where}: the net has no one layer that gives its output, as a tf.LayersModel with one output has`);
  const { layer, path } = last;
  if (chosen !== 'last' && chosen !== path) {
    throw new Error(`${where}: layers is "${chosen}", but only the last layer's weights can be doubtful, those of "${path}"; leave layers out, or use guides.autoNormal() for others`);
  }
  if (!computesLike(layer, 'Dense')) {
    throw new Error(`${where}: the last layer, "${path}", is ${layer.getClassName()}, but must be Dense, so that outputs are linear in its weights`);
  }
  const activation = (layer as LinearLayer).activation.getClassName();
  if (activation === 'linear') return path;
  throw new Error(`${where}: the last layer, "${path}", has the activation ${activation}, but outputs must be linear in its weights; train it without, with logits`);
}
