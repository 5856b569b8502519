/** @file The leapfrog integrator of Hamilton's equations, also known as velocity Verlet. */
import type { PhasePoint } from './hamiltonian.ts';
import type { LogDensity } from './logDensity.ts';
import type { Metric } from './metric.ts';

/**
 * Moves `point` by one leapfrog step; a negative `stepSize` goes back in time.
 *
 *     p ← p + ε/2 ∇log p(q),   q ← q + ε M⁻¹p,   p ← p + ε/2 ∇log p(q)
 *
 * The map is volume preserving and reversible, with a local error of O(ε³).
 *
 * Source: Neal, "MCMC using Hamiltonian dynamics" (2011), equations 5.18 to 5.20.
 */
export function leapfrog(density: LogDensity, metric: Metric, point: PhasePoint, stepSize: number): void {
  const { position, momentum, gradient, velocity } = point;
  const dimension = position.length;
  const half = 0.5 * stepSize;
  for (let i = 0; i < dimension; i++) momentum[i] = (momentum[i] ?? 0) + half * (gradient[i] ?? 0);
  metric.velocity(momentum, velocity);
  for (let i = 0; i < dimension; i++) position[i] = (position[i] ?? 0) + stepSize * (velocity[i] ?? 0);
  point.logDensity = density.evaluate(position, gradient);
  for (let i = 0; i < dimension; i++) momentum[i] = (momentum[i] ?? 0) + half * (gradient[i] ?? 0);
  metric.velocity(momentum, velocity);
}
