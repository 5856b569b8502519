/** @file The gradients of pooling. */
import type { KernelBackend, TensorInfo, TypedArray } from '@tensorflow/tfjs-core';
import * as tf from '@tensorflow/tfjs-core';
import type { Kernel, KernelCall } from '../kernels.ts';
import { composedKernel, mendKernel, read, write } from '../kernels.ts';

/** The windows of a pooling: of a two-dimensional one, with a depth of 1. */
interface Windows {
  readonly batch: number;
  readonly channels: number;
  readonly input: readonly [depth: number, height: number, width: number];
  readonly output: readonly [depth: number, height: number, width: number];
  readonly filter: readonly [depth: number, height: number, width: number];
  readonly stride: readonly [depth: number, height: number, width: number];
  readonly before: readonly [front: number, top: number, left: number];
}

/**
 * WASM looks for maxima starting from the smallest positive number: three-dimensional max pooling and the gradients of
 * both overlook all windows without a positive entry. And average pooling divides by the number of pixels of a window
 * that lie on the image, but its gradient, on all backends of tfjs's own (not tfjs-node), by the size of the window.
 */
export function mendPooling(): void {
  mendKernel('wasm', tf.MaxPool3D, () => maxPool3D);
  mendKernel('wasm', tf.MaxPoolGrad, () => (call) => maxPoolGrad(call, windows2D(input(call), call.attrs)));
  mendKernel('wasm', tf.MaxPool3DGrad, () => (call) => maxPoolGrad(call, windows3D(input(call), call.attrs)));
  for (const backend of ['cpu', 'wasm', 'webgl']) {
    mendKernel(backend, tf.AvgPoolGrad, (original) => averagePoolGrad(backend, original, windows2D));
    mendKernel(backend, tf.AvgPool3DGrad, (original) => averagePoolGrad(backend, original, windows3D));
  }
}

const maxPool3D: Kernel = ({ inputs, attrs, backend }) => {
  const { x } = inputs as Record<'x', TensorInfo>;
  const windows = windows3D(x, attrs);
  const values = read(backend, x);
  const shape = [windows.batch, ...windows.output, windows.channels];
  const out = new Float32Array(tf.util.sizeFromShape(shape));
  forEachMaximum(windows, values, (at, best) => {
    out[at] = values[best] as number;
  });
  return write(backend, out, shape);
};

/** Each window's gradient goes to its first largest pixel. */
function maxPoolGrad(call: KernelCall, windows: Windows): TensorInfo {
  const { dy } = call.inputs as Record<'dy', TensorInfo>;
  const x = read(call.backend, input(call));
  const gradient = read(call.backend, dy);
  const dx = new Float32Array(x.length);
  forEachMaximum(windows, x, (at, best) => {
    dx[best] = (dx[best] as number) + (gradient[at] as number);
  });
  return write(call.backend, dx, input(call).shape);
}

/** Visits every entry of the output with the index of the first largest entry of its window. */
function forEachMaximum(windows: Windows, x: TypedArray, visit: (at: number, best: number) => void): void {
  const { channels } = windows;
  forEachWindow(windows, (at, pixels) => {
    for (let c = 0; c < channels; c++) {
      let best = -1;
      for (const pixel of pixels) {
        const candidate = pixel * channels + c;
        if (best < 0 || (x[candidate] as number) > (x[best] as number)) best = candidate;
      }
      if (best >= 0) visit(at * channels + c, best);
    }
  });
}

function input(call: KernelCall): TensorInfo {
  return (call.inputs as Record<'input', TensorInfo>).input;
}

/** The backend's gradient, given dy times the size of the window over the number of its pixels on the image. */
function averagePoolGrad(
  backendName: string,
  original: Kernel | null,
  windowsOf: (x: TensorInfo, attrs: KernelCall['attrs']) => Windows,
): Kernel {
  return composedKernel(backendName, (call, run, own) => {
    if (original === null) throw new Error(`the ${backendName} backend has no gradient of average pooling`);
    const { dy } = call.inputs as Record<'dy', TensorInfo>;
    const ratio = own(sizeOverCount(call.backend, windowsOf(input(call), call.attrs), dy.shape));
    return original({ ...call, inputs: { ...call.inputs, dy: run(tf.Multiply, { a: dy, b: ratio }) } });
  });
}

function sizeOverCount(backend: KernelBackend, windows: Windows, dyShape: number[]): TensorInfo {
  const size = windows.filter.reduce((product, n) => product * n, 1);
  const [depth, height, width] = windows.output;
  const ratios = new Float32Array(depth * height * width);
  forEachWindow({ ...windows, batch: 1 }, (at, pixels) => {
    ratios[at] = size / pixels.length;
  });
  // One entry a window: the same for every example and channel.
  return write(backend, ratios, [1, ...dyShape.slice(1, -1), 1]);
}

/** Visits every window with the indices of its pixels, both counted over the batch too but not over channels. */
function forEachWindow(windows: Windows, visit: (at: number, pixels: readonly number[]) => void): void {
  const { batch, input, output, filter, stride, before } = windows;
  // For each axis and each place of the window along it, the coordinates that lie on the image.
  const spans = [0, 1, 2].map((axis) => {
    const [size, count, reach, step, margin] = [input, output, filter, stride, before].map((t) => t[axis] as number) as [
      number,
      number,
      number,
      number,
      number,
    ];
    return Array.from({ length: count }, (_, place) => {
      const start = place * step - margin;
      const on: number[] = [];
      for (let i = Math.max(0, start); i < Math.min(size, start + reach); i++) on.push(i);
      return on;
    });
  });
  const [depths, heights, widths] = spans as [number[][], number[][], number[][]];
  let at = 0;
  for (let n = 0; n < batch; n++) {
    for (const ds of depths) {
      for (const hs of heights) {
        for (const ws of widths) {
          const pixels: number[] = [];
          for (const d of ds) {
            for (const h of hs) for (const w of ws) pixels.push(((n * input[0] + d) * input[1] + h) * input[2] + w);
          }
          visit(at++, pixels);
        }
      }
    }
  }
}

function windows2D(x: TensorInfo, attrs: KernelCall['attrs']): Windows {
  const info = tf.backend_util.computePool2DInfo(
    x.shape as [number, number, number, number],
    attrs['filterSize'] as [number, number],
    attrs['strides'] as [number, number],
    1,
    attrs['pad'] as number,
    attrs['dimRoundingMode'] as 'floor',
  );
  return {
    batch: info.batchSize,
    channels: info.inChannels,
    input: [1, info.inHeight, info.inWidth],
    output: [1, info.outHeight, info.outWidth],
    filter: [1, info.filterHeight, info.filterWidth],
    stride: [1, info.strideHeight, info.strideWidth],
    before: [0, info.padInfo.top, info.padInfo.left],
  };
}

function windows3D(x: TensorInfo, attrs: KernelCall['attrs']): Windows {
  const info = tf.backend_util.computePool3DInfo(
    x.shape as [number, number, number, number, number],
    attrs['filterSize'] as [number, number, number],
    attrs['strides'] as [number, number, number],
    1,
    attrs['pad'] as number,
    attrs['dimRoundingMode'] as 'floor',
  );
  return {
    batch: info.batchSize,
    channels: info.inChannels,
    input: [info.inDepth, info.inHeight, info.inWidth],
    output: [info.outDepth, info.outHeight, info.outWidth],
    filter: [info.filterDepth, info.filterHeight, info.filterWidth],
    stride: [info.strideDepth, info.strideHeight, info.strideWidth],
    before: [info.padInfo.front, info.padInfo.top, info.padInfo.left],
  };
}
