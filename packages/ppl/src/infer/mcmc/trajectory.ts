/** @file Dynamic trajectories: multinomial NUTS. */
import type { RandomStream } from '../../random/stream.ts';
import {
  copyPoint,
  createPhasePoint,
  energyReached,
  hamiltonian,
  MAX_ENERGY_ERROR,
  type PhasePoint,
} from './hamiltonian.ts';
import { leapfrog } from './integrator.ts';
import type { TransitionInfo, Tuning } from './kernel.ts';
import type { EvaluatedPoint, LogDensity } from './logDensity.ts';
import { PhasePointPool } from './phasePointPool.ts';
import { Proposal } from './proposal.ts';
import { turnsAcross } from './termination.ts';

/** A stretch of 2^k consecutive points of a trajectory, from where it was begun to where it was grown to. */
interface Tree {
  first: PhasePoint;
  last: PhasePoint;
  /** ρ, the sum of the momenta of its points: `ownSum`, or that of its only point. */
  momentumSum: Float64Array;
  readonly ownSum: Float64Array;
}

/**
 * Grows trajectories by doubling, to the left or to the right, until they make a U-turn, diverge or reach the greatest
 * depth, and draws a point of them.
 *
 * It holds the working memory of one chain; a transition leaves nothing there that the next one reads. Leapfrog steps
 * allocate nothing: each goes from one point of a pool to another, and trees refer to the points at their ends.
 *
 * Sources: Hoffman and Gelman, "The No-U-Turn Sampler" (JMLR 2014), for the doubling; Betancourt, "A conceptual
 * introduction to Hamiltonian Monte Carlo" (arXiv 1701.02434, 2017), appendix A, for the sampling and the criterion.
 */
export class DynamicTrajectory {
  private readonly density: LogDensity;
  private readonly maxTreeDepth: number;
  private readonly pool: PhasePointPool;
  /** The trajectory so far, from its earliest point to its latest. */
  private readonly whole: Tree;
  /** Complete subtrees of the extension under way, largest first; `forest[depth]` is the most that is ever needed. */
  private readonly forest: Tree[] = [];
  /** Where it begins: a point of the caller's, to be left as it is. */
  private start: PhasePoint;
  /** The point drawn from the trajectory so far, */
  private chosen: Proposal;
  /** and that drawn from the extension under way. */
  private candidate: Proposal;

  private initialEnergy: number = Number.NaN;
  private sumAcceptProb: number = Number.NaN;
  private numLeapfrog = 0;
  private divergent = false;

  constructor(density: LogDensity, maxTreeDepth: number) {
    const { dimension } = density;
    this.density = density;
    this.maxTreeDepth = maxTreeDepth;
    this.pool = new PhasePointPool(dimension);
    this.whole = createTree(dimension);
    this.start = this.whole.first;
    this.chosen = new Proposal(dimension);
    this.candidate = new Proposal(dimension);
  }

  /** One transition from `start`, whose momentum and velocity have just been drawn, to `to`. */
  sample(start: PhasePoint, tuning: Tuning, stream: RandomStream, to: EvaluatedPoint): TransitionInfo {
    this.begin(start);
    let treeDepth = 0;
    while (treeDepth < this.maxTreeDepth) {
      const forward = stream.uniform() < 0.5;
      // Points of a subtree that turned or diverged can never be chosen: the reverse trajectory would not reach them.
      if (!this.grow(treeDepth, forward, tuning, stream)) break;
      treeDepth++;
      this.choose(stream);
      if (this.extend(this.tree(0), forward)) break;
    }
    copyPoint(this.chosen.isEmpty ? start : this.chosen, to);
    return {
      acceptProb: this.sumAcceptProb / this.numLeapfrog,
      energy: this.chosen.energy,
      divergent: this.divergent,
      treeDepth,
      numLeapfrog: this.numLeapfrog,
    };
  }

