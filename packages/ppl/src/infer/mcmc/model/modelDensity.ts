/** @file What both engines make of a model. */
import type { LogDensity } from '../logDensity.ts';
import type { SiteValue } from '../target.ts';

/** log p(latent sites, observations) over unconstrained space, volume changes included, and the way back to the sites. */
export interface ModelDensity extends LogDensity {
  /** The values of all latent and deterministic sites at `q`. */
  constrain(q: Float64Array): Record<string, SiteValue>;
}
