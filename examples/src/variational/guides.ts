/** @file The guides that are compared, and how each is fitted. */
import { guides, handlers, infer, optim } from '@tychejs/ppl';

/** The arguments of the model: effects and their standard errors. */
export type Args = [effect: readonly number[], standardError: readonly number[]];

export type Model = (...args: Args) => unknown;

/** What can be asked of a fitted guide: to be run under a model. */
export type Guide = (...args: Args) => unknown;

export interface FitSettings {
  readonly steps: number;
  readonly lr: number;
  /** Draws of the guide in each step, all computed at once. */
  readonly numParticles: number;
  readonly seed: number;
}

/** A guide, trained. */
export interface Trained {
  readonly guide: Guide;
  /** The loss of each step. */
  readonly losses: readonly number[];
}

/** A way to a guide, by the name under which it is shown. */
export interface Contender {
  readonly name: string;
  /** Whether it gives a point in place of a distribution, so that there is no spread to speak of. */
  readonly isPoint?: boolean;
  train(model: Model, args: Args, settings: FitSettings): Promise<Trained>;
}

export const contenders: readonly Contender[] = [
  { ...automatic('AutoDelta', (model) => new guides.AutoDelta(model)), isPoint: true },
  {
    name: 'AutoLaplaceApproximation',
    // What is trained is a point; the normal around it is had from the curvature there.
    train: async (model, args, settings) => {
      const point = new guides.AutoLaplaceApproximation(model);
      const losses = await descend(model, point, args, settings);
      return { guide: await point.laplaceApproximation(...args), losses };
    },
  },
  automatic('AutoNormal', (model) => new guides.AutoNormal(model)),
  automatic('AutoDiagonalNormal', (model) => new guides.AutoDiagonalNormal(model)),
  automatic('AutoLowRankMultivariateNormal', (model) => new guides.AutoLowRankMultivariateNormal(model)),
  automatic('AutoMultivariateNormal', (model) => new guides.AutoMultivariateNormal(model)),
  // What the schools share in one piece, with correlations; each school by itself.
  automatic('AutoGuideList', (model) =>
    new guides.AutoGuideList(model)
      .append(new guides.AutoMultivariateNormal(handlers.block(model, { expose: ['mu', 'tau'] })))
      .append(new guides.AutoNormal(handlers.block(model, { hide: ['mu', 'tau'] }))),
  ),
  automatic('AutoIAFNormal', (model) => new guides.AutoIAFNormal(model)),
];

/** A guide that is ready when its training is over. */
function automatic(name: string, make: (model: Model) => Guide): Contender {
  return {
    name,
    train: async (model, args, settings) => {
      const guide = make(model);
      return { guide, losses: await descend(model, guide, args, settings) };
    },
  };
}

/** Minimises -ELBO by Adam, with a rate that falls to nothing. */
async function descend(model: Model, guide: Guide, args: Args, { steps, lr, numParticles }: FitSettings): Promise<number[]> {
  const svi = new infer.SVI({
    model,
    guide,
    // A network learns more slowly than what is there for each coordinate.
    optim: optim.schedule(optim.adam((name) => ({ lr: name.includes('.flow.') ? lr / 5 : lr })), { decaySteps: steps }),
    loss: new infer.TraceELBO({ numParticles, vectorizeParticles: numParticles > 1 }),
  });
  const { losses } = await svi.run({ steps, args, progressBar: false });
  return losses;
}
