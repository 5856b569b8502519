/** @file Bounds on the evidence that several draws together make tighter. */
import type { ImportanceBoundOptions } from './importanceBound.ts';
import { ImportanceBound } from './importanceBound.ts';

export interface RenyiElboOptions extends ImportanceBoundOptions {
  /** The order of the divergence, 0 by default: any number but 1. */
  readonly alpha?: number;
}

/**
 * Rényi's bound of order α, from K draws of the guide: log (1/K Σ w^(1-α)) / (1 - α), with weights w = p(x, z) / q(z).
 *
 * With α = 0 it is the importance-weighted bound ({@link IWAE}), which rises to the evidence with the number of particles;
 * towards α = 1, or with one particle, it is the ELBO; 0 < α < 1 lies between. Negative α gives estimates from above, as K
 * grows.
 *
 * Where all sites of model and guide stand in the same plates, each element of these has weights of its own, and the bounds of
 * the elements add up, scaled if the plates subsample: a tighter bound. Otherwise weights are those of the whole model; what
 * then comes from a subsample of data is no bound, since a logarithm of estimates is not right in the mean. A scale that
 * handlers set is part of the weights, as powers.
 *
 * Draws that are not reparameterised take the score function, whose reward is the bound less that of the other particles.
 *
 * Source: Li and Turner, "Rényi divergence variational inference" (NeurIPS 2016); Burda, Grosse and Salakhutdinov,
 * "Importance weighted autoencoders" (ICLR 2016); Mnih and Rezende, "Variational inference for Monte Carlo objectives"
 * (ICML 2016).
 */
export class RenyiELBO extends ImportanceBound {
  /** @throws TypeError or RangeError for options that are unknown or out of range, such as alpha = 1. */
  constructor(options: RenyiElboOptions = {}) {
    const { alpha = 0 } = options;
    super('infer.RenyiELBO', alpha, options, ['alpha']);
    checkAlpha(alpha);
  }
}

/** The importance-weighted bound, that is {@link RenyiELBO} of order 0. */
export class IWAE extends ImportanceBound {
  /** @throws TypeError or RangeError for options that are unknown or out of range. */
  constructor(options: ImportanceBoundOptions = {}) {
    super('infer.IWAE', 0, options);
  }
}

function checkAlpha(alpha: number): void {
  if (alpha === 1) {
    throw new RangeError('infer.RenyiELBO: alpha = 1 is the ELBO itself; use infer.TraceELBO, or a number near 1 such as 0.99');
  }
  if (!Number.isFinite(alpha)) throw new RangeError(`infer.RenyiELBO: alpha must be a number other than 1, got ${String(alpha)}`);
}
