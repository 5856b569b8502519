/** @file Sites whose supports depend on each other: values found one by one, in a run of the model. */
import type { Tensor } from '@tensorflow/tfjs-core';
import { SeedHandler } from '../../handlers/seed.ts';
import type { RandomStream } from '../../random/stream.ts';
import { Handler } from '../../runtime/handler.ts';
import { Keeper } from '../../runtime/keeper.ts';
import type { Message } from '../../runtime/message.ts';
import { biject } from '../../transforms/biject.ts';
import { nextTensorId } from '../../util/tensors.ts';
import type { SiteValues } from './autoGuide.ts';
import type { GuideSite } from './guideSite.ts';

/** The last site has its value: there is no need to run the model any further. */
class AllFound extends Error {}

/**
 * Gives latent sites the values that `find` finds for them. Law: it changes nothing else, but that it ends the run when all
 * have been met.
 */
class FollowHandler extends Handler {
  readonly values: SiteValues = {};
  private readonly waiting: Map<string, GuideSite>;
  private readonly find: (site: GuideSite) => Tensor;
  private readonly keeper = new Keeper();
  private readonly firstTensorId = nextTensorId();

  constructor(sites: readonly GuideSite[], find: (site: GuideSite) => Tensor) {
    super();
    this.waiting = new Map(sites.map((site) => [site.name, site]));
    this.find = find;
  }

  override process(message: Message): void {
    if (message.type !== 'sample' || message.value !== null || message.isObserved) return;
    const site = this.waiting.get(message.name);
    if (site === undefined) return;
    this.waiting.delete(message.name);
    const { support } = message.distribution;
    message.value = this.find(site.hasMovingSupport ? { ...site, support, transform: biject(support) } : site);
    this.values[message.name] = message.value;
    // A model may tidy up after itself.
    this.keeper.hold(message.value, this.firstTensorId);
    if (this.waiting.size === 0) throw new AllFound();
  }

  override run<R>(body: () => R): R {
    try {
      return super.run(body);
    } finally {
      this.keeper.release();
    }
  }

  /** The first of the sites that have not been met. */
  get missing(): string | undefined {
    return this.waiting.keys().next().value;
  }
}

/**
 * The values that `valueOf` finds for `sites` in a run of `model`, each with the support that it has in that run, in the order in
 * which the model meets them. The run ends with the last of them.
 *
 * @throws Error when a site is not met.
 */
export function followModel(
  model: () => unknown,
  sites: readonly GuideSite[],
  stream: RandomStream,
  valueOf: (site: GuideSite) => Tensor,
): SiteValues {
  const handler = new FollowHandler(sites, valueOf);
  try {
    handler.run(() => new SeedHandler({ seed: stream }).run(model));
  } catch (error) {
    if (!isAllFound(error)) throw error;
  }
  if (handler.missing === undefined) return handler.values;
  throw new Error(`the model has no latent site "${handler.missing}" any more`);
}

function isAllFound(error: unknown): boolean {
  for (let e = error; e instanceof Error; e = e.cause) if (e instanceof AllFound) return true;
  return false;
}
