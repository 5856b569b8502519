/** @file A guide of its own for some layers. */
import * as tf from '@tensorflow/tfjs-core';
import { guides, handlers } from '@tychejs/ppl';
import { autoNormal } from './autoNormal.ts';
import type { GuideBuilder, GuideClass, GuideContext } from './guide.ts';
import { buildGuide } from './guide.ts';

const WHERE = 'guides.byLayer';

/**
 * A guide for each of the layers that are named, and one for all others: independent of one another, each with the correlations
 * that it knows. Mean-field, but for the last layer, whose weights may all depend on each other:
 *
 * ```ts
 * guides.byLayer({ logits: AutoMultivariateNormal })
 * ```
 *
 * (If the other layers are to have no distribution at all, let the prior hide them: `{ exposeLayers: ['logits'] }`.) It makes an
 * `AutoGuideList` of `@tychejs/ppl`, with its methods; parameters are called `guide.LAYER.*` and `guide.others.*`. (Where a layer that
 * is named stands between others, the ELBO with closed-form divergences warns of the order of sites. The parts are independent, so
 * that it is right all the same; `closedFormKl: false` does without.)
 *
 * @param layers - guides, as the network's `guide` option takes them, by the layers' paths; a nested model's path stands for all
 * layers inside, unless one of those is named itself.
 * @param others - for the layers that are not named; `guides.autoNormal()` by default.
 * @throws TypeError for what makes no guide; Error, when the network is made, for a layer without sampled weights.
 */
export function byLayer(
  layers: Readonly<Record<string, GuideBuilder | GuideClass>>,
  others: GuideBuilder | GuideClass = autoNormal(),
): GuideBuilder<guides.AutoGuideList<[]>> {
  return (model, context) => {
    const list = new guides.AutoGuideList<[]>(model);
    for (const [layer, names] of sitesByLayer(model, Object.keys(layers))) {
      const part = handlers.block(model, { expose: names });
      const own: GuideContext = { ...context, prefix: `${context.prefix}.${layer ?? 'others'}` };
      list.append(buildGuide(WHERE, layer === null ? others : (layers[layer] ?? others), part, own));
    }
    return list;
  };
}

/** The sites of each layer, `null` for those of no layer that is named, in the order in which the model comes to them. */
function sitesByLayer(model: () => unknown, layers: readonly string[]): Map<string | null, string[]> {
  const names = tf.tidy(() => handlers.trace(model).getTrace().stochasticSites().map(({ name }) => name) as never) as string[];
  const groups = new Map<string | null, string[]>();
  for (const name of names) {
    const owners = layers.filter((layer) => name.startsWith(`${layer}.`));
    const owner = owners.toSorted((a, b) => b.length - a.length)[0] ?? null;
    groups.set(owner, [...(groups.get(owner) ?? []), name]);
  }
  const idle = layers.find((layer) => !groups.has(layer));
  if (idle !== undefined) throw new Error(`${WHERE}: no weight of layer "${idle}" is sampled; sampled are ${names.join(', ')}`);
  return groups;
}
