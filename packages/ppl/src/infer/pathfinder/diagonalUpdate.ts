/** @file The diagonal that L-BFGS begins its estimate of the inverse Hessian with. */
import type { CurvaturePair } from './factor.ts';

/**
 * The diagonal D′ that takes in one more pair: the diagonal of what one BFGS update makes of D⁻¹, inverted. Of D itself, where
 * rounding leaves it no positive and finite numbers.
 *
 * Sources: Gilbert and Lemaréchal, "Some numerical experiments with variable-storage quasi-Newton algorithms" (Math. Prog.
 * 1989), section 4; Zhang et al. (JMLR 2022), algorithm 3.
 */
export function updateDiagonal(diagonal: Float64Array, { step, change }: CurvaturePair): Float64Array {
  let a = 0;
  let b = 0;
  let c = 0;
  for (let i = 0; i < diagonal.length; i++) {
    const [d, s, y] = [diagonal[i] ?? 0, step[i] ?? 0, change[i] ?? 0];
    a += y * d * y;
    b += y * s;
    c += (s * s) / d;
  }
  const updated = diagonal.map((d, i) => {
    const [s, y] = [step[i] ?? 0, change[i] ?? 0];
    return 1 / (a / (b * d) + (y * y) / b - (a * s * s) / (b * c * d * d));
  });
  return updated.every((value) => value > 0 && value < Infinity) ? updated : diagonal;
}
