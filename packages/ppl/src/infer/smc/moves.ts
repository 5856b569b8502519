/** @file Moving particles by HMC so that resampled copies part. */
import type { RandomStream } from '../../random/stream.ts';
import { copyPoint } from '../mcmc/hamiltonian.ts';
import { hmcTransitions } from '../mcmc/hmc.ts';
import type { TransitionKernel } from '../mcmc/kernel.ts';
import { createPoint, type EvaluatedPoint, type LogDensity } from '../mcmc/logDensity.ts';
import type { Metric } from '../mcmc/metric.ts';
import type { SmcSettings } from './smcOptions.ts';

/** How the transitions at one temperature went. */
export interface Moves {
  readonly acceptProb: number;
  readonly stepSize: number;
  readonly numMoves: number;
  readonly correlation: number;
}

/** Particles have forgotten enough where this is left of the correlation with where they began. */
const FORGOTTEN = 0.2;
const MOST_MOVES = 20;

/** Makes transitions, and learns a step size on the way from one temperature to the next. */
export class Mover {
  private readonly settings: SmcSettings;
  private readonly kernel: TransitionKernel;
  private readonly scratch: EvaluatedPoint;
  private readonly breathe: () => Promise<void>;
  private stepSize: number;

  /**
   * @param density - at whatever temperature it has.
   * @param breathe - called after each transition.
   */
  constructor(density: LogDensity, settings: SmcSettings, breathe: () => Promise<void>) {
    this.settings = settings;
    this.kernel = hmcTransitions(density, { trajectoryLength: settings.trajectoryLength });
    this.scratch = createPoint(density.dimension);
    this.breathe = breathe;
    // The scaling of HMC with dimension, for a Gaussian of unit variance (Beskos et al. 2013).
    this.stepSize = density.dimension ** -0.25;
  }

  /** Moves all particles, in place. */
  async move(positions: readonly Float64Array[], metric: Metric, stream: RandomStream): Promise<Moves> {
    const { kernel, scratch, settings } = this;
    const particles = positions.map((position) => kernel.init(position));
    const streams = positions.map((_, i) => stream.fold(i));
    const most = settings.numMoves ?? MOST_MOVES;
    let moves: Moves | null = null;
    for (let numMoves = 1; numMoves <= most; numMoves++) {
      const { stepSize } = this;
      let sum = 0;
      for (const [i, particle] of particles.entries()) {
        sum += kernel.step(particle, { stepSize, metric }, streams[i] as RandomStream, scratch).acceptProb;
        copyPoint(scratch, particle);
        await this.breathe();
      }
      const acceptProb = sum / particles.length;
      this.stepSize *= Math.exp(acceptProb - settings.targetAcceptProb);
      moves = { acceptProb, stepSize, numMoves, correlation: correlation(positions, particles) };
      if (settings.numMoves === undefined && moves.correlation < FORGOTTEN) break;
    }
    particles.forEach(({ position }, i) => positions[i]?.set(position));
    return moves as Moves;
  }
}

/** The mean over coordinates of |correlation| between positions before and after; 1 where nothing varies. */
function correlation(before: readonly Float64Array[], after: readonly EvaluatedPoint[]): number {
  const n = before.length;
  const dimension = before[0]?.length ?? 0;
  let total = 0;
  for (let i = 0; i < dimension; i++) {
    let [mx, my, sxx, syy, sxy] = [0, 0, 0, 0, 0];
    for (let j = 0; j < n; j++) {
      const x = before[j]?.[i] ?? 0;
      const y = after[j]?.position[i] ?? 0;
      const [dx, dy] = [x - mx, y - my];
      mx += dx / (j + 1);
      my += dy / (j + 1);
      sxx += dx * (x - mx);
      syy += dy * (y - my);
      sxy += dx * (y - my);
    }
    total += sxx > 0 && syy > 0 ? Math.abs(sxy) / Math.sqrt(sxx * syy) : 1;
  }
  return total / dimension;
}
