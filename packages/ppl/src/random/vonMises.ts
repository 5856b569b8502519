/** @file Von Mises draws. */
import type { RandomSource } from './source.ts';

/**
 * A draw from the von Mises distribution with mean direction zero, in [-π, π], by rejection from a wrapped Cauchy envelope.
 *
 * Source: Best and Fisher (1979), "Efficient simulation of the von Mises distribution".
 */
export function drawVonMises(source: RandomSource, kappa: number): number {
  const tau = 1 + Math.sqrt(1 + 4 * kappa * kappa);
  const rho = (tau - Math.sqrt(2 * tau)) / (2 * kappa);
  // Without concentration, where the envelope is 0 / 0, all angles are alike; with very much, a normal variable.
  if (kappa < 1e-5) return Math.PI * (2 * source.uniform() - 1);
  if (kappa > 1e6) return source.normal() / Math.sqrt(kappa);
  const r = (1 + rho * rho) / (2 * rho);
  for (;;) {
    const z = Math.cos(Math.PI * source.uniform());
    const f = (1 + r * z) / (r + z);
    const c = kappa * (r - f);
    const u = source.uniform();
    if (c * (2 - c) > u || Math.log(c / u) + 1 >= c) {
      const angle = Math.acos(Math.max(-1, Math.min(1, f)));
      return source.uniform() < 0.5 ? -angle : angle;
    }
  }
}
