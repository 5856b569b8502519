/** @file Lowerings of normalisations and of resizing images. */
import * as tf from '@tensorflow/tfjs-core';
import type { GraphBuilder } from '../../graph/builder.ts';
import type { NodeId } from '../../graph/node.ts';
import { at, sizeOf } from '../../graph/shape.ts';
import type { Lowering, LoweringTable } from './lowering.ts';
import { attrsOf, inputOf } from './lowering.ts';

/** How a resizing reads the old axis: for each new position, the weights of old ones (which sum to 1). */
type Weights = (position: number) => readonly (readonly [old: number, weight: number])[];

interface ResizeAttrs {
  readonly alignCorners: boolean;
  readonly halfPixelCenters?: boolean;
}

/** Where along the old axis a new position lies, before rounding. */
function sourceOf(position: number, from: number, to: number, { alignCorners, halfPixelCenters }: ResizeAttrs): number {
  const corners = alignCorners && to > 1;
  const ratio = corners ? (from - 1) / (to - 1) : from / to;
  return halfPixelCenters === true ? ratio * (position + 0.5) : ratio * position;
}

function bilinear(from: number, to: number, attrs: ResizeAttrs): Weights {
  return (position) => {
    const source = sourceOf(position, from, to, attrs) - (attrs.halfPixelCenters === true ? 0.5 : 0);
    const low = Math.max(0, Math.floor(source));
    const high = Math.min(from - 1, Math.ceil(source));
    const share = source - low;
    return [[low, 1 - share], [high, share]];
  };
}

function nearest(from: number, to: number, attrs: ResizeAttrs): Weights {
  return (position) => {
    const source = sourceOf(position, from, to, attrs);
    const rounded = attrs.alignCorners ? Math.round(source) : Math.floor(source);
    return [[Math.max(0, Math.min(from - 1, rounded)), 1]];
  };
}

/** The matrix [to, from] of a resizing along one axis. */
function matrixOf(weights: Weights, from: number, to: number, g: GraphBuilder): NodeId {
  const values = new Float64Array(to * from);
  for (let position = 0; position < to; position++) {
    for (const [old, weight] of weights(position)) values[position * from + old] = at(values, position * from + old) + weight;
  }
  return g.constant(values, [to, from], 'float');
}

type Shape4 = [number, number, number, number];

/** Multiplies the rows and the columns of images [b, h, w, c] by matrices [h', h] and [w', w] (or their transposes). */
function resize(images: NodeId, rows: NodeId, columns: NodeId, transposed: boolean, g: GraphBuilder): NodeId {
  const [b, h, w, c] = g.shape(images) as Shape4;
  const tall = g.dot(rows, g.reshape(images, [b, h, w * c]), transposed);
  const height = at(g.shape(tall), 1);
  const wide = g.dot(columns, g.reshape(tall, [b * height, w, c]), transposed);
  return g.reshape(wide, [b, height, at(g.shape(wide), 1), c]);
}

const forward =
  (weights: (from: number, to: number, attrs: ResizeAttrs) => Weights): Lowering =>
  (call, g) => {
    const images = inputOf(call, 'images');
    const attrs = attrsOf<tf.ResizeBilinearAttrs>(call);
    const [, h, w] = g.shape(images) as Shape4;
    const [height, width] = attrs.size;
    const rows = matrixOf(weights(h, height, attrs), h, height, g);
    return resize(images, rows, matrixOf(weights(w, width, attrs), w, width, g), false, g);
  };

/** The transposed matrices. tfjs's gradients know nothing of half-pixel centres. */
const backward =
  (weights: (from: number, to: number, attrs: ResizeAttrs) => Weights): Lowering =>
  (call, g) => {
    const [images, dy] = [inputOf(call, 'images'), inputOf(call, 'dy')];
    const { alignCorners } = attrsOf<tf.ResizeBilinearGradAttrs>(call);
    const [, h, w] = g.shape(images) as Shape4;
    const [, height, width] = g.shape(dy) as Shape4;
    const rows = matrixOf(weights(h, height, { alignCorners }), h, height, g);
    return resize(dy, rows, matrixOf(weights(w, width, { alignCorners }), w, width, g), true, g);
  };

/** bias + alpha times the sum of the squares of `x` [..., c] over the channels within `depthRadius`. */
function localNorm(x: NodeId, { depthRadius, bias, alpha }: tf.LRNAttrs, g: GraphBuilder): NodeId {
  return g.binary('add', g.binary('mul', acrossChannels(g.binary('mul', x, x), depthRadius, g), g.scalar(alpha)), g.scalar(bias));
}

/** Sums over the channels (the last axis) within `radius` of each, by a matrix of ones about the diagonal. */
function acrossChannels(x: NodeId, radius: number, g: GraphBuilder): NodeId {
  const shape = g.shape(x);
  const c = at(shape, shape.length - 1);
  const band = Float64Array.from({ length: c * c }, (_, i) => (Math.abs(Math.floor(i / c) - (i % c)) <= radius ? 1 : 0));
  return g.reshape(g.dot(g.reshape(x, [sizeOf(shape) / c, c]), g.constant(band, [c, c], 'float')), shape);
}

/** Kernels of image processing and normalisation. */
export const IMAGE: LoweringTable = {
  [tf.FusedBatchNorm]: (call, g) => {
    const [x, mean, variance] = [inputOf(call, 'x'), inputOf(call, 'mean'), inputOf(call, 'variance')];
    const { scale, offset } = call.inputs;
    const { varianceEpsilon = 0.001 } = attrsOf<Partial<tf.FusedBatchNormAttrs>>(call);
    const deviation = g.unary('sqrt', g.binary('add', variance, g.scalar(varianceEpsilon)));
    const centred = g.binary('sub', x, mean);
    const scaled = scale === undefined ? centred : g.binary('mul', centred, scale);
    const normal = g.binary('div', scaled, deviation);
    return offset === undefined ? normal : g.binary('add', normal, offset);
  },
  [tf.LRN]: (call, g) => {
    const x = inputOf(call, 'x');
    const attrs = attrsOf<tf.LRNAttrs>(call);
    return g.binary('mul', x, g.binary('pow', localNorm(x, attrs, g), g.scalar(-attrs.beta)));
  },
  // dy norm^-beta - 2 alpha beta x sum(dy y / norm), the sum over the channels within the radius.
  [tf.LRNGrad]: (call, g) => {
    const [x, y, dy] = [inputOf(call, 'x'), inputOf(call, 'y'), inputOf(call, 'dy')];
    const attrs = attrsOf<tf.LRNGradAttrs>(call);
    const norm = localNorm(x, attrs, g);
    const direct = g.binary('mul', dy, g.binary('pow', norm, g.scalar(-attrs.beta)));
    const through = acrossChannels(g.binary('div', g.binary('mul', dy, y), norm), attrs.depthRadius, g);
    return g.binary('sub', direct, g.binary('mul', g.binary('mul', x, g.scalar(2 * attrs.alpha * attrs.beta)), through));
  },
  [tf.ResizeBilinear]: forward(bilinear),
  [tf.ResizeBilinearGrad]: backward(bilinear),
  [tf.ResizeNearestNeighbor]: forward(nearest),
  [tf.ResizeNearestNeighborGrad]: backward(nearest),
};
