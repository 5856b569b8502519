/** @file The whole Hessian of the last layer. */
import { symmetricEigen } from '@tychejs/ppl';
import { BlockSpectrum } from './blockSpectrum.ts';
import { WeightedGram } from './gram.ts';
import type { CurvatureBatch, CurvatureShape, CurvatureSum, Spectrum } from './spectrum.ts';

/** Σ_n φφᵀ for one pair of outputs, weighed by their entry of the Hessian in the outputs. */
interface Pair {
  readonly a: number;
  readonly b: number;
  readonly gram: WeightedGram;
}

/**
 * H = Σ_n Λ_n ⊗ φ_n φ_nᵀ. Outputs that are not coupled have blocks of their own. For N data, D features and C outputs, N C D² / 2
 * multiplications, or N C² D² / 4 if they are coupled; and some 10 (C D)³ for the eigenvalues then.
 */
export class FullCurvature implements CurvatureSum {
  private readonly shape: CurvatureShape;
  private readonly pairs: readonly Pair[];

  constructor(shape: CurvatureShape) {
    this.shape = shape;
    const outputs = Array.from({ length: shape.outputs }, (_, c) => c);
    const pairs = shape.isCoupled ? outputs.flatMap((a) => outputs.slice(0, a + 1).map((b) => [a, b] as const)) : outputs.map((a) => [a, a] as const);
    this.pairs = pairs.map(([a, b]) => ({ a, b, gram: new WeightedGram(shape.features) }));
  }

  add({ count, columns, weights }: CurvatureBatch): void {
    const { isCoupled } = this.shape;
    const of = (output: number): Float64Array => weights.subarray(output * count, (output + 1) * count);
    for (const { a, b, gram } of this.pairs) {
      const [p, q] = [of(a), of(b)];
      gram.add(columns, isCoupled ? p.map((x, n) => x * (Number(a === b) - (q[n] ?? 0))) : p);
    }
  }

  spectrum(): Spectrum {
    const { features, outputs, isCoupled } = this.shape;
    if (!isCoupled) return new BlockSpectrum({ kind: 'blocks', outputs, blocks: this.pairs.map(({ gram }) => symmetricEigen(gram.matrix(), features)) });
    const width = features * outputs;
    const matrix = new Float64Array(width * width);
    for (const { a, b, gram } of this.pairs) {
      gram.write(matrix, width, a * features, b * features);
      gram.write(matrix, width, b * features, a * features);
    }
    return new BlockSpectrum({ kind: 'blocks', outputs, blocks: [symmetricEigen(matrix, width)] });
  }
}
