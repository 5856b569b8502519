/** @file Bayesian neural networks whose loss is the user's own. */
import * as tf from '@tensorflow/tfjs-core';
import type { Scalar, Tensor, Variable } from '@tensorflow/tfjs-core';
import { checkOptions, infer } from '@tychejs/ppl';
import type { ParamStore, TraceELBO, TraceMeanFieldELBO } from '@tychejs/ppl';
import { BayesianNet } from './bayesianNet.ts';
import type { Guide, GuideBuilder, GuideClass } from './guides/guide.ts';
import type { ForwardOptions, Net, NetInput, NetOutput } from './lift/net.ts';
import { Prior } from './priors/prior.ts';

export interface DropInBNNOptions<G extends Guide = Guide> {
  readonly net: Net;
  readonly prior: Prior;
  /**
   * The guide over the weights: `guides.autoNormal()`, a class of automatic guides such as `AutoDelta`, or a function
   * that makes one. `null` makes all weights parameters, and the divergence zero; the prior is not looked at then.
   */
  readonly guide: GuideBuilder<G> | GuideClass<G> | null;
  /** Whether divergences from the prior are computed in closed form where there is one; true by default. */
  readonly closedFormKl?: boolean;
}

const WHERE = 'DropInBNN';
const KEYS: readonly string[] = ['net', 'prior', 'guide', 'closedFormKl'];

/**
 * A network that draws its weights anew at every call, in place of an ordinary one in a training loop of one's own: any
 * loss of its output, plus the divergence of the guide from the prior, which each call leaves in {@link klLoss}.
 *
 * Its parameters live in a store of its own; the network given stays as it is.
 *
 * @typeParam G - the guide.
 *
 * @example By an optimiser of tfjs; the divergence is weighed against a loss per datum, and comes in slowly.
 * ```ts
 * const bnn = new DropInBNN({ net, prior: priors.iid(dist.normal(0, 1)), guide: guides.autoNormal() });
 * const adam = tf.train.adam(1e-2);
 * for (let step = 0; step < steps; step++) {
 *   const annealing = Math.min(1, step / 500);
 *   adam.minimize(() => {
 *     const loss = tf.losses.huberLoss(y, bnn.forward(x));
 *     return tf.add(loss, tf.mul(bnn.klLoss, annealing / datasetSize));
 *   }, false, bnn.parameters());
 * }
 * ```
 *
 * @example By compiled steps of `infer.SVI`.
 * ```ts
 * const svi = new infer.SVI<[Tensor, Tensor, Tensor]>({
 *   model: (x, y, weight) => tf.add(tf.losses.huberLoss(y, bnn.forward(x)), tf.mul(bnn.klLoss, weight)),
 *   guide: () => undefined,
 *   optim: optim.adam({ lr: 1e-2 }),
 *   loss: (model, guide, args) => model(...args) as Scalar,
 * });
 * await svi.step(x, y, tf.scalar(annealing / datasetSize));
 * ```
 */
export class DropInBNN<G extends Guide = Guide> {
  /** The guide over the weights; `null` for none. Its methods know the weights by their names in the net. */
  readonly guide: G | null;
  /** The parameters of the guide, and the weights that have no prior. */
  readonly paramStore: ParamStore;
  private readonly net: BayesianNet;
  private readonly elbo: TraceELBO | TraceMeanFieldELBO;
  /** Of the last call. */
  private kl: Scalar | null = null;

  /**
   * @throws TypeError when an option is missing, unknown or of the wrong kind.
   * @throws Error when the prior's filter or shapes do not fit the network.
   */
  constructor(options: DropInBNNOptions<G>) {
    checkKinds(options);
    const { net, prior, guide, closedFormKl = true } = options;
    this.net = new BayesianNet(net, guide === null ? null : prior);
    this.paramStore = this.net.paramStore;
    this.guide = guide === null ? null : this.net.guideBy(`${WHERE}: guide`, guide);
    this.elbo = closedFormKl ? new infer.TraceMeanFieldELBO() : new infer.TraceELBO();
    this.net.createParameters(() => this.guide?.());
  }

  /** The weights that are sampled, by name; the others are parameters. */
  get siteNames(): string[] {
    return this.net.siteNames;
  }

