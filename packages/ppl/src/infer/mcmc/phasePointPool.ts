/** @file Phase points for reuse, so that trajectories allocate none once there are enough. */
import { createPhasePoint, type PhasePoint } from './hamiltonian.ts';

export class PhasePointPool {
  private readonly dimension: number;
  private readonly all: PhasePoint[] = [];
  /** The first `numFree` entries are not in use. */
  private readonly free: PhasePoint[] = [];
  private numFree = 0;

  constructor(dimension: number) {
    this.dimension = dimension;
  }

  /** A point that no one else has; what it holds is left over from earlier use. */
  take(): PhasePoint {
    if (this.numFree === 0) {
      const point = createPhasePoint(this.dimension);
      this.all.push(point);
      this.free[this.numFree++] = point;
    }
    return this.free[--this.numFree] as PhasePoint;
  }

  /** Gives back a point that was taken, and has not been given back since. */
  release(point: PhasePoint): void {
    this.free[this.numFree++] = point;
  }

  /** Gives back all points. */
  releaseAll(): void {
    const { all, free } = this;
    for (let i = 0; i < all.length; i++) free[i] = all[i] as PhasePoint;
    this.numFree = all.length;
  }
}
