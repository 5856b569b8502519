/** @file Convolutions in which each example of the batch has a filter of its own. */
import type { KernelConfig, NamedAttrMap, Tensor, Tensor4D } from '@tensorflow/tfjs-core';
import * as tf from '@tensorflow/tfjs-core';
import { checkOptions } from '../util/options.ts';
import { format, sizeOf } from '../util/shape.ts';
import { ensureKernel } from './kernel.ts';

/** Options of {@link conv2dPerExample}, as those of `tf.conv2d`. */
export interface Conv2dPerExampleOptions {
  /** Along height and width. Default [1, 1]. */
  readonly strides?: readonly [number, number];
  readonly pad?: 'same' | 'valid';
  /** Along height and width. Default [1, 1]; gradients are known for that alone, as in tfjs. */
  readonly dilations?: readonly [number, number];
}

/** What the kernels are told: how windows lie, and the shapes of all three arrays. */
export interface Conv2dPerExampleAttrs {
  readonly strides: readonly [number, number];
  readonly pad: 'same' | 'valid';
  readonly dilations: readonly [number, number];
  readonly xShape: readonly number[];
  readonly filterShape: readonly number[];
  readonly yShape: readonly number[];
}

/** The names of the kernels: of the convolution, and of its gradients. */
export const CONV_2D_PER_EXAMPLE = {
  forward: 'Conv2DPerExample',
  gradInput: 'Conv2DPerExampleBackpropInput',
  gradFilter: 'Conv2DPerExampleBackpropFilter',
} as const;

type Kernel = keyof typeof CONV_2D_PER_EXAMPLE;

/**
 * `tf.conv2d` with a filter for each example. Eagerly the examples are convolved one after another; compiled, it takes as
 * long as a convolution with one filter for all.
 *
 * @param x - images [batch, height, width, channels].
 * @param filters - [batch, filter height, filter width, channels, filters].
 * @returns [batch, height, width, filters]; its gradients are known, those of the gradients are not.
 * @throws Error when the shapes do not fit.
 */
export function conv2dPerExample(x: Tensor, filters: Tensor, options: Conv2dPerExampleOptions = {}): Tensor4D {
  checkOptions('ops.conv2dPerExample', options, ['strides', 'pad', 'dilations']);
  const { strides = [1, 1], pad = 'valid', dilations = [1, 1] } = options;
  if (x.rank !== 4 || filters.rank !== 5 || filters.shape[0] !== x.shape[0] || filters.shape[3] !== x.shape[3]) {
    throw new Error(
      'ops.conv2dPerExample: images [batch, height, width, channels] need filters [batch, height, width, channels, filters], got ' +
        `${format(x.shape)} and ${format(filters.shape)}`,
    );
  }
  const [, ...filterShape] = filters.shape as [number, number, number, number, number];
  const { outShape } = tf.backend_util.computeConv2DInfo((x as Tensor4D).shape, filterShape, [...strides], [...dilations], pad);
  const attrs: Conv2dPerExampleAttrs = { strides, pad, dilations, xShape: x.shape, filterShape: filters.shape, yShape: outShape };
  return run('forward', { x, filter: filters }, attrs) as Tensor4D;
}

function run(kernel: Kernel, inputs: Readonly<Record<string, Tensor>>, attrs: Conv2dPerExampleAttrs): Tensor {
  const kernelName = CONV_2D_PER_EXAMPLE[kernel];
  ensureKernel(kernelName, (backendName): KernelConfig => {
    return { kernelName, backendName, kernelFunc: (call) => oneByOne(kernel, call.inputs as Record<string, Tensor>, call.attrs as unknown as typeof attrs) };
  });
  return tf.engine().runKernel(kernelName, inputs, { ...attrs } as unknown as NamedAttrMap);
}

/** The kernel by tfjs's own, for one example after another. */
function oneByOne(kernel: Kernel, inputs: Readonly<Record<string, Tensor>>, attrs: Conv2dPerExampleAttrs): Tensor {
  const { xShape, filterShape, yShape } = attrs;
  const shape = { forward: yShape, gradInput: xShape, gradFilter: filterShape }[kernel] as number[];
  const [batch = 0] = xShape;
  if (sizeOf(shape) === 0) return tf.zeros(shape);
  return tf.tidy(() => {
    const one = Array.from({ length: batch }, (_, n) => {
      const part = (name: string): Tensor4D => {
        const all = inputs[name] as Tensor;
        const own = tf.slice(all, n, 1);
        return (all.rank === 5 ? tf.squeeze(own, [0]) : own) as Tensor4D;
      };
      return tf.reshape(ofOne(kernel, part, attrs), [1, ...shape.slice(1)]);
    });
    return tf.concat(one, 0);
  });
}

function ofOne(kernel: Kernel, part: (name: string) => Tensor4D, { strides, pad, dilations, xShape, filterShape }: Conv2dPerExampleAttrs): Tensor {
  const own = { strides: [...strides], pad, dataFormat: 'NHWC' };
  switch (kernel) {
    case 'forward':
      return tf.conv2d(part('x'), part('filter'), [...strides], pad, 'NHWC', [...dilations]);
    case 'gradInput':
      return tf.engine().runKernel(tf.Conv2DBackpropInput, { dy: part('dy'), filter: part('filter') }, { ...own, inputShape: [1, ...xShape.slice(1)] });
    case 'gradFilter':
      return tf.engine().runKernel(tf.Conv2DBackpropFilter, { x: part('x'), dy: part('dy') }, { ...own, filterShape: filterShape.slice(1) });
  }
}

tf.registerGradient({
  kernelName: CONV_2D_PER_EXAMPLE.forward,
  inputsToSave: ['x', 'filter'],
  gradFunc: (dy, saved, attrs) => {
    const [x, filter] = saved as [Tensor, Tensor];
    const own = attrs as unknown as Conv2dPerExampleAttrs;
    if (own.dilations.some((dilation) => dilation !== 1)) {
      throw new Error(`ops.conv2dPerExample: gradients are known without dilations only, got ${own.dilations.join(' by ')}`);
    }
    return {
      x: () => run('gradInput', { dy: dy as Tensor, filter }, own),
      filter: () => run('gradFilter', { x, dy: dy as Tensor }, own),
    };
  },
});
