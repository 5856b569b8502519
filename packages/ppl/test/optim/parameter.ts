/** @file A parameter made of plain arrays. */
import type { ParameterGradient } from '../../src/optim/index.ts';

export function parameter(
  name: string,
  gradient: readonly number[],
  value: readonly number[] = gradient.map(() => 0),
): ParameterGradient & { variable: { isDisposed: boolean } } {
  return { name, variable: { isDisposed: false }, value: Float32Array.from(value), gradient: Float32Array.from(gradient) };
}
