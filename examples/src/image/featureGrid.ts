/** @file Grids over the image: what a network is given in place of coordinates, so that it can draw detail. */
import * as tf from '@tensorflow/tfjs-core';
import type { GreyImage } from './photograph.ts';

/**
 * For each pixel, how near it is to the nodes of several grids: `[pixel, node]`. In each grid a pixel lies between four nodes and has
 * weights that sum to one, those of bilinear interpolation. A dense layer on top is a table of features of its own for each node,
 * interpolated: what a network learns of one place, it learns of its neighbourhood alone.
 *
 * Source: Müller, Evans, Schied and Keller, "Instant Neural Graphics Primitives with a Multiresolution Hash Encoding" (2022),
 * without the hashing, which larger scenes need.
 *
 * @param spacings - pixels from node to node, one for each grid.
 */
export function featureGrid({ width, height }: Pick<GreyImage, 'width' | 'height'>, spacings: readonly number[]): tf.Tensor2D {
  const grids: { spacing: number; first: number; across: number }[] = [];
  let nodes = 0;
  for (const spacing of spacings) {
    const [across, down] = [Math.ceil((width - 1) / spacing) + 1, Math.ceil((height - 1) / spacing) + 1];
    grids.push({ spacing, first: nodes, across });
    nodes += across * down;
  }
  const values = new Float32Array(width * height * nodes);
  for (let i = 0; i < width * height; i++) {
    for (const { spacing, first, across } of grids) {
      const [x, y] = [(i % width) / spacing, Math.floor(i / width) / spacing];
      const [column, row] = [Math.floor(x), Math.floor(y)];
      for (const [dx, dy] of [[0, 0], [1, 0], [0, 1], [1, 1]] as const) {
        const weight = (1 - Math.abs(x - column - dx)) * (1 - Math.abs(y - row - dy));
        if (weight > 0) values[i * nodes + first + (row + dy) * across + column + dx] = weight;
      }
    }
  }
  return tf.tensor2d(values, [width * height, nodes]);
}
