/** @file Trajectories of a fixed number of steps: the original hybrid Monte Carlo. */
import type { RandomStream } from '../../random/stream.ts';
import {
  copyPhasePoint,
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

/**
 * Runs a fixed number of leapfrog steps and accepts the end point with Metropolis's probability min(1, exp(H₀ - H)).
 *
 * It holds the working memory of one chain; a transition leaves nothing there that the next one reads.
 *
 * Sources: Duane, Kennedy, Pendleton, Roweth, "Hybrid Monte Carlo" (1987); Neal, "MCMC using Hamiltonian dynamics"
 * (2011), section 5.3.2.
 */
export class StaticTrajectory {
  private readonly density: LogDensity;
  private readonly end: PhasePoint;

  constructor(density: LogDensity) {
    this.density = density;
    this.end = createPhasePoint(density.dimension);
  }

  /** One transition from `start`, whose momentum and velocity have just been drawn, to `to`. */
  sample(
    start: PhasePoint,
    numSteps: number,
    tuning: Tuning,
    stream: RandomStream,
    to: EvaluatedPoint,
  ): TransitionInfo {
    const { density, end } = this;
    copyPhasePoint(start, end);
    let numLeapfrog = 0;
    // Past a point without a finite density the end would never be accepted; nor would the way back from it be.
    while (numLeapfrog < numSteps && Number.isFinite(end.logDensity)) {
      leapfrog(density, tuning.metric, end, tuning.stepSize);
      numLeapfrog++;
    }
    const initialEnergy = hamiltonian(start);
    const endEnergy = numLeapfrog === numSteps ? energyReached(end) : Number.POSITIVE_INFINITY;
    const logRatio = initialEnergy - endEnergy;
    const acceptProb = Math.min(1, Math.exp(logRatio));
    const accepted = stream.uniform() < acceptProb;
    copyPoint(accepted ? end : start, to);
    return {
      acceptProb,
      energy: accepted ? endEnergy : initialEnergy,
      divergent: !(-logRatio <= MAX_ENERGY_ERROR),
      treeDepth: 0,
      numLeapfrog,
    };
  }
}
