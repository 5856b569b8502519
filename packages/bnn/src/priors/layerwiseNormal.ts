/** @file Normal priors whose width depends on the layer's size. */
import { checkOptions, dist } from '@tychejs/ppl';
import type { NetParameter } from '../lift/net.ts';
import { fansOf } from './fans.ts';
import type { PriorFilter } from './filter.ts';
import { Exposure } from './filter.ts';
import type { Distribution } from './prior.ts';
import { Prior } from './prior.ts';
import type { Nonlinearity, ScalingMethod } from './standardDeviation.ts';
import { standardDeviation } from './standardDeviation.ts';

export interface LayerwiseNormalOptions {
  readonly method: ScalingMethod;
  /** `'relu'` by default; `radford` does not look at it. */
  readonly nonlinearity?: Nonlinearity;
}

const WHERE = 'priors.layerwiseNormal';

export class LayerwiseNormalPrior extends Prior {
  private readonly options: LayerwiseNormalOptions;

  constructor(options: LayerwiseNormalOptions, filter?: PriorFilter) {
    super(WHERE, new Exposure(WHERE, filter));
    checkOptions(WHERE, options, ['method', 'nonlinearity']);
    this.options = options;
    this.scaleOf({ in: 1, out: 1 });
  }

  protected override distributionOf(parameter: NetParameter): Distribution {
    return dist.normal(0, this.scaleOf(fansOf(parameter)));
  }

  private scaleOf(fans: { readonly in: number; readonly out: number }): number {
    return standardDeviation(WHERE, this.options.method, fans, this.options.nonlinearity ?? 'relu');
  }
}

/**
 * Normal(0, s²) with s by the weight's fan-in (and fan-out, for `xavier`): `radford` fanIn^-½, `xavier`
 * gain·√(2 / (fanIn + fanOut)), `kaiming` gain·fanIn^-½. Vectors such as biases have fan-in 1.
 *
 * @throws TypeError for an unknown method or nonlinearity.
 */
export function layerwiseNormal(options: LayerwiseNormalOptions, filter?: PriorFilter): LayerwiseNormalPrior {
  return new LayerwiseNormalPrior(options, filter);
}
