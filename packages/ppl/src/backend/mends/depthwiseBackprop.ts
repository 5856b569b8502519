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
  const dyValues = read(call.backend, dy) as Float32Array;
  const filterValues = read(call.backend, filter) as Float32Array;
  const dx = new Float32Array(tf.util.sizeFromShape(inputShape));
  forEachTap(call, inputShape, filter.shape as Shape4D, (inAt, outAt, filterAt, channels, multiplier) => {
    for (let m = 0; m < multiplier; m++) {
      addProducts(dx, inAt, 1, dyValues, outAt + m, multiplier, filterValues, filterAt + m, multiplier, channels);
    }
  });
  return write(call.backend, dx, inputShape);
};

const backpropFilter: Kernel = (call) => {
  const { x, dy } = call.inputs as Record<'x' | 'dy', TensorInfo>;
  const filterShape = call.attrs['filterShape'] as Shape4D;
  const xValues = read(call.backend, x) as Float32Array;
  const dyValues = read(call.backend, dy) as Float32Array;
  const sums = new Float64Array(tf.util.sizeFromShape(filterShape));
  forEachTap(call, x.shape as Shape4D, filterShape, (inAt, outAt, filterAt, channels, multiplier) => {
    for (let m = 0; m < multiplier; m++) {
      addProducts(sums, filterAt + m, multiplier, xValues, inAt, 1, dyValues, outAt + m, multiplier, channels);
    }
  });
  return write(call.backend, Float32Array.from(sums), filterShape);
};

/** sum[s], sum[s + ds], ... += a[i] b[j], a[i + di] b[j + dj], ..., `count` times. */
function addProducts(
  sum: Float32Array | Float64Array,
  s: number,
  ds: number,
  a: Float32Array,
  i: number,
  di: number,
  b: Float32Array,
  j: number,
  dj: number,
  count: number,
): void {
  for (let k = 0; k < count; k++, s += ds, i += di, j += dj) {
    sum[s] = (sum[s] as number) + (a[i] as number) * (b[j] as number);
  }
}

/**
 * Visits every pixel of the output with every tap of the filter that then lies on the image, giving the offsets of the
 * first channel in the input, the output and the filter. Channel c of the input goes with channels c m to c m + m - 1 of
 * the other two, where m is the multiplier.
 */
function forEachTap(
  call: KernelCall,
  inputShape: Shape4D,
  filterShape: Shape4D,
  visit: (inAt: number, outAt: number, filterAt: number, channels: number, multiplier: number) => void,
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
            visit(inAt, outAt, (i * info.filterWidth + j) * outChannels, inChannels, filterShape[3]);
          }
        }
      }
    }
  }
}
