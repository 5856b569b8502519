/** @file Lowerings of pooling in two and three dimensions, with its gradients. */
import * as tf from '@tensorflow/tfjs-core';
import type { Shape, WindowGeometry } from '../../graph/node.ts';
import { geometry2D, geometry3D } from './convolution.ts';
import type { KernelCall, Lowering, LoweringTable } from './lowering.ts';
import { attrsOf, inputOf } from './lowering.ts';

/** Where the windows lie over an input of the given shape, and the shape of the result. */
type Windows = (call: KernelCall, x: Shape) => { readonly geometry: WindowGeometry; readonly shape: Shape };

const windows2D: Windows = (call, x) => {
  const { filterSize, strides, pad, dimRoundingMode } = attrsOf<tf.MaxPoolAttrs>(call);
  const shape = [...x] as [number, number, number, number];
  const info = tf.backend_util.computePool2DInfo(shape, filterSize, strides, 1, pad, dimRoundingMode);
  return { geometry: geometry2D(info), shape: info.outShape };
};

const windows3D: Windows = (call, x) => {
  const { filterSize, strides, pad, dimRoundingMode } = attrsOf<tf.MaxPool3DAttrs>(call);
  const shape = [...x] as [number, number, number, number, number];
  const info = tf.backend_util.computePool3DInfo(shape, filterSize, strides, 1, pad, dimRoundingMode);
  return { geometry: geometry3D(info), shape: info.outShape };
};

const pool =
  (fn: 'max' | 'mean', windows: Windows): Lowering =>
  (call, g) => {
    const x = inputOf(call, 'x');
    const { geometry, shape } = windows(call, g.shape(x));
    return g.pool(fn, x, geometry, shape);
  };

const maxPoolGrad =
  (windows: Windows): Lowering =>
  (call, g) => {
    const x = inputOf(call, 'input');
    return g.maxPoolGrad(x, inputOf(call, 'dy'), windows(call, g.shape(x)).geometry);
  };

const meanPoolGrad =
  (windows: Windows): Lowering =>
  (call, g) => {
    const shape = g.shape(inputOf(call, 'input'));
    return g.meanPoolGrad(inputOf(call, 'dy'), windows(call, shape).geometry, shape);
  };

/** Kernels of pooling. */
export const POOLING: LoweringTable = {
  [tf.MaxPool]: pool('max', windows2D),
  [tf.MaxPoolGrad]: maxPoolGrad(windows2D),
  [tf.AvgPool]: pool('mean', windows2D),
  [tf.AvgPoolGrad]: meanPoolGrad(windows2D),
  [tf.MaxPool3D]: pool('max', windows3D),
  [tf.MaxPool3DGrad]: maxPoolGrad(windows3D),
  [tf.AvgPool3D]: pool('mean', windows3D),
  [tf.AvgPool3DGrad]: meanPoolGrad(windows3D),
};
