/** @file What guides are to a Bayesian network. */
import { guides } from '@tychejs/ppl';

/** A guide: samples the same sites as its model. What it returns is up to it. */
export type Guide = () => unknown;

/** What a guide knows of the network that it is made for. */
export interface GuideContext {
  /** Where sites begin: the weights at those of the network. */
  readonly initLoc: guides.InitLoc;
  /** Begins the names of the guide's parameters, so that they differ from those of the network's other guide. */
  readonly prefix: string;
}

/**
 * Makes a guide for `model`, which samples the weights (or the unknowns of the likelihood) under their names and takes no
 * arguments: `(model) => new guides.AutoLowRankMultivariateNormal(model, { rank: 10 })`.
 */
export type GuideBuilder<G extends Guide = Guide> = (model: () => unknown, context: GuideContext) => G;

/** A class of automatic guides of `@tychejs/ppl`, such as `guides.AutoDelta`. */
export type GuideClass<G extends Guide = Guide> = new (model: () => unknown, options: GuideContext) => G;

/** The guide that `builder` makes; a class is given the context as its options. */
export function buildGuide<G extends Guide>(
  where: string,
  builder: GuideBuilder<G> | GuideClass<G>,
  model: () => unknown,
  context: GuideContext,
): G {
  if (typeof builder !== 'function') {
    throw new TypeError(`${where}: must be a function that makes a guide, such as guides.autoNormal(), or a class such as AutoDelta; got ${typeof builder}`);
  }
  const guide = isClass(builder) ? new builder(model, context) : builder(model, context);
  if (typeof guide !== 'function') throw new TypeError(`${where}: was to make a guide, which is a function, but made ${typeof guide}`);
  if (guide instanceof guides.AutoLaplaceApproximation) refuseLaplace(where, guide);
  return guide;
}

/** The guide's model is the prior alone, without the data: so would be the approximation. */
function refuseLaplace(where: string, guide: object): void {
  const value = (): Promise<never> =>
    Promise.reject(
      new Error(
        `${where}: the guide of a network knows the prior of the weights, but not the data, and so does its Laplace approximation; ` +
          'LaplaceBNN makes that of the posterior',
      ),
    );
  Object.defineProperty(guide, 'laplaceApproximation', { value, configurable: true });
}

function isClass<G extends Guide>(builder: GuideBuilder<G> | GuideClass<G>): builder is GuideClass<G> {
  return builder.prototype instanceof guides.AutoGuide;
}
