/** @file Points of phase space, and the Hamiltonian H(q, p) = -log p(q) + ½ pᵀM⁻¹p. */
import type { EvaluatedPoint } from './logDensity.ts';

/** A point (q, p) of phase space with what the integrator knows there. The integrator moves it in place. */
export interface PhasePoint extends EvaluatedPoint {
  /** p */
  readonly momentum: Float64Array;
  /** M⁻¹p = dq/dt, the "sharp" momentum of Betancourt (2017). */
  readonly velocity: Float64Array;
}

/** Room for a phase point, not evaluated anywhere yet. */
export function createPhasePoint(dimension: number): PhasePoint {
  return {
    position: new Float64Array(dimension),
    gradient: new Float64Array(dimension),
    momentum: new Float64Array(dimension),
    velocity: new Float64Array(dimension),
    logDensity: Number.NaN,
  };
}

/** Makes `to` equal to `from`. */
export function copyPhasePoint(from: PhasePoint, to: PhasePoint): void {
  copyPoint(from, to);
  const { momentum, velocity } = from;
  for (let i = 0; i < momentum.length; i++) {
    to.momentum[i] = momentum[i] ?? 0;
    to.velocity[i] = velocity[i] ?? 0;
  }
}

/** Puts `to` where `from` stands; momentum and velocity, if any, stay. */
export function copyPoint(from: EvaluatedPoint, to: EvaluatedPoint): void {
  const { position, gradient } = from;
  // For short vectors a loop is several times faster than two calls of TypedArray.set.
  for (let i = 0; i < position.length; i++) {
    to.position[i] = position[i] ?? 0;
    to.gradient[i] = gradient[i] ?? 0;
  }
  to.logDensity = from.logDensity;
}

/** ½ pᵀM⁻¹p */
export function kineticEnergy({ momentum, velocity }: PhasePoint): number {
  let sum = 0;
  for (let i = 0; i < momentum.length; i++) sum += (momentum[i] ?? 0) * (velocity[i] ?? 0);
  return 0.5 * sum;
}

/** H(q, p); Infinity wherever it is not a finite number, so that no sampler ever moves there. */
export function hamiltonian(point: PhasePoint): number {
  const energy = kineticEnergy(point) - point.logDensity;
  return Number.isFinite(energy) ? energy : Number.POSITIVE_INFINITY;
}

/** A trajectory whose energy is off by more than this has left its level set: it diverges. From Stan. */
export const MAX_ENERGY_ERROR: number = 1000;
