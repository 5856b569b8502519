/** @file The gradients of depthwise convolutions, which WASM lacks. */
import type { TensorInfo } from '@tensorflow/tfjs-core';
import * as tf from '@tensorflow/tfjs-core';
import type { Kernel, KernelCall } from '../kernels.ts';
import { mendKernel, read, write } from '../kernels.ts';

type Shape4D = [number, number, number, number];

/** Registers the two kernels on WASM. */
export function mendDepthwiseBackprop(): void {
  mendKernel('wasm', tf.DepthwiseConv2dNativeBackpropInput, (original) => original ?? backpropInput);
  mendKernel('wasm', tf.DepthwiseConv2dNativeBackpropFilter, (original) => original ?? backpropFilter);
}

const backpropInput: Kernel = (call) => {
  const { dy, filter } = call.inputs as Record<'dy' | 'filter', TensorInfo>;
  const inputShape = call.attrs['inputShape'] as Shape4D;
  const dyValues = read(call.backend, dy);
  const filterValues = read(call.backend, filter);
  const dx = new Float32Array(tf.util.sizeFromShape(inputShape));
  const multiplier = filter.shape[3] as number;
  forEachTap(call, inputShape, filter.shape as Shape4D, (inAt, outAt, filterAt, channels) => {
    for (let c = 0; c < channels; c++) {
      let sum = dx[inAt + c] as number;
      for (let m = c * multiplier; m < (c + 1) * multiplier; m++) {
        sum += (dyValues[outAt + m] as number) * (filterValues[filterAt + m] as number);
      }
      dx[inAt + c] = sum;
    }
  });
  return write(call.backend, dx, inputShape);
};

const backpropFilter: Kernel = (call) => {
  const { x, dy } = call.inputs as Record<'x' | 'dy', TensorInfo>;
  const filterShape = call.attrs['filterShape'] as Shape4D;
  const xValues = read(call.backend, x);
  const dyValues = read(call.backend, dy);
  const sums = new Float64Array(tf.util.sizeFromShape(filterShape));
  const multiplier = filterShape[3];
  forEachTap(call, x.shape as Shape4D, filterShape, (inAt, outAt, filterAt, channels) => {
    for (let c = 0; c < channels; c++) {
      const value = xValues[inAt + c] as number;
      for (let m = c * multiplier; m < (c + 1) * multiplier; m++) {
        sums[filterAt + m] = (sums[filterAt + m] as number) + value * (dyValues[outAt + m] as number);
      }
    }
  });
  return write(call.backend, Float32Array.from(sums), filterShape);
};

/**
 * Visits every pixel of the output with every tap of the filter that then lies on the image, giving the offsets of the
 * first channel in the input, the output and the filter. Channel c of the input goes with channels c m to c m + m - 1 of
 * the other two, where m is the multiplier.
 */
function forEachTap(
  call: KernelCall,
  inputShape: Shape4D,
  filterShape: Shape4D,
  visit: (inAt: number, outAt: number, filterAt: number, channels: number) => void,
): void {
  const { strides, dilations, pad, dimRoundingMode } = call.attrs;
  const info = tf.backend_util.computeConv2DInfo(
    inputShape,
    filterShape,
    strides as [number, number],
    (dilations ?? 1) as [number, number],
    pad as number,
    dimRoundingMode as 'floor',
    true,
  );
  const { batchSize, inHeight, inWidth, inChannels, outHeight, outWidth, outChannels, padInfo } = info;
  for (let n = 0; n < batchSize; n++) {
    for (let p = 0; p < outHeight; p++) {
      for (let q = 0; q < outWidth; q++) {
        const outAt = ((n * outHeight + p) * outWidth + q) * outChannels;
        for (let i = 0; i < info.filterHeight; i++) {
          const row = p * info.strideHeight + i * info.dilationHeight - padInfo.top;
          if (row < 0 || row >= inHeight) continue;
          for (let j = 0; j < info.filterWidth; j++) {
            const column = q * info.strideWidth + j * info.dilationWidth - padInfo.left;
            if (column < 0 || column >= inWidth) continue;
            const inAt = ((n * inHeight + row) * inWidth + column) * inChannels;
            visit(inAt, outAt, (i * info.filterWidth + j) * outChannels, inChannels);
          }
        }
      }
    }
  }
}
