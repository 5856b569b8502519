/** @file What a draw may have influenced. */
import type { SampleSite } from '../../runtime/site.ts';
import type { Particle } from './particle.ts';
import type { Sites } from './scoreFunction.ts';

/**
 * The sites whose log-densities the draw of `site`, which is the guide's, may have influenced: what comes at and after it in
 * the guide, and in the model what comes at and after the first of those.
 *
 * Programs run in order, so that whatever is left out was settled before the draw was made, also where values steer `if`s and
 * loops. Among elements of a plate around `site`, {@link reward} leaves out the other ones.
 *
 * Source: Schulman, Heess, Weber and Abbeel, "Gradient estimation using stochastic computation graphs" (NeurIPS 2015).
 */
export function downstream(site: SampleSite, { guide, model }: Particle): Sites {
  const drawn = from(guide.sampleSites(), (other) => other === site);
  const names = new Set(drawn.map((other) => other.name));
  return { guide: drawn, model: from(model.sampleSites(), (other) => !other.isObserved && names.has(other.name)) };
}

/** The first of `sites` with that property, and all that follow. */
function from(sites: readonly SampleSite[], begins: (site: SampleSite) => boolean): SampleSite[] {
  const start = sites.findIndex(begins);
  return start < 0 ? [] : sites.slice(start);
}
