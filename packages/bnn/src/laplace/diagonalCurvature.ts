/** @file The diagonal of the Hessian of the last layer. */
import { ProductSpectrum } from './productSpectrum.ts';
import type { CurvatureBatch, CurvatureShape, CurvatureSum, Spectrum } from './spectrum.ts';

/** The diagonal alone: all weights independent. N C D multiplications. */
export class DiagonalCurvature implements CurvatureSum {
  private readonly shape: CurvatureShape;
  private readonly diagonal: Float64Array;

  constructor(shape: CurvatureShape) {
    this.shape = shape;
    this.diagonal = new Float64Array(shape.outputs * shape.features);
  }

  add({ count, columns, weights }: CurvatureBatch): void {
    const { features, outputs, isCoupled } = this.shape;
    for (let c = 0; c < outputs; c++) {
      for (let k = 0; k < features; k++) {
        let sum = 0;
        for (let n = 0; n < count; n++) {
          const w = weights[c * count + n] ?? 0;
          sum += (isCoupled ? w * (1 - w) : w) * (columns[k * count + n] ?? 0) ** 2;
        }
        this.diagonal[c * features + k] = (this.diagonal[c * features + k] ?? 0) + sum;
      }
    }
  }

  spectrum(): Spectrum {
    const { features, outputs } = this.shape;
    return new ProductSpectrum({ kind: 'product', outputs, features, values: this.diagonal, a: null, b: null });
  }
}
