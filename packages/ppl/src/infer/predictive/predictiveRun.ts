/** @file One run of guide and model for predictions, and which of its sites are returned. */
import type { Tensor } from '@tensorflow/tfjs-core';
import { ReplayHandler } from '../../handlers/replay.ts';
import type { DeterministicSite, SampleSite } from '../../runtime/site.ts';
import type { SampleMessage } from '../../runtime/message.ts';
import type { Trace } from '../../runtime/trace.ts';
import { closest } from '../../util/options.ts';
import type { Program } from '../svi/loss.ts';
import { traceProgram } from '../programTrace.ts';
import { DrawHandler } from './drawSource.ts';

/** Where latent sites get their values: from a guide, or from draws; `null` for the prior. */
export type Source<A extends unknown[]> =
  | { readonly guide: Program<A> }
  | { readonly lookUp: (message: SampleMessage) => Tensor | null }
  | null;

/** Runs the model with the latent values of `source`. */
export function predictiveTrace<A extends unknown[]>(model: Program<A>, source: Source<A>, args: A): Trace {
  const traced = (): Trace => traceProgram(() => model(...args));
  if (source === null) return traced();
  if ('lookUp' in source) return new DrawHandler(source.lookUp).run(traced);
  const guide = traceProgram(() => source.guide(...args));
  return new ReplayHandler({ trace: guide }).run(traced);
}

/**
 * The sites to return: those of `returnSites`, else all sample and deterministic sites but latent ones whose draws were
 * given.
 *
 * @throws Error when one of `returnSites` is not there.
 */
export function chosenSites(
  trace: Trace,
  returnSites: readonly string[] | undefined,
  given: readonly string[],
): (SampleSite | DeterministicSite)[] {
  const all = [...trace.nodes.values()].filter(
    (site): site is SampleSite | DeterministicSite =>
      site.type === 'deterministic' || (site.type === 'sample' && site.distribution.name !== 'factor'),
  );
  if (returnSites === undefined) {
    return all.filter((site) => site.type === 'deterministic' || site.isObserved || !given.includes(site.name));
  }
  return returnSites.map((name) => {
    const site = all.find((candidate) => candidate.name === name);
    if (site !== undefined) return site;
    const names = all.map((candidate) => candidate.name);
    const close = closest(name, names);
    const hint = close === null ? `It has ${names.join(', ') || 'none'}.` : `Did you mean "${close}"?`;
    throw new Error(`infer.Predictive: returnSites has "${name}", but the model has no such site. ${hint}`);
  });
}
