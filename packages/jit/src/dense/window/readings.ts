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

/**
 * Runs `body` for every entry of a window that lies inside the image, in the window's order.
 *
 * @param body - is given a pointer to the entry's first channel, and how many entries were before it, in a local.
 */
export function forEachEntry(
  w: KernelWriter,
  { geometry, input, channels }: Pooling,
  place: WindowPlace,
  body: (pointer: Local, entry: Local) => void,
): void {
  const { f } = w;
  const { window, dilations } = geometry;
  const steps = stridesOf(input).map((stride) => stride * channels * w.size);
  const [pointer, entry] = [w.pointer(place.corner), f.local('i32')];
  const positions = window.map(() => f.local('i32'));
  f.i32(0).set(entry);
  const nest = (axis: number): void => {
    const [count, position, begin] = [window[axis], positions[axis], place.begins[axis]];
    if (count === undefined || position === undefined || begin === undefined) {
      body(pointer, entry);
      f.increment(entry, 1);
      return;
    }
    const dilation = at(dilations, axis);
    w.assign(position, begin);
    w.times(count, () => {
      // Unsigned, so that a position before the image is beyond it too.
      f.get(position).i32(at(input, axis)).op('i32.lt_u');
      f.if(() => nest(axis + 1));
      w.move(position, dilation);
      w.move(pointer, dilation * at(steps, axis));
    });
    w.move(pointer, -count * dilation * at(steps, axis));
  };
  nest(0);
  f.release('i32', pointer, entry, ...positions);
}