  private begin(start: PhasePoint): void {
    this.pool.releaseAll();
    this.start = start;
    plant(this.whole, start);
    this.initialEnergy = hamiltonian(start);
    this.sumAcceptProb = 0;
    this.numLeapfrog = 0;
    this.divergent = false;
    this.chosen.beginAt(this.initialEnergy);
  }

  /**
   * Grows the subtree of the 2^depth points beyond one end of the trajectory, to be found in `forest[0]`.
   *
   * The recursion of the paper, unrolled: subtrees join as the digits of a binary counter carry, so after an odd leaf
   * as many joins are due as its number has trailing ones.
   *
   * @returns false when it, or a subtree within it, turns or diverges.
   */
  private grow(depth: number, forward: boolean, tuning: Tuning, stream: RandomStream): boolean {
    const { density, pool, candidate, initialEnergy } = this;
    const { metric } = tuning;
    const stepSize = forward ? tuning.stepSize : -tuning.stepSize;
    const numLeaves = 2 ** depth;
    let edge = forward ? this.whole.last : this.whole.first;
    let complete = 0;
    candidate.clear();
    for (let leaf = 0; leaf < numLeaves; leaf++) {
      const point = pool.take();
      leapfrog(density, metric, edge, stepSize, point);
      const energy = energyReached(point);
      const logWeight = initialEnergy - energy;
      const weight = Math.exp(logWeight);
      this.numLeapfrog++;
      this.sumAcceptProb += weight < 1 ? weight : 1;
      if (!(-logWeight <= MAX_ENERGY_ERROR)) {
        this.divergent = true;
        return false;
      }
      candidate.offer(point, energy, logWeight, weight, stream);
      plant(this.tree(complete), point);
      complete++;
      for (let carry = leaf; carry & 1; carry >>= 1) {
        complete--;
        if (this.join(this.tree(complete - 1), this.tree(complete))) return false;
      }
      edge = point;
    }
    return true;
  }

  /** Appends `next` to `tree`, within a subtree that is still growing. @returns whether the joined tree turns. */
  private join(tree: Tree, next: Tree): boolean {
    const { first, last, ownSum } = tree;
    const turns = turnsAcross(first, last, tree.momentumSum, next, ownSum);
    if (last !== first) this.pool.release(last);
    if (next.first !== next.last) this.pool.release(next.first);
    tree.last = next.last;
    tree.momentumSum = ownSum;
    return turns;
  }

  /** Extends the whole trajectory by a subtree as large as itself. @returns whether the result turns. */
  private extend(extension: Tree, forward: boolean): boolean {
    const { whole, pool } = this;
    const far = forward ? whole.first : whole.last;
    const near = forward ? whole.last : whole.first;
    const turns = turnsAcross(far, near, whole.momentumSum, extension, whole.ownSum);
    if (near !== far && near !== this.start) pool.release(near);
    if (extension.first !== extension.last) pool.release(extension.first);
    if (forward) whole.last = extension.last;
    else whole.first = extension.last;
    whole.momentumSum = whole.ownSum;
    return turns;
  }

  /** Chooses between the trajectory so far and the extension. */
  private choose(stream: RandomStream): void {
    const { chosen, candidate } = this;
    if (chosen.yieldsTo(candidate, stream)) {
      this.chosen = candidate;
      this.candidate = chosen;
    }
    this.chosen.addWeightOf(this.candidate);
  }

  private tree(index: number): Tree {
    return (this.forest[index] ??= createTree(this.density.dimension));
  }
}

function createTree(dimension: number): Tree {
  const ownSum = new Float64Array(dimension);
  const nowhere = createPhasePoint(0);
  return { first: nowhere, last: nowhere, momentumSum: ownSum, ownSum };
}

/** Makes `tree` the tree of the single point `point`. */
function plant(tree: Tree, point: PhasePoint): void {
  tree.first = point;
  tree.last = point;
  tree.momentumSum = point.momentum;
}
