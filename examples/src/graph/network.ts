/** @file A network of two graph convolutions: from nodes to logits of their classes. */
import * as tfl from '@tensorflow/tfjs-layers';
import { GraphConvolution } from './graphConvolution.ts';

export interface NetworkShape {
  readonly nodes: number;
  readonly features: number;
  readonly hidden: number;
  readonly classes: number;
}

/** @returns a model of inputs [features, adjacency]. */
export function network({ nodes, features, hidden, classes }: NetworkShape, seed: number): tfl.LayersModel {
  const x = tfl.input({ shape: [features], name: 'features' });
  const adjacency = tfl.input({ shape: [nodes], name: 'adjacency' });
  const convolve = (inputs: tfl.SymbolicTensor, units: number, name: string) =>
    new GraphConvolution({ units, name, seed: 2 * seed + Number(name === 'logits') }).apply([inputs, adjacency]) as tfl.SymbolicTensor;
  const inner = tfl.layers.activation({ activation: 'tanh' }).apply(convolve(x, hidden, 'hidden')) as tfl.SymbolicTensor;
  return tfl.model({ inputs: [x, adjacency], outputs: convolve(inner, classes, 'logits') });
}
