/** @file What the updates of all samplers by stochastic gradients have in common. */

/** How a step differs from the others. */
export interface StepShape {
  /** What the step size is multiplied with. */
  readonly factor: number;
  /** Whether noise is added; without it a step only explores. */
  readonly isNoisy: boolean;
}

export interface StepSettings {
  /** The step size ε, before the schedule. */
  readonly lr: number;
  /** T: chains draw from p^(1/T). */
  readonly temperature: number;
  /** What the schedule says of a step, which counts from 0. */
  readonly at: (step: number) => StepShape;
}

/** Step size and temperature of update `t`, which counts from 1. */
export function scaleOf({ lr, temperature, at }: StepSettings, t: number): { readonly stepSize: number; readonly temperature: number } {
  const { factor, isNoisy } = at(t - 1);
  return { stepSize: lr * factor, temperature: isNoisy ? temperature : 0 };
}
