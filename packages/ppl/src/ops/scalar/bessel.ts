/** @file Modified Bessel functions of the first kind, of orders 0 and 1, in float64. */

/** Beyond this the asymptotic series is exact to rounding. */
const ASYMPTOTIC = 25;

/** log I0(x), for any x (I0 is even); relative error about 1e-15. */
export function logBesselI0(x: number): number {
  const size = Math.abs(x);
  return size < ASYMPTOTIC ? Math.log1p(seriesMinusOne(0, size)) : size + Math.log(besselAsymptotic(0, size));
}

/** I1(x) / I0(x), the derivative of {@link logBesselI0}: the mean resultant length of the von Mises distribution. */
export function besselRatio(x: number): number {
  const size = Math.abs(x);
  if (size === Infinity) return Math.sign(x);
  if (size < ASYMPTOTIC) return (0.5 * x * (1 + seriesMinusOne(1, size))) / (1 + seriesMinusOne(0, size));
  return (Math.sign(x) * besselAsymptotic(1, size)) / besselAsymptotic(0, size);
}

/** I(n, x) / (x/2)^n - 1, for n = 0 or 1: the sum of (x^2/4)^k / (k! (k + n)!) from k = 1. Abramowitz and Stegun 9.6.10. */
function seriesMinusOne(n: number, x: number): number {
  const quarter = 0.25 * x * x;
  let term = quarter / (1 + n);
  let sum = term;
  for (let k = 2; term > sum * 1e-17; k++) {
    term *= quarter / (k * (k + n));
    sum += term;
  }
  return sum;
}

/** e^-x I(n, x) for large x. Abramowitz and Stegun 9.7.1. */
function besselAsymptotic(n: number, x: number): number {
  let term = 1;
  let sum = 1;
  for (let k = 1; k < 2 * ASYMPTOTIC; k++) {
    term *= ((2 * k - 1) ** 2 - 4 * n * n) / (8 * k * x);
    sum += term;
    if (Math.abs(term) < 1e-17) break;
  }
  return sum / Math.sqrt(2 * Math.PI * x);
}

/** The derivative of {@link besselRatio}: 1 - r/x - r^2 with r the ratio itself. */
export function besselRatioGrad(x: number): number {
  const size = Math.abs(x);
  if (size < 1e-4) return 0.5;
  if (size > 1000) {
    // There the three parts cancel almost wholly; from r = 1 - 1/(2x) - 1/(8x^2) - 1/(8x^3) - ...
    const inverse = 1 / size;
    return inverse * inverse * (0.5 + inverse * (0.25 + inverse * (0.375 + inverse * 0.78125)));
  }
  const ratio = besselRatio(size);
  return 1 - ratio / size - ratio * ratio;
}
