/** @file A network whose weights are random choices. */
import * as tf from '@tensorflow/tfjs-core';
import type { Tensor } from '@tensorflow/tfjs-core';
import { handlers, param, sample } from '@tychejs/ppl';
import { AdoptedPrior } from './adoptedPrior.ts';
import type { Guide, GuideBuilder, GuideClass } from './guides/guide.ts';
import { buildGuide } from './guides/guide.ts';
import type { WeightNotes } from './guides/initialValues.ts';
import { valuesOf } from './guides/initialValues.ts';
import { lift } from './lift/lift.ts';
import type { ForwardOptions, LiftedNet, Net, NetInput, NetOutput } from './lift/net.ts';
import type { LatentValues, Likelihood } from './likelihoods/likelihood.ts';
import type { WeightDescription } from './netDescription.ts';
import { distributionText, isDisposed } from './netDescription.ts';
import { NetParamStore } from './netParamStore.ts';
import { fansOf } from './priors/fans.ts';
import type { Distribution, Prior } from './priors/prior.ts';
import { inScope } from './scopedGuide.ts';

/**
 * A lifted network, the prior of its weights, and a store for its parameters. Weights with a prior are sample sites, the
 * others parameters; both have the weights' names.
 */
export class BayesianNet {
  readonly lifted: LiftedNet;
  /** The weights that have no prior, and the parameters of guides that are {@link own}. */
  readonly paramStore: NetParamStore = new NetParamStore();
  /**
   * The data of weights that are not trained, such as moving statistics: other objects once these have changed. Null for a function,
   * of which nobody knows what it reads.
   */
  readonly closure: (() => readonly object[]) | null;
  private readonly priors: Map<string, Distribution>;
  /** Notes to guides on each weight: how many inputs and outputs it connects. */
  private readonly notes: ReadonlyMap<string, WeightNotes>;
  private adopted: AdoptedPrior | null = null;
  private isDisposed = false;

  /** @param prior - `null` makes all weights parameters. */
  constructor(net: Net, prior: Prior | null) {
    this.lifted = lift(net);
    this.closure = 'layers' in net ? () => this.lifted.state.map(({ value }) => value().dataId) : null;
    this.notes = new Map(this.lifted.parameters.map((parameter) => [parameter.name, { fans: fansOf(parameter) }]));
    this.priors = prior?.apply(this.lifted.parameters) ?? new Map<string, Distribution>();
  }

  /** The weights that are sampled. */
  get siteNames(): string[] {
    return this.lifted.parameters.map(({ name }) => name).filter((name) => this.priors.has(name));
  }

  /** All weights, with what their priors are. */
  get weights(): WeightDescription[] {
    return this.lifted.parameters.map(({ name, shape }) => {
      const prior = this.priors.get(name);
      return { name, shape: [...shape], prior: prior === undefined ? null : distributionText(prior) };
    });
  }

  /** The prior of a weight that is sampled. */
  priorOf(name: string): Distribution | null {
    return this.priors.get(name) ?? null;
  }

  /** @throws Error when a prior was disposed of while it is still needed. */
  checkPriors(where: string): void {
    for (const [name, prior] of this.priors) {
      if (!isDisposed(prior)) continue;
      throw new Error(
        `${where}: the prior of "${name}", ${distributionText(prior)}, was disposed of, and training needs it; dispose of a prior (such as ` +
          'that of priors.moped) when no network is trained with it any more, or give the network another one by updatePrior',
      );
    }
  }

  /** Samples the weights that have a prior: statements of a model. */
  sampleWeights(): Map<string, Tensor> {
    return new Map([...this.priors].map(([name, prior]) => [name, sample(name, prior, { infer: { ...this.notes.get(name) } })]));
  }

  /** Reads the weights that have none: statements of a model. They begin where the network's are. */
  readParameters(): Map<string, Tensor> {
    const plain = this.lifted.parameters.filter(({ name }) => !this.priors.has(name));
    return new Map(plain.map(({ name, value }) => [name, param(name, () => tf.clone(value()))]));
  }

  /** The network's output, or outputs, with weights sampled and read: statements of a model. */
  run(x: NetInput, options: ForwardOptions): NetOutput {
    return this.inStore(() => this.lifted.forward(x, new Map([...this.sampleWeights(), ...this.readParameters()]), options));
  }

  /** The one output of {@link run}. @throws Error unless there is one. */
  forward(x: NetInput, options: ForwardOptions): Tensor {
    const output = this.run(x, options);
    if (output instanceof tf.Tensor) return output;
    const got = Array.isArray(output) ? `${output.length} outputs` : typeof output;
    throw new Error(`the net gives ${got}, but a likelihood takes one tensor; wrap it as { forward(x, parameters), parameters } that joins them`);
  }

  /** The unknowns of a likelihood, with its parameters in this network's store: statements of a model. */
  unknownsOf(likelihood: Pick<Likelihood<unknown>, 'sampleLatents'>): LatentValues {
    return this.inStore(() => likelihood.sampleLatents());
  }

  /** Makes a guide over the weights, which begins where the network's are. @param where - begins error messages. */
  guideBy<G extends Guide>(where: string, builder: GuideBuilder<G> | GuideClass<G>): G {
    const context = { initLoc: valuesOf(this.lifted.parameters), prefix: 'guide' };
    return this.own(buildGuide(where, builder, () => this.sampleWeights(), context));
  }

  /** The same guide, with its parameters in this network's store. */
  own<G extends Guide>(guide: G): G {
    return inScope(guide, (body) => this.inStore(body));
  }

  /**
   * Makes all parameters now, from the shapes alone: so none come into being in a prediction, or while loading.
   *
   * @param sampleGuides - statements of the guides.
   */
  createParameters(sampleGuides: () => unknown): void {
    try {
      tf.tidy(() => {
        this.inStore(() => this.readParameters());
        sampleGuides();
      });
    } catch (error) {
      this.dispose();
      throw error;
    }
  }

  /** Replaces the priors of weights that are sampled and that `prior` exposes; the others keep theirs. */
  updatePrior(prior: Prior): void {
    const updated = prior.apply(this.lifted.parameters, new Set(this.priors.keys()));
    for (const [name, distribution] of updated) this.priors.set(name, distribution);
  }

  /** Makes what `guide` says of the weights that are sampled their prior. @param where - begins error messages. */
  adoptPosterior(where: string, guide: Guide | null): void {
    const adopted = new AdoptedPrior(where, guide);
    try {
      this.updatePrior(adopted.prior);
    } catch (error) {
      adopted.dispose();
      throw error;
    }
    this.adopted?.dispose();
    this.adopted = adopted;
  }

  /** Frees all parameters. The network given stays. */
  dispose(): void {
    this.adopted?.dispose();
    this.adopted = null;
    this.isDisposed = true;
    this.paramStore.clear();
    this.lifted.dispose();
  }

  /** @throws Error when the parameters are gone: they would be made anew, untrained. */
  private inStore<R>(body: () => R): R {
    if (this.isDisposed) throw new Error('the Bayesian network was disposed of, and what it had learnt is gone; make a new one');
    return handlers.paramStore({ store: this.paramStore }).run(body);
  }
}
