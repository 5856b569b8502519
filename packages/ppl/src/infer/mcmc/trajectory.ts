/** @file Dynamic trajectories: multinomial NUTS. */
import type { RandomStream } from '../../random/stream.ts';
import { copyPoint, energyReached, hamiltonian, MAX_ENERGY_ERROR } from './hamiltonian.ts';
import { leapfrog } from './integrator.ts';
import type { TransitionInfo, Tuning } from './kernel.ts';
import type { PlacedPoint } from './kernels/trajectoryMemory.ts';
import { workspaceFor, type LoopKind, type Tree, type Workspace } from './kernels/workspace.ts';
import type { EvaluatedPoint, LogDensity } from './logDensity.ts';
import type { Metric } from './metric.ts';
import { Proposal } from './proposal.ts';

/**
 * Grows trajectories by doubling, to the left or to the right, until they make a U-turn, diverge or reach the greatest
 * depth, and draws a point of them.
 *
 * A transition leaves nothing in its workspace that the next one reads. Leapfrog steps allocate nothing: each goes from one
 * point of a pool to another, and trees refer to the points at their ends.
 *
 * Sources: Hoffman and Gelman, "The No-U-Turn Sampler" (JMLR 2014), for the doubling; Betancourt, "A conceptual
 * introduction to Hamiltonian Monte Carlo" (arXiv 1701.02434, 2017), appendix A, for the sampling and the criterion.
 */
export class DynamicTrajectory {
  private readonly density: LogDensity;
  private readonly maxTreeDepth: number;
  private readonly workspace: Workspace;
  /** The point drawn from the trajectory so far, */
  private chosen: Proposal;
  /** and that drawn from the extension under way. */
  private candidate: Proposal;

  private loops: LoopKind = 'metric';
  private initialEnergy: number = Number.NaN;
  private sumAcceptProb: number = Number.NaN;
  private numLeapfrog = 0;
  private divergent = false;

  constructor(density: LogDensity, maxTreeDepth: number) {
    const { dimension } = density;
    this.density = density;
    this.maxTreeDepth = maxTreeDepth;
    this.workspace = workspaceFor(dimension, maxTreeDepth);
    this.chosen = new Proposal(dimension);
    this.candidate = new Proposal(dimension);
  }

  /** Where the next transition begins: set position, gradient, log density, momentum and velocity, then {@link sample}. */
  get start(): PlacedPoint {
    return this.workspace.start;
  }

  /** One transition from `start` to `to`. */
  sample(tuning: Tuning, stream: RandomStream, to: EvaluatedPoint): TransitionInfo {
    const { workspace } = this;
    workspace.busy = true;
    try {
      this.begin(tuning.metric);
      const treeDepth = this.doubleUntilDone(tuning, stream);
      copyPoint(this.chosen.isEmpty ? workspace.start : this.chosen, to);
      return {
        acceptProb: this.sumAcceptProb / this.numLeapfrog,
        energy: this.chosen.energy,
        divergent: this.divergent,
        treeDepth,
        numLeapfrog: this.numLeapfrog,
      };
    } finally {
      workspace.busy = false;
    }
  }

  private begin(metric: Metric): void {
    const { workspace } = this;
    const { start, pool, whole } = workspace;
    this.loops = workspace.load(metric);
    pool.releaseAll();
    plant(whole, start);
    this.initialEnergy = hamiltonian(start);
    this.sumAcceptProb = 0;
    this.numLeapfrog = 0;
    this.divergent = false;
    this.chosen.beginAt(this.initialEnergy);
  }

