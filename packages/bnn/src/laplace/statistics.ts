/** @file What the data say of the last layer's weights, summed over mini-batches in float64. */
import { DiagonalCurvature } from './diagonalCurvature.ts';
import type { Family } from './family.ts';
import { FullCurvature } from './fullCurvature.ts';
import { SPARE, transpose } from './gram.ts';
import { KroneckerCurvature } from './kroneckerCurvature.ts';
import type { LastLayer } from './lastLayer.ts';
import type { CurvatureShape, CurvatureSum, Spectrum } from './spectrum.ts';

/** How the covariance of the weights is represented. */
export type CovarianceStructure = 'full' | 'kronecker' | 'diagonal';

const STRUCTURES: Readonly<Record<CovarianceStructure, (shape: CurvatureShape) => CurvatureSum>> = {
  full: (shape) => new FullCurvature(shape),
  kronecker: (shape) => new KroneckerCurvature(shape),
  diagonal: (shape) => new DiagonalCurvature(shape),
};

/** Eigenvalues of a matrix of so many rows take minutes. */
const MOST_ROWS = 2500;

/** @throws RangeError for a layer of which eigenvalues would take too long; TypeError for an unknown structure. */
export function checkSize(where: string, structure: CovarianceStructure, { features, outputs, isCoupled }: CurvatureShape): void {
  if (!Object.hasOwn(STRUCTURES, structure)) {
    throw new TypeError(`${where}: unknown structure "${String(structure)}"; take one of ${Object.keys(STRUCTURES).join(', ')}`);
  }
  const rows = { full: isCoupled ? features * outputs : features, kronecker: Math.max(features, outputs), diagonal: 1 }[structure];
  if (rows <= MOST_ROWS) return;
  throw new RangeError(
    `${where}: with structure '${structure}', a last layer of ${features} weights for each of ${outputs} outputs asks for the eigenvalues of a ` +
      `matrix of ${rows} rows, which would take very long (${MOST_ROWS} at most); ` +
      (structure === 'full' && Math.max(features, outputs) <= MOST_ROWS ? "take structure: 'kronecker'" : "take structure: 'diagonal', or put a smaller layer before the last"),
  );
}

/** One batch, as numbers. */
export interface Rows {
  /** [rows, inputs]. */
  readonly features: ArrayLike<number>;
  /** [rows, outputs]. */
  readonly outputs: ArrayLike<number>;
  /** Like the outputs, where these are means; not looked at otherwise. */
  readonly targets: ArrayLike<number>;
  /** How many data there are, or what stands for one. */
  readonly count: number;
  /** Of the data at the trained weights. */
  readonly logLikelihood: number;
}

/** Sums over the data that determine the posterior, in float64, batch by batch. */
export class LastLayerStatistics {
  logLikelihood = 0;
  /** Σ (y - f)², and of how many numbers; for means alone. */
  squares = 0;
  count = 0;
  /** Σ_n φ_n (y_n - f_n), [outputs, features]. */
  readonly gradient: Float64Array;
  private readonly layer: LastLayer;
  private readonly family: Family;
  private readonly curvature: CurvatureSum;

  constructor(layer: LastLayer, family: Family, structure: CovarianceStructure) {
    const { features, outputs } = layer;
    this.layer = layer;
    this.family = family;
    this.curvature = STRUCTURES[structure]({ features, outputs, isCoupled: family.isCoupled });
    this.gradient = new Float64Array(outputs * features);
  }

  add({ features, outputs, targets, count, logLikelihood }: Rows): void {
    const { inputs, outputs: width, hasBias } = this.layer;
    const columns = transpose(features, count, inputs, Number(hasBias) + SPARE);
    if (hasBias) columns.fill(1, inputs * count, (inputs + 1) * count);
    const weights = this.family.weights(Float64Array.from(outputs), width);
    this.curvature.add({ count, columns, weights: transpose(weights, count, width) });
    this.logLikelihood += logLikelihood;
    if (this.family.isQuadratic) this.addErrors(columns, outputs, targets, count);
  }

  spectrum(): Spectrum {
    return this.curvature.spectrum();
  }

  private addErrors(columns: Float64Array, outputs: ArrayLike<number>, targets: ArrayLike<number>, count: number): void {
    const { features, outputs: width } = this.layer;
    const errors = Float64Array.from({ length: count * width }, (_, i) => (targets[i] ?? 0) - (outputs[i] ?? 0));
    this.squares += errors.reduce((sum, error) => sum + error * error, 0);
    this.count += errors.length;
    for (let c = 0; c < width; c++) {
      for (let k = 0; k < features; k++) {
        let sum = 0;
        for (let n = 0; n < count; n++) sum += (columns[k * count + n] ?? 0) * (errors[n * width + c] ?? 0);
        this.gradient[c * features + k] = (this.gradient[c * features + k] ?? 0) + sum;
      }
    }
  }
}
