/** @file Comparing traces. */
import type { Tensor } from '@tensorflow/tfjs-core';
import { SampleSite } from '../../src/runtime/site.ts';
import type { Trace } from '../../src/runtime/trace.ts';

/** What matters of one site, as plain data. */
export interface PlainSite {
  readonly type: string;
  readonly shape: number[];
  readonly value: number[];
  readonly isObserved?: boolean;
  readonly logProb?: number[];
}

/** All sites by name, as plain data that `toEqual` can compare. */
export function plain(trace: Trace): Record<string, PlainSite> {
  return Object.fromEntries([...trace.nodes].map(([name, site]) => [name, plainSite(site)]));
}

function plainSite(site: Trace['nodes'] extends ReadonlyMap<string, infer S> ? S : never): PlainSite {
  const { type } = site;
  if (site.type === 'plate') return { type, shape: [site.size], value: [...site.value] };
  const base = { type, shape: [...site.value.shape], value: [...site.value.dataSync()] };
  return site instanceof SampleSite ? { ...base, isObserved: site.isObserved, logProb: [...site.logProb.dataSync()] } : base;
}

/** The values of all latent sites by name. */
export function latentValues(trace: Trace): Record<string, Tensor> {
  return Object.fromEntries(trace.stochasticSites().map((site) => [site.name, site.value]));
}

/** The trace's log-density as a number. */
export function total(trace: Trace): number {
  return trace.logProbSum().dataSync()[0]!;
}

export function expectClose(actual: number, expected: number, relative = 1e-4): void {
  expect(Math.abs(actual - expected)).toBeLessThanOrEqual(relative * (1 + Math.abs(expected)));
}
