/** @file The working memory of NUTS transitions. */
import { DiagonalMetric } from '../diagonalMetric.ts';
import type { Metric } from '../metric.ts';
import { PhasePointPool } from './phasePointPool.ts';
import { TrajectoryMemory, type PlacedPoint, type PlacedVector } from './trajectoryMemory.ts';

/** A stretch of 2^k consecutive points of a trajectory, from where it was begun to where it was grown to. */
export interface Tree {
  first: PlacedPoint;
  last: PlacedPoint;
  /** The address of ρ, the sum of the momenta of its points; unused while it has only one. */
  readonly momentumSum: number;
}

/** What makes a leapfrog step: the kernels for a diagonal or for a dense M⁻¹, or else the metric itself. */
export type LoopKind = 'diagonal' | 'dense' | 'metric';

/** In more dimensions than this, a metric that is not diagonal makes its own loops: it may know how to save work. */
const MAX_DENSE = 64;

export class Workspace {
  readonly dimension: number;
  readonly maxTreeDepth: number;
  readonly memory: TrajectoryMemory;
  /** Where trajectories begin. */
  readonly start: PlacedPoint;
  /** For all their other points. */
  readonly pool: PhasePointPool;
  /** The trajectory so far, from its earliest point to its latest. */
  readonly whole: Tree;
  /** Complete subtrees of the extension under way, largest first; `forest[depth]` is the most that is ever needed. */
  readonly forest: readonly Tree[];
  /** Rows of M⁻¹, one after another, where there are not too many of them; one row has room for its diagonal. */
  private readonly inverseMass: readonly PlacedVector[];
  readonly massAddress: number;
  private loaded: Metric | null = null;
  private kind: LoopKind = 'metric';
  /** Whether a transition is under way. */
  busy = false;

  constructor(dimension: number, maxTreeDepth: number) {
    this.dimension = dimension;
    this.maxTreeDepth = maxTreeDepth;
    // At any time there are the ends of the trajectory, those of the subtrees under way (of each size but the largest one
    // at most), and the point being reached; and sums of momenta of each of these trees, besides M⁻¹.
    const rows = dimension <= MAX_DENSE ? dimension : 1;
    this.memory = new TrajectoryMemory(dimension, 2 * maxTreeDepth + 4, maxTreeDepth + 2 + rows);
    this.start = this.memory.point();
    this.pool = new PhasePointPool(this.memory);
    this.inverseMass = Array.from({ length: rows }, () => this.memory.vector());
    this.massAddress = this.inverseMass[0]?.address ?? 0;
    this.whole = this.createTree();
    this.forest = Array.from({ length: maxTreeDepth + 1 }, () => this.createTree());
  }

  /** Makes the kernels use `metric`, and says which of them to use. */
  load(metric: Metric): LoopKind {
    if (metric === this.loaded) return this.kind;
    this.loaded = metric;
    const { inverseMass, dimension } = this;
    if (metric instanceof DiagonalMetric) {
      inverseMass[0]?.values.set(metric.inverse);
      this.kind = 'diagonal';
    } else if (dimension <= MAX_DENSE) {
      for (const [i, { values }] of inverseMass.entries()) metric.row(i, values);
      this.kind = 'dense';
    } else {
      this.kind = 'metric';
    }
    return this.kind;
  }

  private createTree(): Tree {
    return { first: this.start, last: this.start, momentumSum: this.memory.vector().address };
  }
}

let latest: WeakRef<Workspace> | null = null;

/**
 * A workspace for transitions in `dimension` dimensions, shared by the chains of this thread: they take turns, transition
 * by transition, and leave nothing there for one another. (One module instance for all of them is what makes it worth
 * sharing: engines call the functions of ever new instances slowly at first.) It is another one inside of a transition,
 * where a log density may run chains of its own.
 */
export function workspaceFor(dimension: number, maxTreeDepth: number): Workspace {
  const known = latest?.deref();
  if (known?.dimension === dimension && known.maxTreeDepth === maxTreeDepth && !known.busy) return known;
  const workspace = new Workspace(dimension, maxTreeDepth);
  latest = new WeakRef(workspace);
  return workspace;
}
