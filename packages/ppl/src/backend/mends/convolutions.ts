/** @file Gradients of convolutions that tfjs refuses or leaves out. */
import type { Tensor, Tensor4D } from '@tensorflow/tfjs-core';
import * as tf from '@tensorflow/tfjs-core';

type Pair = [number, number];
type Filter = [number, number, number, number];

/** The second derivative of `conv2d` in its filter is missing, and any gradient of a dilated `conv2d` or `conv1d`. */
export function mendConvolutions(): void {
  // Linear in x and in dy, as the convolution is linear in x and in the filter.
  tf.registerGradient({
    kernelName: tf.Conv2DBackpropFilter,
    inputsToSave: ['x', 'dy'],
    gradFunc: (ddf, saved, attrs) => {
      const [x, dy] = saved as [Tensor4D, Tensor4D];
      const { strides, pad, dataFormat, dimRoundingMode } = attrs as ConvAttrs;
      return {
        x: () => backpropInput(x.shape, dy, ddf as Tensor4D, attrs as ConvAttrs),
        dy: () => tf.conv2d(x, ddf as Tensor4D, strides, pad, dataFormat, 1, dimRoundingMode),
      };
    },
  });
  const original = tf.getGradient(tf.Conv2D);
  if (MENDED in original.gradFunc) return;
  const gradFunc: typeof original.gradFunc = (dy, saved, attrs) => {
    const { dilations } = attrs as ConvAttrs;
    const [height, width] = typeof dilations === 'number' ? [dilations, dilations] : dilations;
    if (height === 1 && width === 1) return original.gradFunc(dy, saved, attrs);
    return dilatedGradient(dy as Tensor4D, saved as [Tensor4D, Tensor4D], attrs as ConvAttrs, [height, width]);
  };
  tf.registerGradient({ ...original, gradFunc: Object.assign(gradFunc, { [MENDED]: true }) });
}

const MENDED = Symbol.for('@tychejs/ppl mended gradient');

interface ConvAttrs {
  readonly strides: number | Pair;
  readonly pad: number | 'same' | 'valid' | [Pair, Pair, Pair, Pair];
  readonly dataFormat: 'NHWC' | 'NCHW';
  readonly dilations: number | Pair;
  readonly dimRoundingMode?: 'floor';
  readonly [name: string]: unknown;
}

function backpropInput(shape: Filter, dy: Tensor4D, filter: Tensor4D, attrs: ConvAttrs): Tensor {
  const { strides, pad, dataFormat, dimRoundingMode } = attrs;
  return tf.engine().runKernel(
    tf.Conv2DBackpropInput,
    { dy, filter },
    { strides, pad: pad as number, dataFormat, dimRoundingMode: dimRoundingMode as string, inputShape: shape },
  );
}

/** tfjs allows dilation only with a stride of 1: then both gradients are convolutions without margins left over. */
function dilatedGradient(
  dy: Tensor4D,
  [x, filter]: [Tensor4D, Tensor4D],
  attrs: ConvAttrs,
  dilation: Pair,
): Record<'x' | 'filter', () => Tensor> {
  if (attrs.dataFormat === 'NCHW') throw new Error('gradients of a dilated conv2d need dataFormat NHWC, got NCHW');
  const { padInfo, filterHeight, filterWidth } = tf.backend_util.computeConv2DInfo(
    x.shape,
    filter.shape,
    attrs.strides,
    dilation,
    attrs.pad as number,
    attrs.dimRoundingMode,
  );
  const { top, bottom, left, right } = padInfo;
  const [reachDown, reachRight] = [(filterHeight - 1) * dilation[0], (filterWidth - 1) * dilation[1]];
  return {
    // dy over the image with the filter turned by half a circle, just as far apart.
    x: () => {
      const wide = tf.pad(dy, [[0, 0], [reachDown, reachDown], [reachRight, reachRight], [0, 0]]);
      const turned = tf.transpose(tf.reverse(filter, [0, 1]), [0, 1, 3, 2]) as Tensor4D;
      const whole = tf.conv2d(wide as Tensor4D, turned, 1, 'valid', 'NHWC', dilation);
      return tf.slice(whole, [0, top, left, 0], x.shape);
    },
    // The image under dy, at every shift that the filter knows.
    filter: () => {
      const wide = tf.pad(x, [[0, 0], [top, bottom], [left, right], [0, 0]]);
      const images = tf.transpose(wide, [3, 1, 2, 0]) as Tensor4D;
      const whole = tf.conv2d(images, tf.transpose(dy, [1, 2, 0, 3]) as Tensor4D, dilation, 'valid');
      return tf.transpose(whole, [1, 2, 0, 3]);
    },
  };
}
