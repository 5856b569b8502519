/** @file The second half of a leapfrog step, for metrics whose velocities are more than a product a coordinate. */
import type { PhasePoint } from './hamiltonian.ts';
import type { Metric } from './metric.ts';

/** p ← p + ε/2 ∇log p(q), then its velocity M⁻¹p by `metric`, and its kinetic energy pᵀM⁻¹p/2. See {@link Metric.kick}. */
export function kickWith(metric: Pick<Metric, 'velocity'>, point: PhasePoint, stepSize: number): void {
  const { momentum, gradient, velocity } = point;
  const half = 0.5 * stepSize;
  for (let i = 0; i < momentum.length; i++) momentum[i] = (momentum[i] ?? 0) + half * (gradient[i] ?? 0);
  metric.velocity(momentum, velocity);
  let sum = 0;
  for (let i = 0; i < momentum.length; i++) sum += (momentum[i] ?? 0) * (velocity[i] ?? 0);
  point.kineticEnergy = 0.5 * sum;
}
