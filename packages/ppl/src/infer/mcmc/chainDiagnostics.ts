/** @file How well a chain did. */
import { eBfmi } from './diagnostics/energy.ts';
import { mean } from './diagnostics/moments.ts';
import type { ChainDraws } from './draws.ts';
import type { InverseMassMatrix } from './metric.ts';

/** Of one chain; transitions are those after warm-up, unless the name says otherwise. */
export interface ChainDiagnostics {
  /** Which chain, from 0: one that failed is not here. */
  readonly chain: number;
  /** Transitions after warm-up. */
  readonly transitions: number;
  /** Divergent transitions. */
  readonly divergences: number;
  /** Mean tree depth (0 for HMC). */
  readonly treeDepth: number;
  /** Transitions that reached the greatest tree depth allowed (0 for HMC). */
  readonly treeDepthSaturated: number;
  /** Mean acceptance statistic. */
  readonly acceptProb: number;
  /** Transitions that ended where they began. */
  readonly unmoved: number;
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
  const { divergent, treeDepth, acceptProb, energy, numLeapfrog, logDensity } = draws.statistics;
  return {
    chain,
    transitions: draws.count,
    divergences: sum(divergent),
    treeDepth: mean(treeDepth),
    treeDepthSaturated: treeDepth.filter((depth) => depth === maxTreeDepth).length,
    acceptProb: mean(acceptProb),
    unmoved: logDensity.filter((value, i) => value === logDensity[i - 1]).length,
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

function sum(values: Float64Array): number {
  return values.reduce((total, value) => total + value, 0);
}
