/**
 * @file NUTS as the papers define it: recursive, on lists of points, slow and obvious. The oracle for the fast one.
 *
 * The point of an extension is drawn as its leaves are reached, each instead of the one before with its share of the
 * weight so far; that is the same distribution as drawing between the halves of each subtree.
 */
import { createPhasePoint, copyPhasePoint, hamiltonian, type PhasePoint } from '../../../src/infer/mcmc/hamiltonian.ts';
import { leapfrog } from '../../../src/infer/mcmc/integrator.ts';
import type { Tuning } from '../../../src/infer/mcmc/kernel.ts';
import type { LogDensity } from '../../../src/infer/mcmc/logDensity.ts';
import type { RandomStream } from '../../../src/random/stream.ts';

/** Deliberate bugs, to see whether a test of correctness notices. */
export type Mutation = 'none' | 'uniform subtrees' | 'always progress' | 'keep turned subtrees' | 'only forward';

interface Subtree {
  /** In the order in which they were reached. */
  readonly points: readonly PhasePoint[];
  readonly valid: boolean;
}

/** An extension under way. */
interface Growth {
  /** Σ exp(H₀ - H) over its points so far. */
  weight: number;
  pick: PhasePoint | null;
}

export interface BruteForceResult {
  readonly pick: PhasePoint;
  readonly numLeapfrog: number;
  readonly acceptProb: number;
  readonly treeDepth: number;
  readonly divergent: boolean;
  /** The trajectory that the pick was drawn from, earliest point first. */
  readonly points: readonly PhasePoint[];
}

export function bruteForceNuts(
  density: LogDensity, start: PhasePoint, tuning: Tuning, maxTreeDepth: number, stream: RandomStream,
  mutation: Mutation = 'none',
): BruteForceResult {
  const initialEnergy = hamiltonian(start);
  const acceptProbs: number[] = [];
  let divergent = false;

  function build(depth: number, from: PhasePoint, direction: number, growth: Growth): Subtree {
    if (depth === 0) {
      const point = createPhasePoint(density.dimension);
      copyPhasePoint(from, point);
      leapfrog(density, tuning.metric, point, direction * tuning.stepSize);
      const error = hamiltonian(point) - initialEnergy;
      acceptProbs.push(Math.min(1, Math.exp(-error)));
      if (!(error <= 1000)) divergent = true;
      const valid = error <= 1000;
      const weight = mutation === 'uniform subtrees' ? 1 : Math.exp(-error);
      growth.weight += weight;
      if (valid && (growth.pick === null || stream.uniform() < weight / growth.weight)) growth.pick = point;
      return { points: [point], valid };
    }
    const a = build(depth - 1, from, direction, growth);
    if (!a.valid) return a;
    const b = build(depth - 1, a.points.at(-1)!, direction, growth);
    if (!b.valid) return b;
    const valid = mutation === 'keep turned subtrees' || !turnsAnywhere(a.points, b.points);
    return { points: [...a.points, ...b.points], valid };
  }

  let points: readonly PhasePoint[] = [start];
  let weight = 1;
  let pick = start;
  let treeDepth = 0;
  while (treeDepth < maxTreeDepth) {
    const forward = stream.uniform() < 0.5 || mutation === 'only forward';
    const growth: Growth = { weight: 0, pick: null };
    const extension = build(treeDepth, forward ? points.at(-1)! : points[0]!, forward ? 1 : -1, growth);
    if (!extension.valid) break;
    treeDepth++;
    const ratio = mutation === 'always progress' ? 1 : growth.weight / weight;
    if (stream.uniform() < ratio) pick = growth.pick!;
    const added = forward ? extension.points : extension.points.toReversed();
    const [earlier, later] = forward ? [points, added] : [added, points];
    points = [...earlier, ...later];
    weight += growth.weight;
    if (turnsAnywhere(earlier, later)) break;
  }
  const numLeapfrog = acceptProbs.length;
  const acceptProb = acceptProbs.reduce((sum, x) => sum + x, 0) / numLeapfrog;
  return { pick, numLeapfrog, acceptProb, treeDepth, divergent, points };
}

function turnsAnywhere(a: readonly PhasePoint[], b: readonly PhasePoint[]): boolean {
  return turns([...a, ...b]) || turns([...a, b[0]!]) || turns([a.at(-1)!, ...b]);
}

function turns(points: readonly PhasePoint[]): boolean {
  const rho = points[0]!.momentum.map((_, i) => points.reduce((sum, { momentum }) => sum + momentum[i]!, 0));
  const along = ({ velocity }: PhasePoint) => velocity.reduce((sum, v, i) => sum + v * rho[i]!, 0);
  return !(along(points[0]!) > 0 && along(points.at(-1)!) > 0);
}
