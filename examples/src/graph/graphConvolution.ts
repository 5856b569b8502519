/** @file A graph convolution as a layer of tfjs. */
import * as tf from '@tensorflow/tfjs-core';
import * as tfl from '@tensorflow/tfjs-layers';

type Shape = (number | null)[];

/**
 * H = Â X W + b, of inputs [X, Â]: features `[node, feature]` and {@link normalisedAdjacency} `[node, node]`.
 *
 * Nothing in it is Bayesian: what its weights are drawn from is the affair of whoever lifts the network.
 *
 * Source: Kipf and Welling (ICLR 2017), equation 2.
 */
export class GraphConvolution extends tfl.layers.Layer {
  static readonly className = 'GraphConvolution';
  private readonly units: number;
  private readonly seed: number;
  private kernel: tfl.LayerVariable | undefined;
  private bias: tfl.LayerVariable | undefined;

  /** @param seed - chooses the first kernel. */
  constructor({ units, seed, ...rest }: { readonly units: number; readonly seed: number; readonly name: string }) {
    super(rest);
    this.units = units;
    this.seed = seed;
  }

  override build(inputShapes: Shape | Shape[]): void {
    const [features] = inputShapes as Shape[];
    const initializer = tfl.initializers.glorotUniform({ seed: this.seed });
    this.kernel = this.addWeight('kernel', [features?.at(-1) ?? 0, this.units], 'float32', initializer);
    this.bias = this.addWeight('bias', [this.units], 'float32', tfl.initializers.zeros());
    super.build(inputShapes);
  }

  override call(inputs: tf.Tensor | tf.Tensor[]): tf.Tensor {
    const { kernel, bias } = this;
    const [features, adjacency] = inputs as tf.Tensor2D[];
    if (!features || !adjacency || !kernel || !bias) throw new Error(`${this.name}: takes two inputs, features and adjacency`);
    return tf.tidy(() => tf.add(tf.matMul(adjacency, tf.matMul(features, kernel.read() as tf.Tensor2D)), bias.read()));
  }

  override computeOutputShape(inputShapes: Shape | Shape[]): Shape {
    const [features] = inputShapes as Shape[];
    return [features?.[0] ?? null, this.units];
  }
}
