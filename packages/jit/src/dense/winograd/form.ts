/**
 * @file Winograd's minimal filtering F(2, 3) (Lavin and Gray, "Fast algorithms for convolutional neural networks", CVPR 2016,
 * section 4): two neighbouring outputs of a filter of three entries take four products in place of six. As a form in the
 * image d, the filter g and weights a of the outputs, it is the same for the convolution and for both of its gradients:
 *
 *     Σ_{i<2, j<3} a_i g_j d_{i+j} = Σ_{p<4} (A a)_p (G g)_p (B d)_p
 *
 *     A = | 1  0 |   G = |  1    0    0  |   B = | 1  0 -1  0 |
 *         | 1  1 |       | 1/2  1/2  1/2 |       | 0  1  1  0 |
 *         | 1 -1 |       | 1/2 -1/2  1/2 |       | 0 -1  1  0 |
 *         | 0  1 |       |  0    0    1  |       | 0 -1  0  1 |
 *
 * Along two axes one after the other, F(2×2, 3×3), it is 16 products in place of 36. Sums of up to four numbers of the image
 * and of nine of the filter take the place of the numbers: errors are a few times those of sums of products.
 */
import { at } from '../../graph/shape.ts';
import type { Local } from '../../wasm/encode/functionBuilder.ts';
import type { KernelWriter } from '../kernelWriter.ts';

/** Outputs of a tile along an axis, entries of the filter, and points: entries of a tile of the image, and its products. */
export const OUTPUTS = 2;
export const ENTRIES = 3;
export const POINTS = 4;

/** A linear function of a few vectors. */
export type Transform = (w: KernelWriter, values: readonly Local[]) => Local[];

/** B d. */
export const ofImage: Transform = ({ vector }, d) => {
  const [d0, d1, d2, d3] = [at(d, 0), at(d, 1), at(d, 2), at(d, 3)];
  return [vector.sub(d0, d2), vector.add(d1, d2), vector.sub(d2, d1), vector.sub(d3, d1)];
};

/** G g. */
export const ofFilter: Transform = ({ vector }, g) => {
  const half = vector.constant(0.5);
  const [g0, g1, g2] = [at(g, 0), vector.mul(at(g, 1), half), at(g, 2)];
  const mean = vector.mul(vector.add(g0, g2), half);
  return [g0, vector.add(mean, g1), vector.sub(mean, g1), g2];
};

/** A a; the second weight is 0 if it is not given. */
export const ofWeights: Transform = ({ vector }, a) => {
  const [a0, a1] = [at(a, 0), a[1]];
  return a1 === undefined ? [a0, a0, a0, vector.constant(0)] : [a0, vector.add(a0, a1), vector.sub(a0, a1), a1];
};

/** A^T m: the outputs. */
export const toOutputs: Transform = ({ vector }, m) => {
  const [m0, m1, m2, m3] = [at(m, 0), at(m, 1), at(m, 2), at(m, 3)];
  return [vector.add(m0, vector.add(m1, m2)), vector.add(vector.sub(m1, m2), m3)];
};

/** G^T m: the gradient in the filter. */
export const toFilter: Transform = ({ vector }, m) => {
  const half = vector.constant(0.5);
  const [m0, m1, m2, m3] = [at(m, 0), at(m, 1), at(m, 2), at(m, 3)];
  const mean = vector.mul(vector.add(m1, m2), half);
  return [vector.add(m0, mean), vector.mul(vector.sub(m1, m2), half), vector.add(mean, m3)];
};

/** Rows of vectors. */
export type Grid = readonly (readonly Local[])[];

/** The transform of each row. */
export function alongRows(w: KernelWriter, grid: Grid, transform: Transform): Local[][] {
  return grid.map((row) => transform(w, row));
}

/** The transform of each column. */
export function alongColumns(w: KernelWriter, grid: Grid, transform: Transform): Local[][] {
  return transposed(alongRows(w, transposed(grid), transform));
}

function transposed(grid: Grid): Local[][] {
  return at(grid, 0).map((_, j) => grid.map((row) => at(row, j)));
}