  /**
   * The network's output with weights drawn from the guide, through which gradients flow to the guide's parameters. Handlers
   * such as `localReparameterization` that are in force act on it.
   *
   * @param options - `training`: whether dropout, batch normalisation and the like act as in training; true by default.
   * @returns a tensor of the caller's.
   * @throws Error for input that does not fit the net; for a net with several outputs.
   */
  forward(x: NetInput, options: Partial<ForwardOptions> = {}): Tensor {
    const outputs = this.outputs(x, options);
    const [output] = outputs;
    if (output !== undefined && outputs.length === 1) return output;
    tf.dispose(outputs);
    throw new Error(`${WHERE}: the net gives ${outputs.length} outputs; call outputs(x), which returns all of them, in place of forward(x)`);
  }

  /** As {@link forward}, for a net with any number of outputs. */
  outputs(x: NetInput, options: Partial<ForwardOptions> = {}): Tensor[] {
    checkOptions('bnn.forward', options, ['training']);
    const { training = true } = options;
    const { outputs, kl } = tf.tidy(() => {
      let made: NetOutput = [];
      const model = (): void => {
        made = this.net.run(x, { training });
      };
      // Nothing is observed: the loss is the divergence alone.
      const loss = this.elbo.differentiableLoss(model, () => this.guide?.(), []);
      // A network may return its input, or one tensor twice: these are the caller's own.
      return { outputs: [made].flat().map((output) => tf.clone(output)), kl: loss };
    });
    this.forget();
    this.kl = kl;
    return outputs;
  }

  /**
   * KL(guide ‖ prior), for the draw of the last {@link forward}: in closed form, or else log q(w) - log p(w) there. To be
   * added to a loss that is a sum over all data, or divided by their number beside a mean.
   *
   * @returns at each reading a new scalar of the caller's.
   * @throws Error when there was no call of `forward`, or the `tf.tidy` around it has ended.
   */
  get klLoss(): Scalar {
    if (this.kl === null) throw new Error(`${WHERE}: klLoss is that of a call of forward(x), and there was none yet`);
    if (this.kl.isDisposed) {
      throw new Error(
        `${WHERE}: klLoss is gone with the tf.tidy (or tf.variableGrads, or minimize) around the last forward(x); read it inside of that`,
      );
    }
    return tf.clone(this.kl);
  }

  /**
   * What is to be trained, for an optimiser of `tf.train`: the variables of the guide's parameters and of the weights without
   * a prior. They are unconstrained; `paramStore` has the values and the names.
   *
   * @param _x - not needed: all shapes are known from the beginning.
   */
  parameters(_x?: NetInput): Variable[] {
    return this.paramStore.names().map((name) => this.paramStore.variable(name));
  }

  /**
   * Replaces the prior of weights that are sampled and that `prior` exposes; the others keep theirs.
   *
   * @throws Error when the prior does not fit the network; nothing is changed then.
   */
  updatePrior(prior: Prior): void {
    if (!(prior instanceof Prior)) throw new TypeError('bnn.updatePrior: expected a prior, such as priors.iid(dist.normal(0, 1))');
    this.net.updatePrior(prior);
  }

  /** Frees all parameters. The network given stays. */
  dispose(): void {
    this.forget();
    this.net.dispose();
  }

  private forget(): void {
    if (this.kl !== null && !this.kl.isDisposed) this.kl.dispose();
    this.kl = null;
  }
}

function checkKinds<G extends Guide>(options: DropInBNNOptions<G>): void {
  if (options === undefined) throw new TypeError(`${WHERE}: needs options { net, prior, guide }`);
  checkOptions(WHERE, options, KEYS);
  const { prior, guide, closedFormKl } = options;
  if (!(prior instanceof Prior)) throw new TypeError(`${WHERE}: prior must be one of priors.*, such as priors.iid(dist.normal(0, 1))`);
  if (guide === undefined) throw new TypeError(`${WHERE}: needs a guide, such as guides.autoNormal(); for none, null`);
  if (closedFormKl !== undefined && typeof closedFormKl !== 'boolean') throw new TypeError(`${WHERE}: closedFormKl must be true or false`);
}
