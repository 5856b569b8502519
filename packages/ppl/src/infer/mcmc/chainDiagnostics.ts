/** @file How well the chains did, and what to say when they did not. */
import { eBfmi } from './diagnostics/energy.ts';
import { mean } from './diagnostics/moments.ts';
import type { ChainDraws } from './draws.ts';
import type { InverseMassMatrix } from './metric.ts';
import type { Summary } from './summary.ts';

/** Of one chain; transitions are those after warm-up, unless the name says otherwise. */
export interface ChainDiagnostics {
  /** Which chain, from 0: one that failed is not here. */
  readonly chain: number;
  /** Divergent transitions. */
  readonly divergences: number;
  /** Mean tree depth (0 for HMC). */
  readonly treeDepth: number;
  /** Transitions that reached the greatest tree depth allowed (0 for HMC). */
  readonly treeDepthSaturated: number;
  /** Mean acceptance statistic. */
  readonly acceptProb: number;
  /** What warm-up settled on: */
  readonly stepSize: number;
  readonly inverseMassMatrix: InverseMassMatrix;
  readonly eBfmi: number;
  /** Gradient evaluations, all transitions together. */
  readonly numLeapfrog: number;
  readonly warmupLeapfrog: number;
  readonly warmupDivergences: number;
  /** Time in transitions, warm-up included; */
  readonly wallSeconds: number;
  /** in warm-up alone. */
  readonly warmupSeconds: number;
}

/** @param maxTreeDepth - undefined for kernels without trees. */
export function diagnoseChain(
  chain: number,
  draws: ChainDraws,
  adapted: { readonly stepSize: number; readonly inverseMassMatrix: InverseMassMatrix },
  maxTreeDepth: number | undefined,
): ChainDiagnostics {
  const { divergent, treeDepth, acceptProb, energy, numLeapfrog } = draws.statistics;
  return {
    chain,
    divergences: sum(divergent),
    treeDepth: mean(treeDepth),
    treeDepthSaturated: treeDepth.filter((depth) => depth === maxTreeDepth).length,
    acceptProb: mean(acceptProb),
    stepSize: adapted.stepSize,
    inverseMassMatrix: adapted.inverseMassMatrix,
    eBfmi: eBfmi(energy),
    numLeapfrog: sum(numLeapfrog),
    warmupLeapfrog: draws.warmupLeapfrog,
    warmupDivergences: draws.warmupDivergences,
    wallSeconds: draws.warmupSeconds + draws.sampleSeconds,
    warmupSeconds: draws.warmupSeconds,
  };
}

const MAX_R_HAT = 1.01; // Vehtari et al. (2021)
const MIN_ESS_PER_CHAIN = 100; // Vehtari et al. (2021)
const MIN_E_BFMI = 0.3; // Stan

/** Reasons not to trust a run, each with what to do about it; empty when there are none. */
export function describeProblems(diagnostics: readonly ChainDiagnostics[], summary: Summary): string[] {
  const problems: string[] = [];
  const numChains = diagnostics.length;

  const divergences = diagnostics.reduce((total, chain) => total + chain.divergences, 0);
  if (divergences > 0) {
    problems.push(
      `${divergences} transitions diverged: the posterior has regions that the steps are too coarse for, and draws ` +
        'there are missing. Raise targetAcceptProb (to 0.95, say), or reparameterise.',
    );
  }
  const saturated = diagnostics.reduce((total, chain) => total + chain.treeDepthSaturated, 0);
  if (saturated > 0) {
    problems.push(
      `${saturated} transitions reached maxTreeDepth: they were cut short, which costs efficiency, not correctness. ` +
        "Rescale the parameters, try massMatrix 'dense', or raise maxTreeDepth.",
    );
  }
  const slow = diagnostics.flatMap(({ eBfmi: fraction, chain }) =>
    fraction < MIN_E_BFMI ? [`${fraction.toFixed(2)} for chain ${chain}`] : [],
  );
  if (slow.length > 0) {
    problems.push(
      `E-BFMI is below ${MIN_E_BFMI} (${slow.join(', ')}): heavy tails are explored slowly. Reparameterise, or draw ` +
        'more samples.',
    );
  }
  const entries = Object.entries(summary);
  const apart = entries
    .filter(([, row]) => row.rHat > MAX_R_HAT)
    .sort(([, a], [, b]) => b.rHat - a.rHat)
    .map(([name, row]) => `${name} (${row.rHat.toFixed(3)})`);
  if (apart.length > 0) {
    problems.push(
      `R-hat is above ${MAX_R_HAT} for ${list(apart)}: the chains have not mixed. Run longer; if that does not help, ` +
        'look for several modes or an unidentified parameter.',
    );
  }
  const lowest = MIN_ESS_PER_CHAIN * numChains;
  const few = entries
    .map(([name, row]) => [name, Math.min(row.essBulk, row.essTail)] as const)
    .filter(([, ess]) => ess < lowest)
    .sort(([, a], [, b]) => a - b)
    .map(([name, ess]) => `${name} (${ess.toFixed(0)})`);
  if (few.length > 0) {
    problems.push(
      `the effective sample size is below ${lowest} for ${list(few)}: estimates and their errors are unreliable. Draw ` +
        'more samples.',
    );
  }
  return problems;
}

function sum(values: Float64Array): number {
  return values.reduce((total, value) => total + value, 0);
}

function list(items: readonly string[]): string {
  const shown = items.slice(0, 5).join(', ');
  return items.length > 5 ? `${shown} and ${items.length - 5} more` : shown;
}
