/** @file The matrix by which a graph convolution averages over neighbours. */
import * as tf from '@tensorflow/tfjs-core';
import type { Graph } from './data.ts';

/**
 * D^(-1/2) (A + I) D^(-1/2), where D has the row sums of A + I: `[node, node]`.
 *
 * Source: Kipf and Welling, "Semi-Supervised Classification with Graph Convolutional Networks" (ICLR 2017), equation 2.
 */
export function normalisedAdjacency({ nodes, edges }: Pick<Graph, 'nodes' | 'edges'>): tf.Tensor2D {
  const weights = nodes.map((_, i) => nodes.map((__, j) => Number(i === j)));
  const add = (from: number, to: number, weight: number): void => {
    const row = weights[from];
    if (row?.[to] === undefined) throw new RangeError(`an edge joins ${from} and ${to}, but there are ${nodes.length} nodes`);
    row[to] += weight;
  };
  for (const { from, to, weight } of edges) {
    add(from, to, weight);
    add(to, from, weight);
  }
  const degrees = weights.map((row) => row.reduce((sum, weight) => sum + weight, 0));
  return tf.tensor2d(weights.map((row, i) => row.map((weight, j) => weight / Math.sqrt((degrees[i] ?? 1) * (degrees[j] ?? 1)))));
}
