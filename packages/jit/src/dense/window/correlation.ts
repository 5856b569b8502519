/**
 * @file What a convolution and its gradient in the input have in common: a filter that runs over an image. The gradient's
 * image is `dy` spread out by the strides, its filter the convolution's, turned round.
 */
import type { NodeOf, Shape } from '../../graph/node.ts';
import { at, sizeOf, stridesOf } from '../../graph/shape.ts';
import type { Local } from '../../wasm/encode/functionBuilder.ts';
import type { DenseContext } from '../denseKernel.ts';
import type { KernelWriter } from '../kernelWriter.ts';
import { copyBox } from '../move/box.ts';

/** Whether a filter is used as it stands, or turned round, with the roles of its channels exchanged. */
export type Turn = 'straight' | 'turned';

/** Evenly spaced entries of an array, along each spatial axis. */
export interface Lattice {
  readonly array: Shape;
  readonly first: readonly number[];
  readonly spacing: readonly number[];
}

/** All entries of an array. */
export function wholeLattice(array: Shape): Lattice {
  return { array, first: array.map(() => 0), spacing: array.map(() => 1) };
}

/** A filter over images; lists have an entry for each spatial axis. */
export interface Correlation {
  readonly batch: number;
  /** The array that images are made of: its size, where its first entry stands, and how far apart its entries are. */
  readonly source: Shape;
  readonly offset: readonly number[];
  readonly spacing: readonly number[];
  readonly output: Shape;
  /** The entries of the resulting array that the output is. */
  readonly target: Lattice;
  readonly window: Shape;
  /** The entries of the filter that the window is, before it is turned round. */
  readonly entries: Lattice;
  readonly strides: readonly number[];
  readonly dilations: readonly number[];
  readonly groups: number;
  /** Channels of a group: of the source, and of the output. */
  readonly inPerGroup: number;
  readonly outPerGroup: number;
}

const spatial = (shape: Shape): Shape => shape.slice(1, -1);
const last = (shape: Shape): number => at(shape, shape.length - 1);

/** A convolution as it stands. */
export function correlationOf(node: NodeOf<'conv' | 'convGradFilter'>, x: Shape, filter: Shape, y: Shape): Correlation {
  const { window, strides, dilations, padding } = node.geometry;
  return {
    batch: at(x, 0),
    source: spatial(x),
    offset: padding,
    spacing: spatial(x).map(() => 1),
    output: spatial(y),
    target: wholeLattice(spatial(y)),
    window,
    entries: wholeLattice(window),
    strides,
    dilations,
    groups: node.groups,
    inPerGroup: at(filter, filter.length - 2),
    outPerGroup: last(y) / node.groups,
  };
}

/** The gradient of a convolution in its input, over `dy`; the filter is to be turned round. */
export function gradientCorrelationOf(node: NodeOf<'convGradInput'>, dy: Shape, filter: Shape): Correlation {
  const { window, strides, dilations, padding } = node.geometry;
  return {
    batch: at(dy, 0),
    source: spatial(dy),
    offset: window.map((n, axis) => (n - 1) * at(dilations, axis) - at(padding, axis)),
    spacing: strides,
    output: spatial(node.shape),
    target: wholeLattice(spatial(node.shape)),
    window,
    entries: wholeLattice(window),
    strides: strides.map(() => 1),
    dilations,
    groups: node.groups,
    inPerGroup: last(dy) / node.groups,
    outPerGroup: at(filter, filter.length - 2),
  };
}

/** An image as windows see it: all that they read lies inside. */
export interface Image {
  /** Whether it must be made from the source, or is the source. */
  readonly isMade: boolean;
  readonly shape: Shape;
  readonly channels: number;
  /** Bytes from an entry to the next, along each spatial axis. */
  readonly steps: readonly number[];
  readonly bytes: number;
}

/** The image of a correlation. */
export function imageOf(correlation: Correlation, size: number): Image {
  const { source, offset, spacing, output, window, strides, dilations } = correlation;
  const extent = output.map((n, axis) => (n - 1) * at(strides, axis) + (at(window, axis) - 1) * at(dilations, axis) + 1);
  const isMade =
    offset.some((n) => n !== 0) || spacing.some((n) => n !== 1) || extent.some((n, axis) => n > at(source, axis));
  const shape = isMade ? extent : source;
  const channels = correlation.groups * correlation.inPerGroup;
  const steps = stridesOf(shape).map((stride) => stride * channels * size);
  return { isMade, shape, channels, steps, bytes: sizeOf(shape) * channels * size };
}

/** Writes the source's entries into an image that is zero elsewhere. */
export function writeImage(
  w: KernelWriter,
  context: DenseContext,
  correlation: Correlation,
  image: Image,
  source: Local,
  target: Local,
): void {
  const { offset, spacing } = correlation;
  const inSource = stridesOf(correlation.source).map((stride) => stride * image.channels * w.size);
  // The entries of the source that stand inside of the image.
  const first = offset.map((n, axis) => Math.max(0, Math.ceil(-n / at(spacing, axis))));
  const end = correlation.source.map((n, axis) =>
    Math.min(n, Math.floor((at(image.shape, axis) - 1 - at(offset, axis)) / at(spacing, axis)) + 1),
  );
  const counts = end.map((n, axis) => Math.max(0, n - at(first, axis)));
  const sum = (axes: readonly number[]): number => axes.reduce((total, n) => total + n, 0);
  const from = w.pointer(source, sum(first.map((n, axis) => n * at(inSource, axis))));
  const steps = image.steps.map((step, axis) => step * at(spacing, axis));
  const to = w.pointer(target, sum(first.map((n, axis) => at(offset, axis) * at(image.steps, axis) + n * at(steps, axis))));
  copyBox(
    w.f,
    [...counts, image.channels],
    { pointer: to, steps: [...steps, w.size] },
    { pointer: from, steps: [...inSource, w.size] },
    context,
  );
  w.release(from, to);
}
