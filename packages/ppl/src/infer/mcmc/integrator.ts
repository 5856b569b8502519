/** @file The leapfrog integrator of Hamilton's equations, also known as velocity Verlet. */
import type { PhasePoint } from './hamiltonian.ts';
import type { LogDensity } from './logDensity.ts';
import type { Metric } from './metric.ts';

/**
 * One leapfrog step from `from` to `to`, which may be the same point; a negative `stepSize` goes back in time.
 *
 *     p ← p + ε/2 ∇log p(q),   q ← q + ε M⁻¹p,   p ← p + ε/2 ∇log p(q)
 *
 * The map is volume preserving and reversible, with a local error of O(ε³). The loops stand with the metric, which
 * makes as few passes over the vectors as it can: one before the gradient and one after it, where M is diagonal.
 *
 * Source: Neal, "MCMC using Hamiltonian dynamics" (2011), equations 5.18 to 5.20.
 */
export function leapfrog(
  density: LogDensity,
  metric: Metric,
  from: PhasePoint,
  stepSize: number,
  to: PhasePoint = from,
): void {
  metric.kickAndDrift(from, stepSize, to);
  to.logDensity = density.evaluate(to.position, to.gradient);
  metric.kick(to, stepSize);
}
