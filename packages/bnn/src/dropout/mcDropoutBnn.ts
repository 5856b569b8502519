/** @file Monte Carlo dropout. */
import type { LayersModel } from '@tensorflow/tfjs-layers';
import { checkOptions, dist, guides } from '@tychejs/ppl';
import type { VariationalBNNOptions } from '../bnn.ts';
import { VariationalBNN } from '../bnn.ts';
import type { ForwardOptions } from '../lift/net.ts';
import { iid } from '../priors/iid.ts';
import type { Prior } from '../priors/prior.ts';
import { noisyLayers } from './noisyLayers.ts';

export interface McDropoutBNNOptions<P> extends Pick<VariationalBNNOptions<P>, 'likelihood' | 'likelihoodGuide' | 'name'> {
  /** With dropout layers: `dropout`, `spatialDropout1d`, `alphaDropout`, `gaussianDropout`, `gaussianNoise`, or recurrent layers that drop. */
  readonly net: LayersModel;
  /** Trains the weights to the posterior's mode under it; without a prior, by maximum likelihood. */
  readonly prior?: Prior;
}

const WHERE = 'McDropoutBNN';

/**
 * A network that is trained with dropout and goes on dropping when it predicts: each draw leaves out other units, and their spread
 * is taken for doubt about the weights. All else, such as batch normalisation, acts as in prediction. Each row of the input has
 * units of its own dropped, so that the draws are not functions: two inputs of one draw have not the same network.
 *
 * `fit`, `predict`, `evaluate`, `save` and `load` are those of {@link VariationalBNN}. How wide the doubt is, the rates of the layers say,
 * which are not learnt; more data do not narrow it by themselves.
 *
 * Source: Gal and Ghahramani, "Dropout as a Bayesian approximation: representing model uncertainty in deep learning" (ICML 2016).
 *
 * @typeParam P - what the likelihood predicts.
 *
 * @example
 * ```ts
 * const bnn = new McDropoutBNN({
 *   net: tf.sequential({
 *     layers: [
 *       tf.layers.dense({ units: 50, activation: 'relu', inputShape: [1] }),
 *       tf.layers.dropout({ rate: 0.1 }),
 *       tf.layers.dense({ units: 1 }),
 *     ],
 *   }),
 *   likelihood: likelihoods.homoskedasticGaussian({ scale: 0.1 }),
 *   prior: priors.iid(dist.normal(0, 1)),
 * });
 * await bnn.fit({ x, y }, { optim: optim.adam({ lr: 0.01 }), epochs: 500 });
 * const { mean, scale } = bnn.predict(x, { numSamples: 100 });
 * ```
 */
export class McDropoutBNN<P> extends VariationalBNN<P> {
  /**
   * @throws TypeError when an option is missing, unknown or of the wrong kind; Error when no layer of the net drops anything.
   */
  constructor(options: McDropoutBNNOptions<P>) {
    if (options === undefined) throw new TypeError(`${WHERE}: needs options { net, likelihood }`);
    checkOptions(WHERE, options, ['net', 'likelihood', 'prior', 'likelihoodGuide', 'name']);
    const { prior, ...others } = options;
    checkDrops(others.net);
    super({ ...others, prior: prior ?? iid(dist.normal(0, 1)), guide: prior === undefined ? null : guides.AutoDelta });
  }

  protected override get where(): string {
    return WHERE;
  }

  protected override get predictionMode(): ForwardOptions {
    return { training: false, dropout: true };
  }
}

function checkDrops(net: unknown): void {
  if (!Array.isArray((net as Partial<LayersModel> | null | undefined)?.layers)) {
    throw new TypeError(`${WHERE}: net must be a tf.LayersModel, whose dropout layers can be seen`);
  }
  if (noisyLayers(net as LayersModel).length > 0) return;
  throw new Error(
    `${WHERE}: no layer of the net drops anything, so that all predictions would be the same; put tf.layers.dropout({ rate: 0.1 }) ` +
      'between its layers, or make a VariationalBNN',
  );
}
