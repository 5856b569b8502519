/** @file Points of phase space, and the Hamiltonian H(q, p) = -log p(q) + ½ pᵀM⁻¹p. */
import type { EvaluatedPoint } from './logDensity.ts';

/** A point (q, p) of phase space with what the integrator knows there. */
export interface PhasePoint extends EvaluatedPoint {
  /** p */
  readonly momentum: Float64Array;
  /** M⁻¹p = dq/dt, the "sharp" momentum of Betancourt (2017). */
  readonly velocity: Float64Array;
  /** ½ pᵀM⁻¹p, as the integrator left it; NaN where it has not been. */
  kineticEnergy: number;
}

/**
 * Room for a phase point, not evaluated anywhere yet. Its numbers begin as NaN, not 0: V8 would first take them for
 * integers, and slow down later.
 */
export function createPhasePoint(dimension: number): PhasePoint {
  return {
    position: new Float64Array(dimension),
    gradient: new Float64Array(dimension),
    momentum: new Float64Array(dimension),
    velocity: new Float64Array(dimension),
    logDensity: Number.NaN,
    kineticEnergy: Number.NaN,
  };
}

/** Makes `to` equal to `from`. */
export function copyPhasePoint(from: PhasePoint, to: PhasePoint): void {
  copyPoint(from, to);
  copy(from.momentum, to.momentum);
  copy(from.velocity, to.velocity);
  to.kineticEnergy = from.kineticEnergy;
}

/** Puts `to` where `from` stands; momentum and velocity, if any, stay. */
export function copyPoint(from: EvaluatedPoint, to: EvaluatedPoint): void {
  copy(from.position, to.position);
  copy(from.gradient, to.gradient);
  to.logDensity = from.logDensity;
}

/** For short vectors a loop is several times faster than TypedArray.set, for long ones the other way round. */
function copy(from: Float64Array, to: Float64Array): void {
  if (from.length > 64) to.set(from);
  else for (let i = 0; i < from.length; i++) to[i] = from[i] ?? 0;
}

/** ½ pᵀM⁻¹p */
export function kineticEnergy({ momentum, velocity }: PhasePoint): number {
  let sum = 0;
  for (let i = 0; i < momentum.length; i++) sum += (momentum[i] ?? 0) * (velocity[i] ?? 0);
  return 0.5 * sum;
}

/** H(q, p); Infinity wherever it is not a finite number, so that no sampler ever moves there. */
export function hamiltonian(point: PhasePoint): number {
  return finiteOrInfinity(kineticEnergy(point) - point.logDensity);
}

/** H(q, p) of a point that the integrator has just reached. */
export function energyReached(point: PhasePoint): number {
  return finiteOrInfinity(point.kineticEnergy - point.logDensity);
}

function finiteOrInfinity(energy: number): number {
  return energy - energy === 0 ? energy : Number.POSITIVE_INFINITY;
}

/** A trajectory whose energy is off by more than this has left its level set: it diverges. From Stan. */
export const MAX_ENERGY_ERROR: number = 1000;
