/** @file Bayesian neural networks, sampled by Markov chains. */
import * as tf from '@tensorflow/tfjs-core';
import type { Tensor } from '@tensorflow/tfjs-core';
import { checkOptions, currentStack, handlers, infer, withStack } from '@tychejs/ppl';
import type { FileSource, MCMC, McmcKernel, ParamStore, SampleArray, SgmcmcKernel, SiteInit, Summary } from '@tychejs/ppl';
import { BayesianNet } from './bayesianNet.ts';
import { drawsToBytes, loadDraws, saveDraws } from './drawsFile.ts';
import type { FitData } from './fitData.ts';
import { valuesOf } from './guides/initialValues.ts';
import type { KernelBuilder, KernelClass } from './kernelBuilder.ts';
import { buildKernel } from './kernelBuilder.ts';
import type { Net, NetInput } from './lift/net.ts';
import { Likelihood } from './likelihoods/likelihood.ts';
import type { AnyFitOptions, FitOptionsOf, NetKernel, NetModelArgs, RunOf } from './mcmcFit.ts';
import { fullRun, miniBatchRun } from './mcmcFit.ts';
import type { NetDescription } from './netDescription.ts';
import { likelihoodText } from './netDescription.ts';
import { PosteriorDraws } from './posteriorDraws.ts';
import type { PredictOptions } from './predictions.ts';
import { Predictions } from './predictions.ts';
import { Prior } from './priors/prior.ts';
import type { ProbabilisticNet } from './probabilisticNet.ts';
import { SitePrefix } from './sitePrefix.ts';
import type { WeightSummary } from './weightSummary.ts';
import { momentsOfSamples, summariseWeights } from './weightSummary.ts';

export interface McmcBNNOptions<P, K extends NetKernel = NetKernel> {
  readonly net: Net;
  readonly prior: Prior;
  readonly likelihood: Likelihood<P>;
  /** Makes NUTS, HMC, SGLD or SGHMC for the model; or the class `infer.NUTS`. */
  readonly kernel: KernelBuilder<K> | KernelClass<K>;
  /** Begins the names of all sites: `NAME.dense1.kernel`, `NAME.likelihood.data`. */
  readonly name?: string;
}

/** {@link PredictOptions}; without `numSamples`, all draws are used. */
export type McmcPredictOptions = Omit<PredictOptions, 'numSamples'> & Partial<Pick<PredictOptions, 'numSamples'>>;

const WHERE = 'McmcBNN';
const KEYS: readonly string[] = ['net', 'prior', 'likelihood', 'kernel', 'name'];

/**
 * A network whose weights are drawn from their posterior distribution by Markov chains: by HMC or NUTS, on all data at once, for small
 * networks and to see how good an approximation is; by SGLD or SGHMC, on mini-batches, for larger ones.
 *
 * The model samples the weights that the prior exposes (`dense1.kernel`) and the unknowns of the likelihood, and observes
 * the targets at `likelihood.data`. Weights without a prior stay what they are in the net; layers act as in prediction, in
 * `fit` too: no dropout, and batch normalisation by its moving statistics.
 *
 * @typeParam P - what the likelihood predicts.
 * @typeParam K - the kernel.
 *
 * @example
 * ```ts
 * const bnn = new McmcBNN({
 *   net: tf.sequential({ layers: [tf.layers.dense({ units: 50, activation: 'tanh', inputShape: [1] }), tf.layers.dense({ units: 1 })] }),
 *   prior: priors.iid(dist.normal(0, 1)),
 *   likelihood: likelihoods.homoskedasticGaussian({ scale: 0.1 }),
 *   kernel: (model) => new infer.NUTS(model, { targetAcceptProb: 0.9 }),
 * });
 * await bnn.fit({ x, y }, { numSamples: 500, numChains: 4, seed: 1 });
 * const { mean, scale } = bnn.predict(x, { numSamples: 200 });
 * ```
 *
 * @example A larger network, on mini-batches:
 * ```ts
 * const bnn = new McmcBNN({
 *   net,
 *   prior: priors.iid(dist.normal(0, 1)),
 *   likelihood: likelihoods.categorical(),
 *   kernel: (model) => new infer.SGHMC(model, { stepSize: 2e-6, schedule: { numCycles: 4 } }),
 * });
 * await bnn.fit({ x, y }, { numSamples: 2000, thinning: 100, batchSize: 128, seed: 1 });
 * ```
 */
export class McmcBNN<P, K extends NetKernel = McmcKernel> implements ProbabilisticNet<P> {
  readonly likelihood: Likelihood<P>;
  /** The weights that have no prior; constants to the sampler. */
  readonly paramStore: ParamStore;
  private readonly net: BayesianNet;
  private readonly name: string;
  private readonly kernel: NetKernel;
  private readonly predictions: Predictions<P>;
  private latest: RunOf<K> | null = null;
  private draws: PosteriorDraws | null = null;

