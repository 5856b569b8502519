/** @file What takes the steps of chains, one chain after the other. */
import type { Optimizer, OptimizerState } from '../../optim/optimizer.ts';
import type { LatentSites } from '../mcmc/model/latentSites.ts';
import type { SiteValue } from '../mcmc/target.ts';
import { withoutAssignments } from '../svi/assignments.ts';
import { ParamCensus } from '../svi/compiled/paramCensus.ts';
import type { StepStats } from '../svi/compiled/stepEngine.ts';
import { StepEngine } from '../svi/compiled/stepEngine.ts';
import type { StepContext } from '../svi/sviStep.ts';
import { within } from '../svi/sviStep.ts';
import type { Position } from './potential.ts';
import { Potential } from './potential.ts';
import type { StepPlan } from './schedule.ts';
import type { SgmcmcKernel } from './sgmcmcKernel.ts';

/** A chain between two steps. */
export interface ChainPoint {
  readonly position: Position;
  /** What the kernel remembers; null for nothing yet. */
  readonly kernel: OptimizerState | null;
}

/**
 * The steps of a kernel over a model: its potential energy, moved along by an optimiser that adds noise, as steps of SVI are, so that a
 * compiled step does it all. Programs are made once for all chains.
 */
export class Sampler<A extends unknown[]> {
  private readonly potential: Potential<A>;
  private readonly optimizer: Optimizer;
  private readonly engine: StepEngine<A>;
  private readonly fresh: OptimizerState;

  constructor(kernel: SgmcmcKernel<A>, plan: StepPlan, latent: LatentSites) {
    const { model, settings } = kernel;
    this.potential = new Potential(model, latent);
    this.optimizer = kernel.steps((step) => ({ factor: plan.factor(step), isNoisy: plan.phase(step) !== 'exploration' }));
    this.fresh = this.optimizer.getState();
    const objective = { model, guide: () => undefined, loss: this.potential.loss, where: 'infer.SGMCMC' };
    this.engine = new StepEngine<A>(objective, this.optimizer, settings.engine);
  }

  /** How steps were run so far. */
  get stats(): StepStats {
    return this.engine.stats;
  }

  /** Goes on from `point`. @throws Error for the state of another kernel. */
  begin({ position, kernel }: ChainPoint): void {
    this.optimizer.setState(kernel ?? this.fresh);
    this.potential.moveTo(position);
  }

  /** Takes a step. @returns the potential energy before it. @throws NonFiniteStep when that, or its gradient, is no number. */
  async step(context: StepContext, args: A): Promise<number> {
    return this.engine.step(context, args);
  }

  /** The values of the latent sites where the chain stands. */
  async values(context: StepContext, args: A): Promise<Record<string, SiteValue>> {
    const { potential } = this;
    if (!potential.hasMovingSupports) return potential.valuesAt(await potential.position());
    return potential.valuesIn((body) => withoutAssignments(() => within(context, new ParamCensus(), body)), args);
  }

  /** Where the chain stands. */
  async point(): Promise<ChainPoint & { readonly kernel: OptimizerState }> {
    const position = this.potential.position();
    const kernel = this.optimizer.getState();
    return { position: await position, kernel };
  }

  dispose(): void {
    this.engine.settle();
    this.potential.store.clear();
  }
}
