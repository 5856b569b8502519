/** @file Convolutions on WASM whose stride is longer than their filter. */
import type { TensorInfo } from '@tensorflow/tfjs-core';
import * as tf from '@tensorflow/tfjs-core';
import type { KernelCall } from '../kernels.ts';
import { mendKernel } from '../kernels.ts';

type Pair = [number, number];

/**
 * With padding `'same'` and a stride longer than the filter, WASM's convolutions (XNNPACK) may decline and leave zeros. The
 * same margins spelt out as numbers work.
 */
export function mendSamePadding(): void {
  for (const [kernelName, isDepthwise] of [
    [tf.Conv2D, false],
    [tf.FusedConv2D, false],
    [tf.DepthwiseConv2dNative, true],
    [tf.FusedDepthwiseConv2D, true],
  ] as const) {
    mendKernel('wasm', kernelName, (original) => (call) => {
      if (original === null) throw new Error(`this version of the WASM backend has no kernel ${kernelName}`);
      return original(call.attrs['pad'] === 'same' ? spelledOut(call, isDepthwise) : call);
    });
  }
}

function spelledOut(call: KernelCall, isDepthwise: boolean): KernelCall {
  const { x, filter } = call.inputs as Record<'x' | 'filter', TensorInfo>;
  const { strides, dilations, dimRoundingMode } = call.attrs;
  const info = tf.backend_util.computeConv2DInfo(
    x.shape as [number, number, number, number],
    filter.shape as [number, number, number, number],
    strides as Pair,
    (dilations ?? 1) as Pair,
    'same',
    dimRoundingMode as 'floor',
    isDepthwise,
  );
  if (info.strideHeight <= info.filterHeight && info.strideWidth <= info.filterWidth) return call;
  const { top, bottom, left, right } = info.padInfo;
  return { ...call, attrs: { ...call.attrs, pad: [[0, 0], [top, bottom], [left, right], [0, 0]] } };
}