  /**
   * @throws TypeError when an option is missing, unknown or of the wrong kind.
   * @throws Error when the prior's filter or shapes do not fit the network.
   */
  constructor(options: McmcBNNOptions<P, K>) {
    checkKinds(options);
    const { net, prior, likelihood, kernel, name = '' } = options;
    this.name = name;
    this.likelihood = likelihood;
    this.kernel = buildKernel(WHERE, kernel, (...args) => this.named(() => this.model(...args)));
    this.net = new BayesianNet(net, prior);
    this.paramStore = this.net.paramStore;
    this.predictions = new Predictions<P>({
      draw: (x, latents) => handlers.condition({ data: latents }).run(() => this.named(() => this.prediction(x))),
      likelihood,
      closure: this.net.closure,
    });
    this.net.createParameters(() => this.net.unknownsOf(likelihood));
  }

  /** The weights that are sampled, by name; the others are constants. */
  get siteNames(): string[] {
    return this.net.siteNames;
  }

  /**
   * The last run, with all that `infer.MCMC` or `infer.SGMCMC` has to say of it, such as `checkpoint()` of one that was aborted.
   *
   * @throws Error when there was none.
   */
  get mcmc(): RunOf<K> {
    if (this.latest === null) throw new Error(`${WHERE}: nothing was sampled yet; call and await fit()`);
    return this.latest;
  }

  /**
   * Draws weights, and unknowns of the likelihood, from their posterior given `data`: by NUTS and HMC all at once, where batches are
   * joined; by SGLD and SGHMC batch by batch, scaled to `likelihood.datasetSize`, or else to their own number. The latter begin at the
   * weights of the net, unless there is an `initStrategy`. Handlers in force at the call stay in force. A second call replaces the
   * draws of the first.
   *
   * @param options - those of `infer.MCMC` or `infer.SGMCMC`: `numSamples`, `numChains`, `seed`, `resume`, ...; for the latter `batchSize`.
   * @returns the run; `summary()` and `diagnostics()` are its.
   * @throws TypeError, RangeError for options and data that are of the wrong kind; Error for shapes that do not fit; what
   * `infer.MCMC` or `infer.SGMCMC` throws. The draws of an earlier call stay then; but of a run of which some chains failed
   * (`ChainError`), those of the others are kept.
   */
  async fit(data: FitData, options: FitOptionsOf<K>): Promise<RunOf<K>> {
    const { mcmc, run } = this.runOn(data, options);
    const stack = currentStack();
    this.latest = mcmc as RunOf<K>;
    try {
      await withStack(stack, run);
      this.draws = new PosteriorDraws(mcmc.getSamples());
    } catch (error) {
      if (error instanceof infer.ChainError) this.draws = completeChains(mcmc) ?? this.draws;
      throw error;
    }
    return this.mcmc;
  }

  /** What the network is made of: its weights with their priors, and the likelihood. */
  get description(): NetDescription {
    return { weights: this.net.weights, guide: null, likelihood: likelihoodText(this.likelihood as Likelihood<never>) };
  }

  /** Where each weight is, and how wide, under the prior and over the draws: plain numbers. @throws Error before `fit` or `load`. */
  weightSummary(): WeightSummary[] {
    const { samples } = this.posterior();
    const prefix = this.name === '' ? '' : `${this.name}.`;
    return summariseWeights(this.net, (name) => {
      const draws = samples[prefix + name];
      return draws === undefined ? null : momentsOfSamples(draws);
    });
  }

  /** Mean, spread, quantiles and convergence of each scalar, such as `dense1.kernel[0,3]`. @throws Error before `fit`. */
  summary(): Summary {
    return this.mcmc.summary();
  }

  /** How each chain went. @throws Error before `fit`. */
  diagnostics(): ReturnType<RunOf<K>['diagnostics']> {
    return this.mcmc.diagnostics() as ReturnType<RunOf<K>['diagnostics']>;
  }

  /** Reasons not to trust the draws, each with a cure; empty for good ones. @throws Error before `fit`. */
  warnings(): string[] {
    return this.mcmc.warnings();
  }

  /**
   * The draws that predictions are made from, of shape [draw, ...site shape], chain after chain: for `infer.Predictive`, say.
   *
   * @throws Error before `fit` or `load`.
   */
  getSamples(): Record<string, SampleArray> {
    return { ...this.posterior().samples };
  }

  /**
   * Predicts the targets at `x` by draws of the posterior, evenly spaced among all, and layers as in prediction.
   *
   * @returns what the likelihood predicts, as `VariationalBNN.predict` does; the tensors are the caller's.
   * @throws Error before `fit` or `load`; RangeError when there are fewer draws than `numSamples`.
   */
  predict(x: NetInput, options: McmcPredictOptions = {}): P {
    const draws = this.posterior();
    return this.predictions.predict(x, { numSamples: draws.count, ...options }, draws);
  }

  /**
   * How good the aggregated prediction is on data, on average over them: `error` and `logLikelihood` as of
   * `VariationalBNN.evaluate`.
   *
   * @throws the same as {@link predict}.
   */
  evaluate(x: NetInput, y: Tensor, options: Omit<McmcPredictOptions, 'aggregate'> = {}): { error: number; logLikelihood: number } {
    const draws = this.posterior();
    return this.predictions.evaluate(x, y, { numSamples: draws.count, ...options }, draws);
  }

