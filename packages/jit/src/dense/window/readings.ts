/** @file What pooling windows read: entry after entry, those outside of the image left out. */
import type { Shape, WindowGeometry } from '../../graph/node.ts';
import { at, sizeOf, stridesOf } from '../../graph/shape.ts';
import type { Local } from '../../wasm/encode/functionBuilder.ts';
import type { KernelWriter } from '../kernelWriter.ts';

/** Windows over a batch of images [batch, ...spatial, channels]. */
export interface Pooling {
  readonly geometry: WindowGeometry;
  readonly batch: number;
  readonly input: Shape;
  readonly output: Shape;
  readonly channels: number;
}

/** The windows between two arrays with channels last. */
export function poolingOf(geometry: WindowGeometry, x: Shape, y: Shape): Pooling {
  return {
    geometry,
    batch: at(x, 0),
    input: x.slice(1, -1),
    output: y.slice(1, -1),
    channels: at(x, x.length - 1),
  };
}

/** Bytes of an image of the input. */
export function imageBytes(w: KernelWriter, { input, channels }: Pooling): number {
  return sizeOf(input) * channels * w.size;
}

/** The place of a window: where it begins along each spatial axis, which may be outside, and its first entry's address. */
export interface WindowPlace {
  readonly begins: readonly Local[];
  readonly corner: Local;
}

/** Runs `body` for every place of a window over the image at `image`, in the order of the output. */
export function forEachWindow(
  w: KernelWriter,
  { geometry, input, output, channels }: Pooling,
  image: Local,
  body: (place: WindowPlace) => void,
): void {
  const { f } = w;
  const steps = stridesOf(input).map((stride) => stride * channels * w.size);
  const begins = output.map(() => f.local('i32'));
  const corner = w.pointer(image, -geometry.padding.reduce((sum, n, axis) => sum + n * at(steps, axis), 0));
  const nest = (axis: number): void => {
    const [count, begin] = [output[axis], begins[axis]];
    if (count === undefined || begin === undefined) {
      body({ begins, corner });
      return;
    }
    const stride = at(geometry.strides, axis);
    f.i32(-at(geometry.padding, axis)).set(begin);
    w.times(count, () => {
      nest(axis + 1);
      w.move(begin, stride);
      w.move(corner, stride * at(steps, axis));
    });
    w.move(corner, -count * stride * at(steps, axis));
  };
  nest(0);
  f.release('i32', corner, ...begins);
}

/** An entry of a window, for some channels. */
export interface Entry {
  /** An address, and bytes to be added to it. */
  readonly pointer: Local;
  readonly offset: number;
  /** How many entries of the window inside the image were before it, as a vector of equal floats. */
  readonly number: Local;
  /** Whether it is the first of them, where that is known. */
  readonly isFirst?: boolean;
}

/** Windows of up to this many entries are written out where they lie inside the image. */
const MOST_WRITTEN_OUT = 16;

/** How far a window reaches along each axis. */
function extents({ geometry: { window, dilations } }: Pooling): number[] {
  return window.map((n, axis) => (n - 1) * at(dilations, axis) + 1);
}

/** Whether no window reads outside of the image, and there are few entries in it. */
function isWrittenOut(pooling: Pooling): boolean {
  const { geometry, input, output } = pooling;
  const isInside = extents(pooling).every((extent, axis) => {
    const end = (at(output, axis) - 1) * at(geometry.strides, axis) + extent;
    return at(geometry.padding, axis) === 0 && end <= at(input, axis);
  });
  return isInside && sizeOf(geometry.window) <= MOST_WRITTEN_OUT;
}

/** Whether every entry of the image is in exactly one window. */
export function isPartition(pooling: Pooling): boolean {
  const { geometry, input, output } = pooling;
  const isTiled = extents(pooling).every((extent, axis) => {
    const [size, stride] = [at(geometry.window, axis), at(geometry.strides, axis)];
    return extent === size && stride === size && at(output, axis) * stride === at(input, axis);
  });
  return isTiled && isWrittenOut(pooling);
}

/**
 * Runs `body` for every entry of a window that lies inside the image, in the window's order.
 *
 * @param byte - the offset of the first of the channels.
 */
export function forEachEntry(w: KernelWriter, pooling: Pooling, place: WindowPlace, byte: Local, body: (entry: Entry) => void): void {
  const steps = stridesOf(pooling.input).map((stride) => stride * pooling.channels * w.size);
  const inWindow = steps.map((step, axis) => step * at(pooling.geometry.dilations, axis));
  if (isWrittenOut(pooling)) writeOut(w, pooling.geometry.window, inWindow, plus(w, place.corner, byte), body);
  else lookAtEach(w, pooling, inWindow, place, (pointer, number) => body({ pointer: plus(w, pointer, byte), offset: 0, number }));
}

/** All entries, at constant distances. */
function writeOut(w: KernelWriter, window: Shape, steps: readonly number[], pointer: Local, body: (entry: Entry) => void): void {
  const strides = stridesOf(window);
  for (let i = 0; i < sizeOf(window); i++) {
    const index = window.map((n, axis) => Math.floor(i / at(strides, axis)) % n);
    const offset = index.reduce((sum, k, axis) => sum + k * at(steps, axis), 0);
    body({ pointer, offset, number: w.constant(i), isFirst: i === 0 });
  }
}

/** Entries one after another, those outside of the image passed over. */
function lookAtEach(
  w: KernelWriter,
  { geometry, input }: Pooling,
  steps: readonly number[],
  place: WindowPlace,
  body: (pointer: Local, number: Local) => void,
): void {
  const { f } = w;
  const { window, dilations } = geometry;
  const [pointer, number, one] = [w.pointer(place.corner), w.variable(0), w.variable(1)];
  const positions = window.map(() => f.local('i32'));
  const nest = (axis: number): void => {
    const [count, position, begin] = [window[axis], positions[axis], place.begins[axis]];
    if (count === undefined || position === undefined || begin === undefined) {
      body(pointer, number);
      w.into(number, 'add', number, one);
      return;
    }
    w.assign(position, begin);
    w.times(count, () => {
      // Unsigned, so that a position before the image is beyond it too.
      f.get(position).i32(at(input, axis)).op('i32.lt_u');
      f.if(() => nest(axis + 1));
      w.move(position, at(dilations, axis));
      w.move(pointer, at(steps, axis));
    });
    w.move(pointer, -count * at(steps, axis));
  };
  nest(0);
  f.release('i32', pointer, ...positions);
  f.release('v128', number, one);
}

/** The sum of two addresses. */
function plus(w: KernelWriter, pointer: Local, byte: Local): Local {
  const local = w.f.local('i32');
  w.f.get(pointer).get(byte).op('i32.add').set(local);
  return local;
}
