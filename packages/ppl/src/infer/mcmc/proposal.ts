/** @file The point chosen to stand for a stretch of a trajectory. */
import type { RandomStream } from '../../random/stream.ts';
import { copyPoint } from './hamiltonian.ts';
import type { EvaluatedPoint } from './logDensity.ts';

/** Weights up to e^500 are summed as they are; beyond, relative to a larger one. */
const LARGEST_LOG_WEIGHT = 500;

/**
 * One of the points offered so far, drawn with probabilities proportional to their weights exp(H₀ - H). Weights are
 * summed as numbers, not as logarithms: that saves a logarithm and an exponential for each leapfrog step.
 */
export class Proposal implements EvaluatedPoint {
  readonly position: Float64Array;
  readonly gradient: Float64Array;
  logDensity: number = Number.NaN;
  /** H */
  energy: number = Number.NaN;
  /** Whether no point has been taken: none was offered, or it began at the first point of a trajectory and stayed there. */
  isEmpty = true;
  /** Σ exp(H₀ - H), in units of exp(`logUnit`). */
  private sum: number = Number.NaN;
  private logUnit: number = Number.NaN;

  constructor(dimension: number) {
    this.position = new Float64Array(dimension);
    this.gradient = new Float64Array(dimension);
  }

  /** Forgets all points. */
  clear(): void {
    this.sum = 0;
    this.logUnit = 0;
    this.isEmpty = true;
  }

  /** Forgets all points but the first of the trajectory, of weight 1, which is held without a copy: see `isEmpty`. */
  beginAt(energy: number): void {
    this.clear();
    this.sum = 1;
    this.energy = energy;
  }

  /**
   * Takes a further point instead of the one so far with probability w / Σw: in the end, each is held with probability
   * proportional to its weight (multinomial sampling: Betancourt 2017, A.3.1).
   *
   * @param weight - exp(`logWeight`), which may be Infinity.
   */
  offer(point: EvaluatedPoint, energy: number, logWeight: number, weight: number, stream: RandomStream): void {
    let share = weight;
    if (this.logUnit !== 0 || logWeight > LARGEST_LOG_WEIGHT) {
      if (logWeight - this.logUnit > LARGEST_LOG_WEIGHT) this.changeUnit(logWeight);
      share = Math.exp(logWeight - this.logUnit);
    }
    const isFirst = this.sum === 0;
    this.sum += share;
    if (!isFirst && !(stream.uniform() * this.sum < share)) return;
    copyPoint(point, this);
    this.energy = energy;
    this.isEmpty = false;
  }

  /**
   * Whether to move on to the proposal of an extension: with probability min(1, w_extension / w_trajectory), the biased
   * progressive sampling that favours the farther points (Betancourt 2017, A.3.2).
   */
  yieldsTo(extension: Proposal, stream: RandomStream): boolean {
    const ratio = (extension.sum / this.sum) * Math.exp(extension.logUnit - this.logUnit);
    return stream.uniform() < ratio;
  }

  /** Counts the weight of `other` as its own. */
  addWeightOf(other: Proposal): void {
    if (other.logUnit > this.logUnit) this.changeUnit(other.logUnit);
    this.sum += other.sum * Math.exp(other.logUnit - this.logUnit);
  }

  private changeUnit(logUnit: number): void {
    this.sum *= Math.exp(this.logUnit - logUnit);
    this.logUnit = logUnit;
  }
}
