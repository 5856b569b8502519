/** @file Whether a guide fits its model. */
import type { PlateSite, SampleSite, Site } from '../../runtime/site.ts';
import { SiteError } from '../../runtime/siteError.ts';
import type { Trace } from '../../runtime/trace.ts';
import { closest } from '../../util/options.ts';

/**
 * @throws Error when a latent site of the model is missing from the guide, or a site of the guide has no counterpart in the
 * model and is not auxiliary; SiteError when they subsample differently.
 */
export function checkAgreement(model: Trace, guide: Trace): void {
  const missing: string[] = [];
  const extra: string[] = [];
  for (const site of model.nodes.values()) {
    const counterpart = guide.nodes.get(site.name);
    if (site.type === 'plate' && counterpart?.type === 'plate') checkElements(site, counterpart);
    if (!isLatent(site)) continue;
    if (!isLatent(counterpart)) missing.push(site.name);
    else checkSubsampling(site, counterpart);
  }
  for (const site of guide.nodes.values()) {
    if (!isLatent(site)) continue;
    if (isLatent(model.nodes.get(site.name)) === (site.infer.isAuxiliary === true)) extra.push(site.name);
  }
  if (missing.length > 0) throw missingFromGuide(missing, extra, guide);
  if (extra.length > 0) throw notOfTheModel(extra, model);
}

function isLatent(site: Site | undefined): site is SampleSite {
  return site?.type === 'sample' && !site.isObserved;
}

function missingFromGuide(names: readonly string[], extra: readonly string[], guide: Trace): Error {
  const close = closest(names[0] ?? '', extra);
  const known = guide.stochasticSites().map((site) => site.name);
  const hint = close === null ? `It samples ${list(known)}.` : `It samples "${close}": is that ${list(names)} misspelt?`;
  return new Error(
    `the model samples ${list(names)}, but the guide does not. ${hint} Sample ${them(names)} in the guide, observe ` +
      `${them(names)} in the model, or use one of the guides of \`guides\`, such as AutoNormal.`,
  );
}

function notOfTheModel(names: readonly string[], model: Trace): Error {
  const known = model.stochasticSites().map((site) => site.name);
  const observed = names.filter((name) => model.nodes.get(name)?.type === 'sample' && !known.includes(name));
  if (observed.length > 0) {
    return new Error(`the guide samples ${list(observed)}, which the model observes; leave ${them(observed)} out of the guide.`);
  }
  const shared = names.filter((name) => known.includes(name));
  if (shared.length > 0) {
    return new Error(`the guide marks ${list(shared)} as auxiliary, but the model samples ${them(shared)} too; leave isAuxiliary out.`);
  }
  return new Error(
    `the guide samples ${list(names)}, but the model has no such site; it samples ${list(known)}. If ${them(names)} only ` +
      'serves the guide, mark it: sample(name, distribution, { infer: { isAuxiliary: true } }).',
  );
}

/** Scales that differ between a site's two halves would weigh its prior and its entropy differently. */
function checkSubsampling(inModel: SampleSite, inGuide: SampleSite): void {
  const plates = subsampled(inModel);
  const guidePlates = subsampled(inGuide);
  if (plates.length === 0 && guidePlates.length === 0) return;
  if (plates.join() === guidePlates.join()) return;
  throw new SiteError(
    inModel,
    `in the model it is inside of the subsampled plates ${list(plates)}, in the guide of ${list(guidePlates)}; its log-densities ` +
      'would be scaled differently. Open the same plates, with the same subsampleSize, around it in the guide.',
  );
}

/** A plate of the model takes the elements of the guide's, unless it was given its own. */
function checkElements(inModel: PlateSite, inGuide: PlateSite): void {
  const [elements, guideElements] = [inModel.value, inGuide.value];
  if (elements === guideElements || elements.join() === guideElements.join()) return;
  const some = (indices: Int32Array): string => indices.slice(0, 5).join(', ') + (indices.length > 5 ? ', ...' : '');
  throw new SiteError(
    inModel,
    `the model takes elements ${some(elements)}, but the guide ${some(guideElements)}. Give both the same subsample; an automatic ` +
      'guide takes it from its option `subsample`, a function of the arguments.',
  );
}

function subsampled({ plates }: SampleSite): string[] {
  return plates.filter((frame) => frame.size !== frame.subsampleSize).map((frame) => frame.name).sort();
}

function list(names: readonly string[]): string {
  return names.length === 0 ? 'nothing' : names.map((name) => `"${name}"`).join(', ');
}

function them(names: readonly string[]): string {
  return names.length === 1 ? 'it' : 'them';
}
