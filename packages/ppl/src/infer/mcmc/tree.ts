/** @file Subtrees of a NUTS trajectory: what is kept of a stretch of consecutive points, and how two stretches join. */
import type { RandomStream } from '../../random/stream.ts';
import type { PhasePoint } from './hamiltonian.ts';
import type { EvaluatedPoint } from './logDensity.ts';
import { turnsAcross, type TrajectoryEnd } from './termination.ts';

/** The point chosen to stand for a subtree, and its H. */
export interface Proposal extends EvaluatedPoint {
  energy: number;
}

/**
 * A stretch of 2^k consecutive points of a trajectory. All its arrays are its own: where two subtrees join, they swap
 * arrays instead of copying them.
 */
export interface Tree {
  /** The end where it was begun, */
  first: TrajectoryEnd;
  /** and the end that it was grown to. */
  last: TrajectoryEnd;
  /** ρ, the sum of the momenta of its points. */
  readonly momentumSum: Float64Array;
  /** One of its points, drawn with weights exp(-H). */
  proposal: Proposal;
  /** log Σ exp(H₀ - H) over its points. */
  logWeight: number;
}

/** Room for a tree. Its numbers begin as NaN, not 0: V8 would first take them for integers, and slow down later. */
export function createTree(dimension: number): Tree {
  const array = () => new Float64Array(dimension);
  return {
    first: { momentum: array(), velocity: array() },
    last: { momentum: array(), velocity: array() },
    momentumSum: array(),
    proposal: { position: array(), gradient: array(), logDensity: Number.NaN, energy: Number.NaN },
    logWeight: Number.NaN,
  };
}

/** Makes `tree` the tree of the single point `point`. */
export function setLeaf(tree: Tree, point: PhasePoint, energy: number, logWeight: number): void {
  const { first, last, momentumSum, proposal } = tree;
  const { position, momentum, gradient, velocity } = point;
  const { position: proposedPosition, gradient: proposedGradient } = proposal;
  const { momentum: firstMomentum, velocity: firstVelocity } = first;
  const { momentum: lastMomentum, velocity: lastVelocity } = last;
  for (let i = 0; i < position.length; i++) {
    const p = momentum[i] ?? 0;
    const v = velocity[i] ?? 0;
    firstMomentum[i] = p;
    lastMomentum[i] = p;
    momentumSum[i] = p;
    firstVelocity[i] = v;
    lastVelocity[i] = v;
    proposedPosition[i] = position[i] ?? 0;
    proposedGradient[i] = gradient[i] ?? 0;
  }
  proposal.logDensity = point.logDensity;
  proposal.energy = energy;
  tree.logWeight = logWeight;
}

/**
 * Appends `next` to `tree`, within a subtree that is still growing. The proposal of `next` is taken with probability
 * w_next / (w_tree + w_next): multinomial sampling (Betancourt 2017, A.3.1).
 *
 * @returns whether the joined tree makes a U-turn.
 */
export function append(tree: Tree, next: Tree, stream: RandomStream): boolean {
  const turns = turnsAcross(tree.momentumSum, tree.first, tree.last, next.momentumSum, next.first, next.last);
  const excess = tree.logWeight - next.logWeight;
  const smaller = Math.exp(-Math.abs(excess));
  const probability = (excess > 0 ? smaller : 1) / (1 + smaller);
  if (stream.uniform() < probability) swapProposals(tree, next);
  tree.logWeight = Math.max(tree.logWeight, next.logWeight) + Math.log1p(smaller);
  addTo(tree.momentumSum, next.momentumSum);
  const inner = tree.last;
  tree.last = next.last;
  next.last = inner;
  return turns;
}

/**
 * Extends a whole trajectory by a subtree as large as itself. The proposal of `extension` is taken with probability
 * min(1, w_extension / w_trajectory): biased progressive sampling, which favours the farther points (Betancourt 2017,
 * A.3.2).
 *
 * @param trajectory - from its earliest point, `first`, to its latest, `last`.
 * @param forward - whether `extension` begins after the latest point; else it begins before the earliest.
 * @returns whether the extended trajectory makes a U-turn.
 */
export function extend(trajectory: Tree, extension: Tree, forward: boolean, stream: RandomStream): boolean {
  const { first, last } = trajectory;
  const far = forward ? first : last;
  const near = forward ? last : first;
  const turns = turnsAcross(
    trajectory.momentumSum, far, near,
    extension.momentumSum, extension.first, extension.last,
  );
  const excess = trajectory.logWeight - extension.logWeight;
  if (stream.uniform() < Math.exp(-excess)) swapProposals(trajectory, extension);
  const larger = Math.max(trajectory.logWeight, extension.logWeight);
  trajectory.logWeight = larger + Math.log1p(Math.exp(-Math.abs(excess)));
  addTo(trajectory.momentumSum, extension.momentumSum);
  if (forward) trajectory.last = extension.last;
  else trajectory.first = extension.last;
  extension.last = near;
  return turns;
}

function swapProposals(a: Tree, b: Tree): void {
  const proposal = a.proposal;
  a.proposal = b.proposal;
  b.proposal = proposal;
}

function addTo(sum: Float64Array, term: Float64Array): void {
  for (let i = 0; i < sum.length; i++) sum[i] = (sum[i] ?? 0) + (term[i] ?? 0);
}
