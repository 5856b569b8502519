/** @file Standard deviations that keep the size of signals from layer to layer. */
import type { Fans } from './fans.ts';

/** Neal (1996); Glorot and Bengio (2010); He et al. (2015). */
export type ScalingMethod = 'radford' | 'xavier' | 'kaiming';

/** The nonlinearity that follows. */
export type Nonlinearity = 'linear' | 'sigmoid' | 'tanh' | 'relu' | 'leakyRelu' | 'selu';

/** What `leakyRelu` multiplies negative numbers by unless it is said, as in PyTorch; tfjs's own layer has 0.3. */
export const NEGATIVE_SLOPE = 0.01;

/** By how much weights must be larger to make up for what the nonlinearity takes away; the values of PyTorch. */
const GAINS: Readonly<Record<Nonlinearity, (negativeSlope: number) => number>> = {
  linear: () => 1,
  sigmoid: () => 1,
  tanh: () => 5 / 3,
  relu: () => Math.SQRT2,
  leakyRelu: (negativeSlope) => Math.sqrt(2 / (1 + negativeSlope ** 2)),
  selu: () => 3 / 4,
};

const SCALES: Readonly<Record<ScalingMethod, (fans: Fans, gain: number) => number>> = {
  radford: (fans) => 1 / Math.sqrt(fans.in),
  xavier: (fans, gain) => gain * Math.sqrt(2 / (fans.in + fans.out)),
  kaiming: (fans, gain) => gain / Math.sqrt(fans.in),
};

/**
 * The standard deviation for weights with these fans; the gain of the nonlinearity has no part in `radford`.
 *
 * @throws TypeError for an unknown method or nonlinearity.
 */
export function standardDeviation(
  where: string,
  method: ScalingMethod,
  fans: Fans,
  nonlinearity: Nonlinearity,
  negativeSlope: number = NEGATIVE_SLOPE,
): number {
  check(where, 'method', method, SCALES);
  check(where, 'nonlinearity', nonlinearity, GAINS);
  return SCALES[method](fans, GAINS[nonlinearity](negativeSlope));
}

function check(where: string, what: string, value: string, table: object): void {
  if (Object.hasOwn(table, value)) return;
  throw new TypeError(`${where}: unknown ${what} "${value}"; take one of ${Object.keys(table).join(', ')}`);
}
