/** @file The guide of inverse autoregressive flows. */
import * as tf from '@tensorflow/tfjs-core';
import type { Tensor } from '@tensorflow/tfjs-core';
import type { RandomStream } from '../../random/stream.ts';
import { uniformTensor } from '../../random/tensors.ts';
import { affineAutoregressive } from '../../transforms/affineAutoregressive.ts';
import { compose } from '../../transforms/compose.ts';
import type { LayerShape, MaskedLayer } from '../../transforms/maskedNetwork.ts';
import { MaskedNetwork, maskedLayerShapes } from '../../transforms/maskedNetwork.ts';
import { permutation } from '../../transforms/permutation.ts';
import type { Transform } from '../../transforms/transform.ts';
import { checkInteger } from '../mcmc/checks.ts';
import type { AutoContinuousOptions } from './autoContinuous.ts';
import { AutoFlowGuide } from './autoFlowGuide.ts';

export interface AutoIAFNormalOptions<A extends unknown[]> extends AutoContinuousOptions<A> {
  /** The widths of the hidden layers of each network; two of as many units as there are coordinates, or 16, by default. */
  readonly hiddenDims?: readonly number[];
  /** How many autoregressive transforms follow on each other, with the order of coordinates reversed between them; 2 by default. */
  readonly numTransforms?: number;
}

const LEAST_WIDTH = 16;

/**
 * A normalising flow of inverse autoregressive transforms: a posterior of nearly any shape, for the price of training networks.
 * It begins as independent normals, of means and deviations as `initLoc` and `initScale` say.
 *
 * The parameters are `PREFIX.loc` and `PREFIX.scale`, one number a coordinate, and `PREFIX.flow.T.kernelL` and `.biasL` of layer
 * L of transform T. Quantiles and medians are those of 10,000 draws, the same ones at every call.
 *
 * Source: Kingma, Salimans, Jozefowicz, Chen, Sutskever and Welling, "Improved variational inference with inverse
 * autoregressive flow" (NeurIPS 2016).
 */
export class AutoIAFNormal<A extends unknown[] = unknown[]> extends AutoFlowGuide<A> {
  private readonly hiddenDims: readonly number[] | null;
  private readonly numTransforms: number;

  /** @throws TypeError for unknown options; RangeError when a scale, a width or the number of transforms is not positive. */
  constructor(model: (...args: A) => unknown, options: AutoIAFNormalOptions<A> = {}) {
    super('AutoIAFNormal', model, options, ['initScale', 'hiddenDims', 'numTransforms']);
    const { hiddenDims, numTransforms = 2 } = options;
    checkInteger(this.className, 'numTransforms', numTransforms, 1);
    for (const width of hiddenDims ?? []) checkInteger(this.className, 'hiddenDims', width, 1);
    this.hiddenDims = hiddenDims ?? null;
    this.numTransforms = numTransforms;
  }

  protected override flow(dimension: number): Transform {
    const reversed = permutation(Array.from({ length: dimension }, (_, i) => dimension - 1 - i));
    const parts = Array.from({ length: this.numTransforms }, (_, t) => this.autoregressive(dimension, `flow.${t}`));
    return compose(parts.flatMap((part, t) => (t === 0 ? [part] : [reversed, part])));
  }

  private autoregressive(dimension: number, name: string): Transform {
    const widest = Math.max(dimension, LEAST_WIDTH);
    const shapes = maskedLayerShapes(dimension, this.hiddenDims ?? [widest, widest]);
    const stream = this.initStream.fold(name);
    const layers = shapes.map(({ kernel, bias }, l): MaskedLayer => {
      // With a last layer of zeros the transform is the identity.
      const initial = (): Tensor => (l === shapes.length - 1 ? tf.zeros([...kernel]) : glorotUniform(kernel, stream.fold(l)));
      return { kernel: this.parameter(`${name}.kernel${l}`, kernel, initial), bias: this.parameter(`${name}.bias${l}`, bias, () => tf.zeros([...bias])) };
    });
    return affineAutoregressive(new MaskedNetwork(dimension, layers));
  }
}

/** Glorot and Bengio, "Understanding the difficulty of training deep feedforward neural networks" (AISTATS 2010), equation 16. */
function glorotUniform([inputs, units]: LayerShape['kernel'], stream: RandomStream): Tensor {
  const limit = Math.sqrt(6 / (inputs + units));
  return tf.mul(tf.sub(uniformTensor(stream, [inputs, units]), 0.5), 2 * limit);
}
