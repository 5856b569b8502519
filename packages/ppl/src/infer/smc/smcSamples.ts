/** @file What sequential Monte Carlo gives. */
import type { SampleArray } from '../mcmc/samples.ts';

/** One step from temperature to temperature. */
export interface SmcStage {
  /** From 1. */
  readonly stage: number;
  /** β: the particles now stand for prior · likelihoodᵝ. */
  readonly temperature: number;
  /** What the step left of the particles as an effective sample size, before they were resampled. */
  readonly ess: number;
  /** The logarithm of the mean weight: this step's share in the log evidence. */
  readonly logEvidence: number;
  /** Mean acceptance probability of the last transitions of all particles. */
  readonly acceptProb: number;
  /** The step size of these. */
  readonly stepSize: number;
  /** How many transitions each particle made. */
  readonly numMoves: number;
  /** Between where particles were resampled and where they are now: over all coordinates, or of the log density if that is larger. */
  readonly correlation: number;
}

/** Draws from a posterior, and how they were got. */
export interface SmcSamples {
  /** The latent and deterministic sites, of shape `[particle, ...site shape]`; all of equal weight. */
  readonly samples: Readonly<Record<string, SampleArray>>;
  /** log p(observations). */
  readonly logEvidence: number;
  /** Its standard error, on the understanding that at each temperature particles forgot where they came from. */
  readonly logEvidenceSe: number;
  readonly stages: readonly SmcStage[];
  /** The temperatures, from that of the first step to 1. */
  readonly temperatures: readonly number[];
  /** Reasons not to trust the draws, each with a cure; empty for good ones. */
  readonly warnings: readonly string[];
}

const LOW_ACCEPTANCE = 0.4;
const HIGH_CORRELATION = 0.5;
const LARGE_ERROR = 0.5;

/** Reasons not to trust a run. */
export function describeStages(stages: readonly SmcStage[], logEvidenceSe: number): string[] {
  const warnings: string[] = [];
  const stuck = stages.filter(({ acceptProb }) => acceptProb < LOW_ACCEPTANCE);
  if (stuck.length > 0) {
    const lowest = Math.min(...stuck.map(({ acceptProb }) => acceptProb));
    warnings.push(
      `transitions were accepted with probability ${lowest.toFixed(2)} only at ${stuck.length} of ${stages.length} temperatures: ` +
        'the density bends more than the step size allows. Reparameterise the model, or raise numMoves.',
    );
  }
  const slow = stages.filter(({ correlation }) => correlation > HIGH_CORRELATION);
  if (slow.length > 0) {
    warnings.push(
      `at ${slow.length} of ${stages.length} temperatures particles stayed near where they were resampled: raise numMoves or ` +
        "trajectoryLength, or try massMatrix 'dense'. If the posterior has modes that none can leave, take so many particles that " +
        'their shares do not drift.',
    );
  }
  if (logEvidenceSe > LARGE_ERROR) {
    warnings.push(`the log evidence has a standard error of ${logEvidenceSe.toFixed(2)}: take more particles.`);
  }
  return warnings;
}
