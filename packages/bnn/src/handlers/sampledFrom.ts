/** @file Which distribution a tensor was drawn from. */
import * as tf from '@tensorflow/tfjs-core';
import type { Tensor } from '@tensorflow/tfjs-core';
import type { dist, SampleMessage } from '@tychejs/ppl';

type Distribution = dist.Distribution;

/**
 * Remembers, for the values of sites that were drawn, what they were drawn from. A value that was observed or given is not
 * drawn: so a model that is replayed with its guide's values adds nothing to what the guide has said of them.
 *
 * Handlers further out are found out by the age of their values. (A `substitute` outside that is given arrays makes new
 * tensors of them, which look drawn: give it tensors.)
 */
export class SampledFrom {
  // By the tensor itself, which the collector may take when nobody holds it any more.
  private readonly distributions = new WeakMap<Tensor, Distribution>();
  private readonly asked = new WeakMap<SampleMessage, number>();

  /** To be called when the message passes outwards. */
  process(message: SampleMessage): void {
    if (message.value === null) this.asked.set(message, newestTensorId());
  }

  /** To be called when it passes back. */
  postprocess(message: SampleMessage): void {
    const { value, distribution, isObserved } = message;
    const since = this.asked.get(message);
    if (since === undefined || value === null || isObserved) return;
    // Handlers further out may have given a value that was there before; a draw is made anew.
    if (value.id > since) this.distributions.set(value, distribution);
  }

  /** What `value` was drawn from; `null` if it was not drawn. */
  find(value: Tensor): Distribution | null {
    return this.distributions.get(value) ?? null;
  }
}

function newestTensorId(): number {
  const mark = tf.scalar(0);
  mark.dispose();
  return mark.id;
}
