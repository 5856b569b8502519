/** @file One approximation of the posterior, from its training to what it says. */
import * as tf from '@tensorflow/tfjs-core';
import { handlers, infer, ParamStore } from '@tychejs/ppl';
import type { Args, Contender, FitSettings, Guide, Model } from './guides.ts';
import { posteriorOf, type Posterior } from './posterior.ts';

export interface Fit {
  readonly name: string;
  /** The loss of each step, if there were steps. */
  readonly losses: readonly number[];
  /** The evidence lower bound in the end, in nats; `null` for a point, which has none. */
  readonly elbo: number | null;
  /** The logarithm of the evidence by importance sampling from the fit; `null` where that is not done. */
  readonly logEvidence: number | null;
  /** The Pareto k of importance weights: below 0.7 these can mend what is wrong with the fit. `null` for a point. */
  readonly paretoK: number | null;
  readonly posterior: Posterior;
  /** Of compiling and training. */
  readonly seconds: number;
}

export interface JudgeSettings {
  /** How many draws a fit is judged by. */
  readonly numDraws: number;
}

/** Trains a guide, with parameters of its own, and looks at it. */
export async function fitGuide(contender: Contender, model: Model, args: Args, settings: FitSettings & JudgeSettings): Promise<Fit> {
  const store = new ParamStore();
  const { seed, numDraws } = settings;
  const { name, isPoint = false } = contender;
  try {
    return await handlers.paramStore({ store }).run(() =>
      handlers.seed({ seed }).run(async () => {
        const began = performance.now();
        const { guide, losses } = await contender.train(model, args, settings);
        const seconds = (performance.now() - began) / 1000;
        const posterior = await drawPosterior(guide, model, args, numDraws);
        if (isPoint) return { name, losses, elbo: null, logEvidence: null, paretoK: null, posterior, seconds };
        const { psis, logEvidence } = await infer.importance(model, { guide, numSamples: numDraws }, ...args);
        return { name, losses, elbo: elboOf(guide, model, args, numDraws), logEvidence, paretoK: psis.k, posterior, seconds };
      }),
    );
  } finally {
    store.clear();
  }
}

/** Pathfinder needs no guide and no training: it draws from normal densities along the way to a mode. */
export async function fitPathfinder(model: Model, args: Args, { seed, numDraws }: FitSettings & JudgeSettings): Promise<Fit> {
  const began = performance.now();
  const { samples, elbo, k } = await infer.pathfinder(model, { seed, numDraws }, ...args);
  const seconds = (performance.now() - began) / 1000;
  return { name: 'pathfinder', losses: [], elbo, logEvidence: null, paretoK: k, posterior: posteriorOf(samples), seconds };
}

async function drawPosterior(guide: Guide, model: Model, args: Args, numSamples: number): Promise<Posterior> {
  const returnSites = ['mu', 'tau', 'theta'];
  const draws = await new infer.Predictive(model, { guide, numSamples, parallel: true, returnSites }).sample(...args);
  const read = Object.entries(draws).map(([site, tensor]) => [site, { data: tensor.dataSync(), shape: tensor.shape }] as const);
  tf.dispose(draws);
  return posteriorOf(Object.fromEntries(read));
}

function elboOf(guide: Guide, model: Model, args: Args, numParticles: number): number {
  const loss = new infer.TraceELBO({ numParticles, vectorizeParticles: true }).loss(model, guide, args);
  const elbo = -(loss.dataSync()[0] ?? Number.NaN);
  loss.dispose();
  return elbo;
}
