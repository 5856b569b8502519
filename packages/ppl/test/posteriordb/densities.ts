/** @file Log densities of single numbers, in float64 and up to a constant in the variables: pieces of the oracles. */

export const normal = (x: number, loc: number, scale: number): number => -0.5 * ((x - loc) / scale) ** 2 - Math.log(scale);

export const cauchy = (x: number, loc: number, scale: number): number => -Math.log1p(((x - loc) / scale) ** 2) - Math.log(scale);

export const gamma = (x: number, shape: number, rate: number): number => (shape - 1) * Math.log(x) - rate * x;

export const beta = (x: number, a: number, b: number): number => (a - 1) * Math.log(x) + (b - 1) * Math.log1p(-x);

export const logSumExp = (...values: readonly number[]): number => {
  const most = Math.max(...values);
  return most + Math.log(values.reduce((sum, value) => sum + Math.exp(value - most), 0));
};

export const sum = (values: readonly number[]): number => values.reduce((total, value) => total + value, 0);

/** log N(y | 0, Σ) by a textbook Cholesky factorisation. */
export function centredMultivariateNormal(y: readonly number[], covariance: readonly (readonly number[])[]): number {
  const lower: number[][] = [];
  const white: number[] = [];
  let value = 0;
  covariance.forEach((row, i) => {
    const own: number[] = [];
    for (let j = 0; j <= i; j++) {
      let rest = row[j]!;
      for (let k = 0; k < j; k++) rest -= own[k]! * (lower[j]?.[k] ?? own[k]!);
      own.push(j < i ? rest / lower[j]![j]! : Math.sqrt(rest));
    }
    lower.push(own);
    let residual = y[i]!;
    for (let k = 0; k < i; k++) residual -= own[k]! * white[k]!;
    white.push(residual / own[i]!);
    value -= 0.5 * white[i]! ** 2 + Math.log(own[i]!);
  });
  return value;
}
