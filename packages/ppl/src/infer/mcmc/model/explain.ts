/** @file What to tell a user of a point of unconstrained space: where it lies, and what is wrong there. */
import * as tf from '@tensorflow/tfjs-core';
import type { Trace } from '../../../runtime/trace.ts';
import { format } from '../../../util/shape.ts';
import type { LatentSite } from './latentSites.ts';
import type { ModelRun } from './modelRun.ts';

/**
 * Why the density is not finite at `q`: the first site that refuses its parameters or its value, or whose log-density
 * is not finite; `null` if there is none.
 */
export function explain(run: ModelRun, q: Float64Array): string | null {
  try {
    return run.tidily(true, () => {
      const { trace } = run.trace(run.split(q));
      return explainTrace(trace);
    });
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
}

/** Why a trace has no finite density, by the first site whose own is not; null if there is none. @throws SiteError by checks. */
export function explainTrace(trace: Trace): string | null {
  for (const { name, logProb, value } of trace.sampleSites()) {
    const total = tf.sum(logProb).dataSync()[0] ?? NaN;
    if (Number.isFinite(total)) continue;
    const shape = value.size === 0 ? '' : ` (value of shape ${format(value.shape)})`;
    return `site "${name}": its log-density is ${total}${shape}`;
  }
  return null;
}

/** Which site, and which element of it, a coordinate belongs to: `theta[3]`. */
export function describeCoordinate(sites: readonly LatentSite[], index: number): string {
  const site = sites.find(({ offset, size }) => index >= offset && index < offset + size);
  if (site === undefined) return `coordinate ${index}`;
  if (site.unconstrainedShape.length === 0) return site.name;
  let rest = index - site.offset;
  const position: number[] = [];
  for (const size of site.unconstrainedShape.toReversed()) {
    position.unshift(rest % size);
    rest = Math.floor(rest / size);
  }
  return `${site.name}[${position.join(',')}]`;
}
