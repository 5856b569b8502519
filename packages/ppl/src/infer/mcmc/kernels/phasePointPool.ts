/** @file Phase points for reuse. */
import type { PlacedPoint, TrajectoryMemory } from './trajectoryMemory.ts';

/** Makes points of a trajectory's memory as they are needed, and gives out those that are no longer in use. */
export class PhasePointPool {
  private readonly memory: TrajectoryMemory;
  private readonly all: PlacedPoint[] = [];
  /** The first `numFree` entries are not in use. */
  private readonly free: PlacedPoint[] = [];
  private numFree = 0;

  constructor(memory: TrajectoryMemory) {
    this.memory = memory;
  }

  /** A point that no one else has; what it holds is left over from earlier use. */
  take(): PlacedPoint {
    if (this.numFree === 0) {
      const point = this.memory.point();
      this.all.push(point);
      this.free[this.numFree++] = point;
    }
    return this.free[--this.numFree] as PlacedPoint;
  }

  /** Gives back a point that was taken, and has not been given back since. */
  release(point: PlacedPoint): void {
    this.free[this.numFree++] = point;
  }

  /** Gives back all points. */
  releaseAll(): void {
    const { all, free } = this;
    for (let i = 0; i < all.length; i++) free[i] = all[i] as PlacedPoint;
    this.numFree = all.length;
  }
}
