/** @file Dynamic trajectories: multinomial NUTS. */
import type { RandomStream } from '../../random/stream.ts';
import {
  copyPhasePoint,
  copyPoint,
  createPhasePoint,
  hamiltonian,
  MAX_ENERGY_ERROR,
  type PhasePoint,
} from './hamiltonian.ts';
import { leapfrog } from './integrator.ts';
import type { TransitionInfo, Tuning } from './kernel.ts';
import type { EvaluatedPoint, LogDensity } from './logDensity.ts';
import { append, createTree, extend, setLeaf, type Tree } from './tree.ts';

/**
 * Grows trajectories by doubling, to the left or to the right, until they make a U-turn, diverge or reach the greatest
 * depth, and draws a point of them.
 *
 * It holds the working memory of one chain; a transition leaves nothing there that the next one reads.
 *
 * Sources: Hoffman and Gelman, "The No-U-Turn Sampler" (JMLR 2014), for the doubling; Betancourt, "A conceptual
 * introduction to Hamiltonian Monte Carlo" (arXiv 1701.02434, 2017), appendix A, for the sampling and the criterion.
 */
export class DynamicTrajectory {
  private readonly density: LogDensity;
  private readonly maxTreeDepth: number;
  private readonly earliest: PhasePoint;
  private readonly latest: PhasePoint;
  private readonly whole: Tree;
  /** Complete subtrees of the extension under way, largest first; `forest[depth]` is the most that is ever needed. */
  private readonly forest: Tree[] = [];

  private initialEnergy = 0;
  private sumAcceptProb = 0;
  private numLeapfrog = 0;
  private divergent = false;

  constructor(density: LogDensity, maxTreeDepth: number) {
    this.density = density;
    this.maxTreeDepth = maxTreeDepth;
    this.earliest = createPhasePoint(density.dimension);
    this.latest = createPhasePoint(density.dimension);
    this.whole = createTree(density.dimension);
  }

  /** One transition from `start`, whose momentum and velocity have just been drawn, to `to`. */
  sample(start: PhasePoint, tuning: Tuning, stream: RandomStream, to: EvaluatedPoint): TransitionInfo {
    const { whole, earliest, latest } = this;
    copyPhasePoint(start, earliest);
    copyPhasePoint(start, latest);
    this.initialEnergy = hamiltonian(start);
    this.sumAcceptProb = 0;
    this.numLeapfrog = 0;
    this.divergent = false;
    setLeaf(whole, start, this.initialEnergy, 0);

    let treeDepth = 0;
    while (treeDepth < this.maxTreeDepth) {
      const forward = stream.uniform() < 0.5;
      const extension = this.grow(treeDepth, forward, tuning, stream);
      // Points of a subtree that turned or diverged can never be chosen: the reverse trajectory would not reach them.
      if (extension === null) break;
      treeDepth++;
      if (extend(whole, extension, forward, stream)) break;
    }

    copyPoint(whole.proposal, to);
    return {
      acceptProb: this.sumAcceptProb / this.numLeapfrog,
      energy: whole.proposal.energy,
      divergent: this.divergent,
      treeDepth,
      numLeapfrog: this.numLeapfrog,
    };
  }

  /**
   * The subtree of the 2^depth points beyond one end of the trajectory, or null when it, or a subtree within it, turns
   * or diverges.
   *
   * The recursion of the paper, unrolled: subtrees join as the digits of a binary counter carry, so after an odd leaf
   * as many joins are due as its number has trailing ones.
   */
  private grow(depth: number, forward: boolean, tuning: Tuning, stream: RandomStream): Tree | null {
    const edge = forward ? this.latest : this.earliest;
    const stepSize = forward ? tuning.stepSize : -tuning.stepSize;
    const numLeaves = 2 ** depth;
    let complete = 0;
    for (let leaf = 0; leaf < numLeaves; leaf++) {
      leapfrog(this.density, tuning.metric, edge, stepSize);
      if (!this.visit(edge, this.tree(complete))) return null;
      complete++;
      for (let carry = leaf; carry & 1; carry >>= 1) {
        complete--;
        if (append(this.tree(complete - 1), this.tree(complete), stream)) return null;
      }
    }
    return this.tree(0);
  }

  /** Makes `leaf` the tree of the point just reached. @returns false when the trajectory diverges there. */
  private visit(point: PhasePoint, leaf: Tree): boolean {
    const energy = hamiltonian(point);
    const logWeight = this.initialEnergy - energy;
    this.numLeapfrog++;
    this.sumAcceptProb += Math.min(1, Math.exp(logWeight));
    if (!(-logWeight <= MAX_ENERGY_ERROR)) {
      this.divergent = true;
      return false;
    }
    setLeaf(leaf, point, energy, logWeight);
    return true;
  }

  private tree(index: number): Tree {
    return (this.forest[index] ??= createTree(this.density.dimension));
  }
}
