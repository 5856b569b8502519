/** @file Derivatives by differences of float64 functions: the oracle for every gradient written by hand. */

/**
 * f'(x) by central differences with steps h, h/2, h/4, ..., extrapolated to h = 0 (Ridders 1982; Press et al.,
 * Numerical Recipes, 5.7): about 1e-10 relative for smooth float64 functions.
 *
 * @param step - the first step: large enough that f visibly changes, small enough that x ± step lies in its domain.
 */
export function derivative(f: (x: number) => number, x: number, step: number = 0.05 * Math.max(1, Math.abs(x))): number {
  const shrink = 1.4;
  const rows: number[][] = [];
  let best = Number.NaN;
  let bestError = Number.POSITIVE_INFINITY;
  for (let i = 0; i < 12; i++) {
    const h = step / shrink ** i;
    const row = [(f(x + h) - f(x - h)) / (2 * h)];
    const previous = rows[i - 1];
    let factor = shrink * shrink;
    for (let j = 1; previous && j <= i; j++) {
      row.push((row[j - 1]! * factor - previous[j - 1]!) / (factor - 1));
      factor *= shrink * shrink;
      const error = Math.max(Math.abs(row[j]! - row[j - 1]!), Math.abs(row[j]! - previous[j - 1]!));
      if (error <= bestError) {
        bestError = error;
        best = row[j]!;
      }
    }
    rows.push(row);
  }
  return best;
}

/** The gradient of a float64 function of a vector, coordinate by coordinate with {@link derivative}. */
export function gradient(f: (x: number[]) => number, x: readonly number[], step?: number): number[] {
  return x.map((centre, i) => derivative((value) => f(x.map((other, j) => (j === i ? value : other))), centre, step));
}

/**
 * The gradient of a float32 function (a tfjs program) of a vector, by plain central differences.
 *
 * Float32 leaves an error of about |f| 1e-7 / step + step², so expect agreement to about 1e-3 only.
 */
export function roughGradient(f: (x: number[]) => number, x: readonly number[], step = 1e-2): number[] {
  return x.map((centre, i) => {
    const at = (value: number) => f(x.map((other, j) => (j === i ? value : other)));
    return (at(centre + step) - at(centre - step)) / (2 * step);
  });
}

/** |actual - expected| relative to the larger of |expected| and `floor`. */
export function relativeError(actual: number, expected: number, floor: number = 1e-300): number {
  if (Object.is(actual, expected) || actual === expected) return 0;
  if (Number.isNaN(actual) && Number.isNaN(expected)) return 0;
  return Math.abs(actual - expected) / Math.max(Math.abs(expected), floor);
}
