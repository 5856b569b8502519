/** @file Weighted sums of outer products, in float64. */

/** Columns are read four at a time, so that there must be so many more rows behind them. */
export const SPARE = 3;

/** Σ_n w_n φ_n φ_nᵀ, summed batch by batch; only the lower triangle is kept up. */
export class WeightedGram {
  private readonly size: number;
  private readonly sum: Float64Array;

  constructor(size: number) {
    this.size = size;
    this.sum = new Float64Array(size * size);
  }

  /** @param columns - the features of the batch, [size + {@link SPARE}, count]: the values of one feature next to one another. */
  add(columns: Float64Array, weights: Float64Array): void {
    const { size, sum } = this;
    const count = weights.length;
    const scaled = new Float64Array(count);
    for (let i = 0; i < size; i++) {
      const row = i * count;
      for (let n = 0; n < count; n++) scaled[n] = (weights[n] ?? 0) * (columns[row + n] ?? 0);
      // Four sums at once do not wait for one another.
      for (let j = 0; j <= i; j += 4) {
        const [a, b, c, d] = [j * count, (j + 1) * count, (j + 2) * count, (j + 3) * count];
        let [s0, s1, s2, s3] = [0, 0, 0, 0];
        for (let n = 0; n < count; n++) {
          const x = scaled[n] ?? 0;
          s0 += x * (columns[a + n] ?? 0);
          s1 += x * (columns[b + n] ?? 0);
          s2 += x * (columns[c + n] ?? 0);
          s3 += x * (columns[d + n] ?? 0);
        }
        const sums = [s0, s1, s2, s3];
        for (let k = 0; k < 4 && j + k <= i; k++) sum[i * size + j + k] = (sum[i * size + j + k] ?? 0) + (sums[k] ?? 0);
      }
    }
  }

  /** Writes the matrix to a square of another one, of row length `width`, whose corner is at `row` and `column`. */
  write(target: Float64Array, width: number, row: number, column: number): void {
    const { size, sum } = this;
    for (let i = 0; i < size; i++) {
      for (let j = 0; j < size; j++) target[(row + i) * width + column + j] = sum[Math.max(i, j) * size + Math.min(i, j)] ?? 0;
    }
  }

  /** Row by row. */
  matrix(): Float64Array {
    const { size } = this;
    const full = new Float64Array(size * size);
    this.write(full, size, 0, 0);
    return full;
  }
}

/** [rows, columns] to [columns, rows]; `more` rows of zeros come behind them. */
export function transpose(values: ArrayLike<number>, rows: number, columns: number, more: number = 0): Float64Array {
  const result = new Float64Array(rows * (columns + more));
  for (let i = 0; i < rows; i++) for (let j = 0; j < columns; j++) result[j * rows + i] = values[i * columns + j] ?? 0;
  return result;
}