  /** @returns the tree depth reached. */
  private doubleUntilDone(tuning: Tuning, stream: RandomStream): number {
    const extension = this.tree(0);
    let treeDepth = 0;
    while (treeDepth < this.maxTreeDepth) {
      const forward = stream.uniform() < 0.5;
      // Points of a subtree that turned or diverged can never be chosen: the reverse trajectory would not reach them.
      if (!this.grow(treeDepth, forward, tuning, stream)) break;
      treeDepth++;
      this.choose(stream);
      if (this.extend(extension, forward)) break;
    }
    return treeDepth;
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
    const { candidate, initialEnergy } = this;
    const { pool, whole } = this.workspace;
    const stepSize = forward ? tuning.stepSize : -tuning.stepSize;
    const numLeaves = 2 ** depth;
    let edge = forward ? whole.last : whole.first;
    let complete = 0;
    candidate.clear();
    for (let leaf = 0; leaf < numLeaves; leaf++) {
      const point = pool.take();
      this.step(edge, stepSize, point, tuning.metric);
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

  /** A leapfrog step: that of `integrator.ts`, with loops in WebAssembly wherever there are any. */
  private step(from: PlacedPoint, stepSize: number, to: PlacedPoint, metric: Metric): void {
    const { memory, massAddress, dimension } = this.workspace;
    const { kernels, size, scalars } = memory;
    scalars[0] = stepSize;
    if (this.loops === 'diagonal') {
      kernels.kickAndDrift(massAddress, from.address, to.address, size);
      to.logDensity = this.density.evaluate(to.position, to.gradient);
      kernels.kick(massAddress, to.address, size);
    } else if (this.loops === 'dense') {
      kernels.denseKickAndDrift(massAddress, from.address, to.address, size, dimension);
      to.logDensity = this.density.evaluate(to.position, to.gradient);
      kernels.denseKick(massAddress, to.address, size, dimension);
    } else {
      leapfrog(this.density, metric, from, stepSize, to);
      return;
    }
    to.kineticEnergy = scalars[1] ?? 0;
  }

  /** Appends `next` to `tree`, within a subtree that is still growing. @returns whether the joined tree turns. */
  private join(tree: Tree, next: Tree): boolean {
    const { first, last } = tree;
    const { pool } = this.workspace;
    const turns = this.turnsAcross(first, last, tree, next);
    if (last !== first) pool.release(last);
    if (next.first !== next.last) pool.release(next.first);
    tree.last = next.last;
    return turns;
  }

  /** Extends the whole trajectory by a subtree as large as itself. @returns whether the result turns. */
  private extend(extension: Tree, forward: boolean): boolean {
    const { whole, pool, start } = this.workspace;
    const far = forward ? whole.first : whole.last;
    const near = forward ? whole.last : whole.first;
    const turns = this.turnsAcross(far, near, whole, extension);
    if (near !== far && near !== start) pool.release(near);
    if (extension.first !== extension.last) pool.release(extension.first);
    if (forward) whole.last = extension.last;
    else whole.first = extension.last;
    return turns;
  }

  /**
   * Whether the trajectory joined from the neighbouring trees A and B, of the same size, makes a U-turn. Their sums of
   * momenta are added into A's.
   *
   * With ρ the sum of the momenta along a piece, the piece turns when ρ·M⁻¹p ≤ 0 at either of its ends (Betancourt 2017,
   * A.4.2: the criterion of Hoffman and Gelman with ρ in place of the difference of the end points). It is applied to the
   * whole of A and B, and, since a turn at the seam can hide from both halves and from the whole, also to A with the
   * first point of B and to B with the last point of A, as Stan does since 2.21. NaN counts as a turn.
   *
   *     farA ---- A ---- nearA | nearB ---- B ---- farB
   *
   * The criterion is the same in both directions of time, so A may be the earlier piece or the later. Two single points
   * are a piece, and are all three pieces at once.
   */
  private turnsAcross(farA: PlacedPoint, nearA: PlacedPoint, a: Tree, b: Tree): boolean {
    const { kernels, size } = this.workspace.memory;
    const { first, last, momentumSum } = b;
    if (first === last) return kernels.pairTurns(farA.address, last.address, a.momentumSum, size) !== 0;
    const turns = kernels.turns(
      farA.address, nearA.address, a.momentumSum, first.address, last.address, momentumSum, a.momentumSum, size,
    );
    return turns !== 0;
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
    return this.workspace.forest[index] as Tree;
  }
}

/** Makes `tree` the tree of the single point `point`. */
function plant(tree: Tree, point: PlacedPoint): void {
  tree.first = point;
  tree.last = point;
}
