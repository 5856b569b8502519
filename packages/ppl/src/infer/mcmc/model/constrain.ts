/** @file The handler that gives latent sites the images of unconstrained tensors. */
import * as tf from '@tensorflow/tfjs-core';
import type { Scalar, Tensor } from '@tensorflow/tfjs-core';
import { declareInside } from '../../../constraints/inside.ts';
import { Handler } from '../../../runtime/handler.ts';
import type { Message, SampleMessage } from '../../../runtime/message.ts';
import { biject } from '../../../transforms/biject.ts';
import { format, sameShape } from '../../../util/shape.ts';
import type { LatentSite, LatentSites } from './latentSites.ts';

/** A model's latent sites, or their shapes, differ from one run to another. */
export class ModelChanged extends Error {
  override readonly name: string = 'ModelChanged';

  constructor(problem: string) {
    super(`${problem}; the latent sites of a model for HMC or NUTS, and their shapes, must be the same at every call`);
  }
}

/** Whether `error` is a {@link ModelChanged}, or was caused by one. */
export function isModelChanged(error: unknown): boolean {
  for (let e = error; e instanceof Error; e = e.cause) if (e instanceof ModelChanged) return true;
  return false;
}

/**
 * Gives each latent site the image of an unconstrained tensor, through the bijection of the support that the site has in
 * this very run (a support may depend on other sites), and adds up the log volume changes.
 */
export class ConstrainHandler extends Handler {
  /** Sites that are still to be met. */
  private readonly waiting: Map<string, { readonly site: LatentSite; readonly x: Tensor }>;
  private readonly leftToOthers: ReadonlySet<string>;
  private readonly logVolumes: Tensor[] = [];

  /** @param unconstrained - one tensor for each of `sites`. */
  constructor({ sites, leftToOthers }: LatentSites, unconstrained: readonly Tensor[]) {
    super();
    this.leftToOthers = leftToOthers;
    this.waiting = new Map(sites.map((site, i) => [site.name, { site, x: unconstrained[i] as Tensor }]));
  }

  override process(message: Message): void {
    if (message.type !== 'sample' || message.value !== null || this.leftToOthers.has(message.name)) return;
    const entry = this.waiting.get(message.name);
    if (entry === undefined) throw new ModelChanged('was not met, or not latent, when the model was first run');
    this.waiting.delete(message.name);
    const { site, x } = entry;
    checkShape(message, site);
    const { support } = message.distribution;
    const transform = biject(support);
    message.value = transform.forward(x);
    declareInside(message.value, support);
    if (transform.name !== 'identity') this.logVolumes.push(tf.sum(transform.logAbsDetJacobian(x, message.value)));
  }

  /** log |d constrained / d unconstrained|, over all sites. @throws ModelChanged when a site was not met. */
  finish(): Scalar {
    const [missing] = this.waiting.keys();
    if (missing !== undefined) throw new ModelChanged(`site "${missing}" was met when the model was first run, and is not now`);
    return (this.logVolumes.length === 0 ? tf.scalar(0) : tf.addN(this.logVolumes)) as Scalar;
  }
}

function checkShape({ distribution }: SampleMessage, site: LatentSite): void {
  const shape = [...distribution.batchShape, ...distribution.eventShape];
  if (sameShape(shape, site.shape)) return;
  throw new ModelChanged(`its shape is ${format(shape)}, and was ${format(site.shape)} when the model was first run`);
}
