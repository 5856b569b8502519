/** @file Finding where a NaN or an infinity comes from. */
import type { Tensor } from '@tensorflow/tfjs-core';
import * as tf from '@tensorflow/tfjs-core';
import { canReadSynchronously } from '../../distributions/parameter.ts';
import { Handler } from '../../runtime/handler.ts';
import type { Message, SampleMessage } from '../../runtime/message.ts';
import { SiteError } from '../../runtime/siteError.ts';
import { scaleAndMask, siteLogDensity } from '../../runtime/siteLogProb.ts';
import type { SampleSite } from '../../runtime/site.ts';
import { currentStack, scopesOf } from '../../runtime/stack.ts';
import { format } from '../../util/shape.ts';

/** Throws at the first parameter whose value, or site whose log-density, is not finite. Law: else it changes nothing. */
export class FiniteCheck extends Handler {
  override postprocess(message: Message): void {
    if (!canReadSynchronously()) return;
    if (message.type === 'param' && message.value !== null) {
      const found = firstNonFinite(message.value);
      if (found !== null) throw new SiteError(message, `its value is ${found}`);
    } else if (message.type === 'sample' && message.value !== null) {
      checkDensity(message, message.value);
    }
  }
}

function checkDensity(message: SampleMessage, value: Tensor): void {
  const { type, name, distribution, mask } = message;
  const density = tf.tidy(() => scaleAndMask(siteLogDensity({ type, name, distribution, value, mask }), 1, mask));
  const found = firstNonFinite(density);
  density.dispose();
  if (found === null) return;
  const badValue = firstNonFinite(value);
  const kind = message.isObserved ? 'observed value' : 'value';
  const why = badValue === null ? `at its ${kind}` : `and its ${kind} is ${badValue}`;
  throw new SiteError(message, `its log-density under ${distribution.name} is ${found}, ${why}`);
}

/**
 * Where {@link FiniteCheck} is in force, looks at a divergence that stands for the log-densities of a site.
 *
 * @param divergence - before scale and mask.
 * @throws SiteError when it is not finite where the site's mask holds.
 */
export function checkDivergence(posterior: SampleSite, prior: SampleSite, divergence: Tensor): void {
  const isOn = [...scopesOf(currentStack())].some(({ handler }) => handler instanceof FiniteCheck);
  if (!isOn || !canReadSynchronously()) return;
  const found = firstNonFinite(scaleAndMask(divergence, 1, posterior.mask));
  if (found === null) return;
  const [q, p] = [posterior.distribution.name, prior.distribution.name];
  throw new SiteError(prior, `the divergence of its posterior, ${q}, from its prior, ${p}, is ${found}`);
}

/** As in `NaN at element 3 of a tensor of shape [2, 4]`. */
function firstNonFinite(x: Tensor): string | null {
  const values: ArrayLike<number> = x.dataSync();
  for (let i = 0; i < values.length; i++) {
    const value = values[i] as number;
    if (Number.isFinite(value)) continue;
    return x.rank === 0 ? String(value) : `${value} at element ${i} of a tensor of shape ${format(x.shape)}`;
  }
  return null;
}
