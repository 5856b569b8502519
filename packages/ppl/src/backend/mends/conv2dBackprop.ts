/** @file The gradients of two-dimensional convolutions. */
import type { KernelBackend, TensorInfo } from '@tensorflow/tfjs-core';
import * as tf from '@tensorflow/tfjs-core';
import type { Kernel, KernelCall } from '../kernels.ts';
import { composedKernel, mendKernel, read, write } from '../kernels.ts';

type Margins = [top: number, bottom: number, left: number, right: number];

type ConvInfo = ReturnType<typeof tf.backend_util.computeConv2DInfo>;

/**
 * WASM has no kernel for the gradient in the filter, and a slow one for that in the input; the cpu's for the filter takes
 * seconds. Both are convolutions themselves, which both backends do fast.
 */
export function mendConv2dBackprop(): void {
  for (const backend of ['cpu', 'wasm']) {
    mendKernel(backend, tf.Conv2DBackpropFilter, (original) => backpropFilter(backend, original));
  }
  mendKernel('wasm', tf.Conv2DBackpropInput, (original) => backpropInput('wasm', original));
}

/**
 * With x as a batch of its channels and dy as a filter that takes every stride-th pixel, their convolution over the pixels
 * is the sum over pixels and examples of x times dy, for each shift of one against the other: the gradient of the filter.
 */
function backpropFilter(backendName: string, original: Kernel | null): Kernel {
  const composed = composedKernel(backendName, (call, run) => {
    const { x, dy } = call.inputs as Record<'x' | 'dy', TensorInfo>;
    const filterShape = call.attrs['filterShape'] as [number, number, number, number];
    const info = convInfo(call, x.shape, filterShape);
    const { padInfo, filterHeight, filterWidth, inChannels, outChannels } = info;
    // Rows and columns past the last window are not read; where the last window reaches past the image, it is padded.
    const bottom = (info.outHeight - 1) * info.strideHeight + filterHeight - info.inHeight - padInfo.top;
    const right = (info.outWidth - 1) * info.strideWidth + filterWidth - info.inWidth - padInfo.left;
    const correlation = run(
      tf.Conv2D,
      {
        x: run(tf.Transpose, { x }, { perm: [3, 1, 2, 0] }),
        filter: run(tf.Transpose, { x: dy }, { perm: [1, 2, 0, 3] }),
      },
      {
        strides: [1, 1],
        pad: [[0, 0], [padInfo.top, Math.max(0, bottom)], [padInfo.left, Math.max(0, right)], [0, 0]],
        dilations: [info.strideHeight, info.strideWidth],
        dataFormat: 'NHWC',
      },
    );
    const shifts = run(
      tf.Slice,
      { x: correlation },
      { begin: [0, 0, 0, 0], size: [inChannels, filterHeight, filterWidth, outChannels] },
    );
    return run(tf.Transpose, { x: shifts }, { perm: [1, 2, 0, 3] });
  });
  return channelsLastOr(original, composed);
}

/** dy with stride - 1 zeros between its pixels, convolved with the filter turned by half a circle. */
function backpropInput(backendName: string, original: Kernel | null): Kernel {
  const composed = composedKernel(backendName, (call, run, own) => {
    const { dy, filter } = call.inputs as Record<'dy' | 'filter', TensorInfo>;
    const inputShape = call.attrs['inputShape'] as [number, number, number, number];
    const info = convInfo(call, inputShape, filter.shape as [number, number, number, number]);
    const { padInfo, filterHeight, filterWidth, strideHeight, strideWidth } = info;
    const isDense = strideHeight === 1 && strideWidth === 1;
    const spread = isDense ? dy : own(spreadPixels(call.backend, dy, strideHeight, strideWidth));
    const [, height, width] = spread.shape as [number, number, number];
    const top = filterHeight - 1 - padInfo.top;
    const left = filterWidth - 1 - padInfo.left;
    const bottom = info.inHeight - (height + top - filterHeight + 1);
    const right = info.inWidth - (width + left - filterWidth + 1);
    const turned = run(tf.Reverse, { x: filter }, { dims: [0, 1] });
    // A negative margin (padding wider than the filter) means that pixels of dy never saw the image: they are cut off.
    const margins = [top, bottom, left, right];
    const [cutTop, cutBottom, cutLeft, cutRight] = margins.map((margin) => Math.max(0, -margin)) as Margins;
    const [padTop, padBottom, padLeft, padRight] = margins.map((margin) => Math.max(0, margin)) as Margins;
    const begin = [0, cutTop, cutLeft, 0];
    const size = [info.batchSize, height - cutTop - cutBottom, width - cutLeft - cutRight, info.outChannels];
    const seen = margins.some((margin) => margin < 0) ? run(tf.Slice, { x: spread }, { begin, size }) : spread;
    return run(
      tf.Conv2D,
      { x: seen, filter: run(tf.Transpose, { x: turned }, { perm: [0, 1, 3, 2] }) },
      {
        strides: [1, 1],
        pad: [[0, 0], [padTop, padBottom], [padLeft, padRight], [0, 0]],
        dilations: [1, 1],
        dataFormat: 'NHWC',
      },
    );
  });
  return channelsLastOr(original, composed);
}

/** Puts stride - 1 zeros between the pixels. */
function spreadPixels(backend: KernelBackend, dy: TensorInfo, strideHeight: number, strideWidth: number): TensorInfo {
  const [batch, height, width, channels] = dy.shape as [number, number, number, number];
  const shape = [batch, (height - 1) * strideHeight + 1, (width - 1) * strideWidth + 1, channels];
  const [, rows, columns] = shape as [number, number, number];
  const values = read(backend, dy);
  const out = new Float32Array(tf.util.sizeFromShape(shape));
  for (let n = 0, from = 0; n < batch; n++) {
    for (let i = 0; i < height; i++) {
      for (let j = 0; j < width; j++, from += channels) {
        const to = ((n * rows + i * strideHeight) * columns + j * strideWidth) * channels;
        for (let c = 0; c < channels; c++) out[to + c] = values[from + c] as number;
      }
    }
  }
  return write(backend, out, shape);
}

/** Images with channels first are left to the backend: WASM refuses them. */
function channelsLastOr(original: Kernel | null, composed: Kernel): Kernel {
  return (call) => {
    if (call.attrs['dataFormat'] !== 'NCHW') return composed(call);
    if (original === null) throw new Error('gradients of conv2d need dataFormat NHWC on this backend, got NCHW');
    return original(call);
  };
}

function convInfo(call: KernelCall, inputShape: number[], filterShape: [number, number, number, number]): ConvInfo {
  const { strides, pad, dimRoundingMode } = call.attrs;
  return tf.backend_util.computeConv2DInfo(
    inputShape as [number, number, number, number],
    filterShape,
    strides as [number, number],
    1,
    pad as number,
    dimRoundingMode as 'floor',
  );
}
