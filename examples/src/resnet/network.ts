/** @file Residual networks for small photographs (He, Zhang, Ren and Sun, CVPR 2016, section 4.2), without anything Bayesian about them. */
import { initializers, input, layers, model, sequential } from '@tensorflow/tfjs-layers';
import type { LayersModel, Sequential, SymbolicTensor } from '@tensorflow/tfjs-layers';
import { SHAPE } from './images.ts';

export interface NetworkSettings {
  /** Layers with weights along the longest way: 2 + 6 n, with n blocks in each of three stages. 20 is the paper's smallest. */
  readonly depth: number;
  /** Filters of the first stage; the second has twice as many, the third four times as many. 16 in the paper. */
  readonly filters: number;
}

const STAGES = 3;
const LAYERS_PER_BLOCK = 2;
/** The layer that gives one number for each filter of the last stage, and the one that gives logits. */
const FEATURES = 'features';
const LOGITS = 'logits';

/**
 * A convolution, three stages of blocks of two convolutions beside a path of none, the mean of each filter over the image, and a layer
 * of logits. Where the image shrinks, the path beside the block is a convolution of 1 × 1 (the paper's option B).
 *
 * @param seed - of the weights that training begins with.
 * @throws RangeError when `depth` is not 8, 14, 20, ...
 */
export function resNet({ depth, filters }: NetworkSettings, classes: number, seed: number): LayersModel {
  const blocks = (depth - 2) / (STAGES * LAYERS_PER_BLOCK);
  if (!Number.isInteger(blocks) || blocks < 1) throw new RangeError(`a ResNet has a depth of 8, 14, 20, ..., not ${depth}`);
  const convolved = convolutionsFrom(seed);
  const image = input({ shape: [...SHAPE] });
  let hidden = rectified(convolved(image, filters));
  for (let stage = 0; stage < STAGES; stage++) {
    for (let block = 0; block < blocks; block++) {
      const width = filters * 2 ** stage;
      const strides = stage > 0 && block === 0 ? 2 : 1;
      const inner = convolved(rectified(convolved(hidden, width, strides)), width);
      const beside = strides === 1 ? hidden : convolved(hidden, width, strides, 1);
      hidden = rectified(layers.add().apply([inner, beside]) as SymbolicTensor);
    }
  }
  const features = layers.globalAveragePooling2d({ name: FEATURES }).apply(hidden);
  return model({ inputs: image, outputs: logitsLayer(classes, seed).apply(features) as SymbolicTensor });
}

/** The part of `net` below its logits; it shares the layers, so that its weights are those of `net`. */
export function featuresOf(net: LayersModel): LayersModel {
  return model({ inputs: net.inputs, outputs: net.getLayer(FEATURES).output as SymbolicTensor });
}

/** The part of `net` above its features: one layer, with a copy of its weights. */
export function headOf(net: LayersModel): Sequential {
  const logits = net.getLayer(LOGITS);
  const [features = 0, classes = 0] = logits.getWeights()[0]?.shape ?? [];
  const head = sequential({ layers: [layers.dense({ name: LOGITS, units: classes, inputShape: [features] })] });
  head.setWeights(logits.getWeights());
  return head;
}

/** Makes convolutions with normalised outputs, each with weights by a seed of its own. */
function convolutionsFrom(seed: number) {
  let count = 0;
  return (x: SymbolicTensor, filters: number, strides = 1, kernelSize = 3): SymbolicTensor => {
    const kernelInitializer = initializers.heNormal({ seed: seed + ++count });
    const convolution = layers.conv2d({ filters, kernelSize, strides, padding: 'same', useBias: false, kernelInitializer });
    return layers.batchNormalization({ momentum: 0.9, epsilon: 1e-5 }).apply(convolution.apply(x)) as SymbolicTensor;
  };
}

function rectified(x: SymbolicTensor): SymbolicTensor {
  return layers.reLU().apply(x) as SymbolicTensor;
}

function logitsLayer(units: number, seed: number) {
  return layers.dense({ name: LOGITS, units, kernelInitializer: initializers.glorotUniform({ seed }) });
}