  /**
   * Writes the draws to a file of the safetensors format, rounded to float32, and with them the weights without a prior and what
   * layers keep, such as moving statistics.
   *
   * @throws Error before `fit` or `load`, or when the file cannot be written.
   */
  async save(path: string): Promise<void> {
    await saveDraws(path, this.getSamples(), this.net);
  }

  /** The content of the file that {@link save} writes, for {@link load}. @throws Error before `fit` or `load`. */
  async toBytes(): Promise<Uint8Array<ArrayBuffer>> {
    return drawsToBytes(this.getSamples(), this.net);
  }

  /**
   * Reads what {@link save} wrote, for predictions as they were then. Summary and diagnostics stay those of this network's own
   * last run.
   *
   * @param source - a path (in Node), or the content: bytes, an ArrayBuffer, a Blob or the Response of `fetch`.
   * @throws Error when the file is damaged, or is not of a network like this; nothing is changed then.
   */
  async load(source: FileSource): Promise<void> {
    this.draws = new PosteriorDraws(await loadDraws(source, this.siteShapes(), this.net));
  }

  /** Frees all that is kept. The network given stays. */
  dispose(): void {
    this.net.dispose();
    this.draws = null;
  }

  /** Statements of the model, by the names in the net. */
  private model(...[x, y, datasetSize]: NetModelArgs): void {
    this.likelihood.observe(this.prediction(x), y, datasetSize);
  }

  private runOn(data: FitData, options: AnyFitOptions): ReturnType<typeof fullRun> {
    const { kernel } = this;
    if (!infer.isSgmcmcKernel(kernel)) return fullRun(kernel as McmcKernel, data, options);
    const atNet = { initStrategy: { sites: this.netWeights() }, ...options };
    return miniBatchRun(kernel as SgmcmcKernel<NetModelArgs>, data, atNet as AnyFitOptions, this.likelihood.datasetSize);
  }

  /** Gives weights the values that they have in the net, and unknowns of the likelihood some that they can have. */
  private netWeights(): SiteInit {
    const weights = valuesOf(this.net.lifted.parameters);
    const others = infer.initToFeasible();
    const prefix = this.name === '' ? '' : `${this.name}.`;
    const names = new Map(this.siteNames.map((name) => [prefix + name, name]));
    return (site, stream) => {
      const name = names.get(site.name);
      return name === undefined ? others(site, stream) : weights({ ...site, name }, stream);
    };
  }

  /** Statements of the model, but for the data. */
  private prediction(x: NetInput): P {
    const output = this.net.forward(x, { training: false });
    return this.likelihood.predictionsFrom(output, this.net.unknownsOf(this.likelihood));
  }

  private posterior(): PosteriorDraws {
    if (this.draws === null) throw new Error(`${WHERE}: there are no draws of the posterior yet; call and await fit(), or load()`);
    return this.draws;
  }

  /** The shapes of all latent sites. */
  private siteShapes(): Map<string, readonly number[]> {
    const tracer = handlers.trace();
    tf.tidy(() => {
      tracer.run(() =>
        this.named(() => {
          this.net.sampleWeights();
          this.net.unknownsOf(this.likelihood);
        }),
      );
    });
    return new Map(tracer.trace().stochasticSites().map(({ name, value }) => [name, value.shape]));
  }

  /** Runs `body` with the network's name before those of its sites. */
  private named<R>(body: () => R): R {
    return this.name === '' ? body() : new SitePrefix(this.name).run(body);
  }
}

/** The draws of the chains that did not fail, if any. */
function completeChains(mcmc: Pick<MCMC, 'getSamples'>): PosteriorDraws | null {
  try {
    return new PosteriorDraws(mcmc.getSamples());
  } catch {
    return null;
  }
}

function checkKinds<P, K extends NetKernel>(options: McmcBNNOptions<P, K>): void {
  if (options === undefined) throw new TypeError(`${WHERE}: needs options { net, prior, likelihood, kernel }`);
  checkOptions(WHERE, options, KEYS);
  const { prior, likelihood, kernel, name } = options;
  if (!(prior instanceof Prior)) throw new TypeError(`${WHERE}: prior must be one of priors.*, such as priors.iid(dist.normal(0, 1))`);
  if (!(likelihood instanceof Likelihood)) {
    throw new TypeError(`${WHERE}: likelihood must be one of likelihoods.*, such as likelihoods.homoskedasticGaussian({ scale: 0.1 })`);
  }
  if (typeof kernel !== 'function') {
    throw new TypeError(`${WHERE}: kernel must be a function that makes one, such as (model) => new infer.NUTS(model), or infer.NUTS; got ${typeof kernel}`);
  }
  if (name !== undefined && typeof name !== 'string') throw new TypeError(`${WHERE}: name must be a string`);
}
