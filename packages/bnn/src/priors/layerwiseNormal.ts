/** @file Normal priors whose width depends on the layer's size. */
import { checkOptions, dist } from '@tychejs/ppl';
import type { NetParameter } from '../lift/net.ts';
import type { Fans } from './fans.ts';
import { fansOf } from './fans.ts';
import type { PriorFilter } from './filter.ts';
import { Exposure } from './filter.ts';
import type { Distribution } from './prior.ts';
import { Prior } from './prior.ts';
import type { Nonlinearity, ScalingMethod } from './standardDeviation.ts';
import { NEGATIVE_SLOPE, standardDeviation } from './standardDeviation.ts';

export interface LayerwiseNormalOptions {
  readonly method: ScalingMethod;
  /**
   * What follows the layers, `'relu'` by default; or by the layers' paths (`{ dense1: 'tanh' }`), with `'linear'` for those
   * that are not named. `radford` does not look at it.
   */
  readonly nonlinearity?: Nonlinearity | Readonly<Record<string, Nonlinearity>>;
  /** Of `'leakyRelu'`; 0.01 by default, as in PyTorch. */
  readonly negativeSlope?: number;
}

const WHERE = 'priors.layerwiseNormal';

export class LayerwiseNormalPrior extends Prior {
  private readonly options: LayerwiseNormalOptions;

  constructor(options: LayerwiseNormalOptions, filter?: PriorFilter) {
    super(WHERE, new Exposure(WHERE, filter));
    checkOptions(WHERE, options, ['method', 'nonlinearity', 'negativeSlope']);
    this.options = options;
    const { nonlinearity = 'relu', negativeSlope = NEGATIVE_SLOPE } = options;
    if (!Number.isFinite(negativeSlope)) throw new RangeError(`${WHERE}: negativeSlope must be a finite number, got ${negativeSlope}`);
    const all = typeof nonlinearity === 'string' ? [nonlinearity] : ['linear' as const, ...Object.values(nonlinearity)];
    for (const each of all) this.deviation({ in: 1, out: 1 }, each);
  }

  override apply(parameters: readonly NetParameter[], wanted?: ReadonlySet<string>): Map<string, Distribution> {
    const { nonlinearity } = this.options;
    const names = new Set(parameters.map(({ layerName }) => layerName));
    const unknown = typeof nonlinearity === 'object' ? Object.keys(nonlinearity).find((name) => !names.has(name)) : undefined;
    if (unknown !== undefined) {
      throw new Error(`${WHERE}: nonlinearity is given for "${unknown}", but layers with weights are ${[...names].join(', ')}`);
    }
    return super.apply(parameters, wanted);
  }

  protected override distributionOf(parameter: NetParameter): Distribution {
    const { nonlinearity = 'relu' } = this.options;
    const follows = typeof nonlinearity === 'string' ? nonlinearity : (nonlinearity[parameter.layerName] ?? 'linear');
    return dist.normal(0, this.deviation(fansOf(parameter), follows));
  }

  private deviation(fans: Fans, nonlinearity: Nonlinearity): number {
    return standardDeviation(WHERE, this.options.method, fans, nonlinearity, this.options.negativeSlope);
  }
}

/**
 * Normal(0, s²) with s by the weight's fan-in (and fan-out, for `xavier`): `radford` fanIn^-½ (Neal, 1996), `xavier`
 * gain·√(2 / (fanIn + fanOut)) (Glorot and Bengio, 2010), `kaiming` gain·fanIn^-½ (He et al., 2015). The gain belongs to the
 * nonlinearity.
 *
 * Fans are counted for each kind of layer: kernels of dense, convolutional and recurrent layers sum over their inputs (times
 * the receptive field), depthwise kernels over the field alone, and an embedding reads one row. The fan-out of a recurrent kernel is
 * the units of all gates, as initialisers of Keras count them; `radford` and `kaiming` take no notice of it. Biases, and scales of
 * normalisation layers, act on one element: their fan-in is 1, so that `radford` gives them s = 1 and `kaiming` the gain;
 * `hideParameters: ['bias']` leaves biases without a prior.
 *
 * @throws TypeError for an unknown method or nonlinearity; Error, when applied, if `nonlinearity` names no layer.
 */
export function layerwiseNormal(options: LayerwiseNormalOptions, filter?: PriorFilter): LayerwiseNormalPrior {
  return new LayerwiseNormalPrior(options, filter);
}
