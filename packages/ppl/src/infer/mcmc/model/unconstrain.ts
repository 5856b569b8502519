/** @file The handlers that carry latent sites to unconstrained space and back. */
import * as tf from '@tensorflow/tfjs-core';
import type { Scalar, Tensor } from '@tensorflow/tfjs-core';
import { Handler } from '../../../runtime/handler.ts';
import type { Message } from '../../../runtime/message.ts';
import { biject } from '../../../transforms/biject.ts';
import { checkInitialValue } from '../../initialisation/initHandler.ts';

/**
 * Gives each latent site the image of an unconstrained tensor, through the bijection of the support that the site has in
 * this very run (a support may depend on other sites), and adds up the log volume changes.
 */
export class ConstrainHandler extends Handler {
  private readonly unconstrained: ReadonlyMap<string, Tensor>;
  private readonly logVolumes: Tensor[] = [];

  constructor(unconstrained: ReadonlyMap<string, Tensor>) {
    super();
    this.unconstrained = unconstrained;
  }

  override process(message: Message): void {
    if (message.type !== 'sample' || message.value !== null) return;
    const x = this.unconstrained.get(message.name);
    if (x === undefined) {
      throw new Error('was not met when the model was first run; the sites of a model for HMC or NUTS must not depend on values');
    }
    const transform = biject(message.distribution.support);
    message.value = transform.forward(x);
    if (transform.name !== 'identity') this.logVolumes.push(tf.sum(transform.logAbsDetJacobian(x, message.value)));
  }

  /** log |d constrained / d unconstrained|, over all sites met so far. */
  logVolume(): Scalar {
    return (this.logVolumes.length === 0 ? tf.scalar(0) : tf.addN(this.logVolumes)) as Scalar;
  }
}

/** Gives latent sites their constrained values and collects the unconstrained ones. */
export class UnconstrainHandler extends Handler {
  readonly unconstrained: Map<string, Tensor> = new Map();
  private readonly given: (message: Message & { readonly type: 'sample' }) => Tensor;

  constructor(given: (message: Message & { readonly type: 'sample' }) => Tensor) {
    super();
    this.given = given;
  }

  override process(message: Message): void {
    if (message.type !== 'sample' || message.value !== null) return;
    const value = this.given(message);
    checkInitialValue(message, value);
    message.value = value;
    this.unconstrained.set(message.name, biject(message.distribution.support).inverse(value));
  }
}
