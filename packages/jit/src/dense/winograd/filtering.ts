/**
 * @file Winograd's minimal filtering F(m, 3) (Lavin and Gray, "Fast algorithms for convolutional neural networks", CVPR 2016):
 * m neighbouring outputs of a filter of three entries take m + 2 products in place of 3 m, one for each point at which
 * polynomials that stand for them are evaluated. Written as a form in the image d, the filter g and weights a of the outputs,
 *
 *     Σ_{i<m, j<3} a_i g_j d_{i+j} = Σ_p (A a)_p (G g)_p (B d)_p,
 *
 * it is the same for the convolution and for both of its gradients. Two axes are filtered one after the other.
 */
import { at } from '../../graph/shape.ts';
import type { Local } from '../../wasm/encode/functionBuilder.ts';
import type { KernelWriter } from '../kernelWriter.ts';

/** Entries of the filter along an axis. */
export const ENTRIES = 3;

/** A linear function of a few vectors. */
export type Transform = (w: KernelWriter, values: readonly Local[]) => Local[];

/** Nanoseconds of the transforms of a tile, or of an entry of the filter, for a vector of channels. */
export interface TransformCosts {
  readonly image: number;
  readonly outputs: number;
  readonly filter: number;
}

/** F(m, 3). */
export interface Filtering {
  /** m: outputs of a tile along an axis. */
  readonly outputs: number;
  /** m + 2: entries of a tile of the image, and products. */
  readonly points: number;
  /** B d. */
  readonly ofImage: Transform;
  /** G g. */
  readonly ofFilter: Transform;
  /** A a, of the first of the weights: those not given are 0. */
  readonly ofWeights: Transform;
  /** A^T p: outputs, of products. */
  readonly toOutputs: Transform;
  /** G^T p: the gradient in the filter. */
  readonly toFilter: Transform;
  readonly costs: TransformCosts;
}

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
