/** @file Real-valued targets with the same heavy-tailed noise everywhere. */
import type { Tensor } from '@tensorflow/tfjs-core';
import { checkOptions, dist } from '@tychejs/ppl';
import type { CentredPredictions } from './centredLikelihood.ts';
import { CentredLikelihood } from './centredLikelihood.ts';
import type { LatentValues, LikelihoodOptions } from './likelihood.ts';
import { LIKELIHOOD_KEYS } from './likelihood.ts';
import type { NoiseOptions } from './noiseLevel.ts';
import { NOISE_KEYS, Noise } from './noiseLevel.ts';

/** `scale` is not the standard deviation of the noise: that is √(df / (df - 2)) times as large. */
export interface StudentTOptions extends LikelihoodOptions, NoiseOptions {
  /** Degrees of freedom, above 2, so that the noise has a variance; 4 by default. */
  readonly df?: number;
}

const WHERE = 'likelihoods.studentT';

/** What {@link studentT} makes. */
export class StudentTLikelihood extends CentredLikelihood {
  readonly df: number;
  protected override readonly inverseUnitVariance: number;
  private readonly noise: Noise;

  /** @throws TypeError unless exactly one of scale and precision is given; RangeError when it is not positive, or df not above 2. */
  constructor(options: StudentTOptions) {
    checkOptions(WHERE, options, [...LIKELIHOOD_KEYS, 'df', ...NOISE_KEYS]);
    super(WHERE, options, 1);
    const { df = 4 } = options;
    if (!(df > 2 && Number.isFinite(df))) {
      throw new RangeError(`${WHERE}: df must be a finite number above 2, so that the noise has a variance; got ${String(df)}`);
    }
    this.df = df;
    this.inverseUnitVariance = (df - 2) / df;
    this.noise = new Noise(WHERE, options);
  }

  /** The site `likelihood.scale` or `likelihood.precision`, if that is unknown. */
  override sampleLatents(): LatentValues {
    return this.noise.sampleLatents();
  }

  override predictionsFrom(output: Tensor, latents: LatentValues): CentredPredictions {
    return this.predictionsOf(output, this.noise.scaleFrom(latents));
  }

  protected override predictionsOf(mean: Tensor, scale: Tensor): CentredPredictions {
    return { mean, scale, df: this.df };
  }

  protected override elementwise({ mean, scale }: CentredPredictions): dist.Distribution {
    return dist.studentT(this.df, mean, scale);
  }
}

/**
 * y ~ StudentT(df, output, scale), with one scale for all data: a few targets far off count for less than under a Gaussian.
 * Predictions are `{ mean, scale, df }`, and aggregate to the t distribution with the mixture's mean and variance, by the same
 * degrees of freedom; the error is the squared distance.
 *
 * With a distribution for `scale` (or `precision`), the noise is learnt along with the weights, as the site
 * `likelihood.scale` (`likelihood.precision`); with a value and `trainable: true`, as a parameter of that name.
 *
 * @param options - `eventDim` is 1 by default: outputs and targets have shape [batch, units].
 */
export function studentT(options: StudentTOptions): StudentTLikelihood {
  return new StudentTLikelihood(options);
}
