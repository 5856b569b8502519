/** @file A first step size of the right order of magnitude. */
import type { RandomStream } from '../../random/stream.ts';
import { copyPoint, createPhasePoint, energyReached, hamiltonian } from './hamiltonian.ts';
import { leapfrog } from './integrator.ts';
import type { Tuning } from './kernel.ts';
import type { EvaluatedPoint, LogDensity } from './logDensity.ts';

const LOG_ACCEPT_PROB = Math.log(0.8); // from Stan; Hoffman and Gelman have 0.5
const LARGEST = 1e10;

/**
 * Doubles or halves the step size of `tuning` until the acceptance probability of a single leapfrog step from `from`,
 * each with a fresh momentum, crosses 0.8.
 *
 * Source: Hoffman and Gelman (2014), algorithm 4; the threshold is Stan's.
 *
 * @throws Error when no step is too large (the density never falls off), or none is small enough.
 */
export function findReasonableStepSize(
  density: LogDensity,
  from: EvaluatedPoint,
  tuning: Tuning,
  stream: RandomStream,
): number {
  const { metric } = tuning;
  const point = createPhasePoint(density.dimension);
  const acceptable = (stepSize: number): boolean => {
    copyPoint(from, point);
    metric.sampleMomentum(stream, point.momentum);
    metric.velocity(point.momentum, point.velocity);
    const initialEnergy = hamiltonian(point);
    leapfrog(density, metric, point, stepSize);
    return initialEnergy - energyReached(point) > LOG_ACCEPT_PROB;
  };

  let stepSize = tuning.stepSize;
  const growing = acceptable(stepSize);
  while (acceptable(stepSize) === growing) {
    stepSize *= growing ? 2 : 0.5;
    if (stepSize > LARGEST) {
      throw new Error(
        'cannot find a step size: even steps of 1e10 change the log density too little. The posterior is improper, or ' +
          'nearly flat: give proper priors, or rescale the parameters.',
      );
    }
    if (stepSize === 0) {
      throw new Error(
        'cannot find a step size: however small a step, the log density jumps. It is discontinuous, or its gradient is ' +
          'NaN or wrong, or it is not the same at each evaluation: does the model draw random numbers besides its sample ' +
          'sites?',
      );
    }
  }
  return stepSize;
}
