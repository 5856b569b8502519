/** @file Pooling and its gradients, in vectors along the channels. */
import type { NodeOf } from '../../graph/node.ts';
import { sizeOf } from '../../graph/shape.ts';
import type { FunctionBuilder, Local } from '../../wasm/encode/functionBuilder.ts';
import type { DenseContext, Place } from '../denseKernel.ts';
import { callKernel, kernel } from '../kernel.ts';
import type { KernelWriter } from '../kernelWriter.ts';
import { fill } from '../move/fill.ts';
import type { Pooling, WindowPlace } from './readings.ts';
import { forEachEntry, forEachWindow, imageBytes, isPartition, poolingOf } from './readings.ts';

/** Runs `body` for the channels, a vector at a time: with the byte of the first in a local, and how many there are. */
function forEachVector(w: KernelWriter, channels: number, body: (byte: Local, lanes: number) => void): void {
  const byte = w.f.local('i32');
  const vector = (lanes: number): void => {
    w.f.scoped(() => body(byte, lanes));
    w.move(byte, lanes * w.size);
  };
  w.f.i32(0).set(byte);
  w.times(Math.floor(channels / w.count), () => vector(w.count));
  if (channels % w.count > 0) vector(channels % w.count);
  w.release(byte);
}

/** Appends maximum or mean over windows. */
export function emitPool(f: FunctionBuilder, node: NodeOf<'pool'>, x: Place, result: Place, context: DenseContext): void {
  if (sizeOf(node.shape) === 0) return;
  const pooling = poolingOf(node.geometry, x.shape, node.shape);
  const index = kernel(context, `pool ${node.fn} ${JSON.stringify(pooling)}`, 2, (w, source, target) => {
    w.times(pooling.batch, () => {
      forEachWindow(w, pooling, source, (place) => {
        forEachVector(w, pooling.channels, (byte, lanes) => {
          const total = w.variable(node.fn === 'max' ? -Infinity : 0);
          const count = countOf(w);
          forEachEntry(w, pooling, place, byte, ({ pointer, offset }) => {
            w.into(total, node.fn === 'max' ? 'max' : 'add', total, w.vector.load(pointer, offset));
            count.increase();
          });
          if (node.fn === 'mean') w.into(total, 'div', total, count.local);
          w.storePart(target, 0, total, lanes);
          w.move(target, lanes * w.size);
        });
      });
      w.move(source, imageBytes(w, pooling));
    });
  });
  callKernel(f, index, [x.address, result.address]);
}

/** How many entries a window has inside the image, as a vector of equal floats. */
function countOf(w: KernelWriter): { readonly local: Local; readonly increase: () => void } {
  const [local, one] = [w.variable(0), w.variable(1)];
  return { local, increase: () => w.into(local, 'add', local, one) };
}

/** Appends the gradient of mean pooling. */
export function emitMeanPoolGrad(
  f: FunctionBuilder,
  node: NodeOf<'meanPoolGrad'>,
  dy: Place,
  result: Place,
  context: DenseContext,
): void {
  fill(f, result, 0, context);
  if (sizeOf(node.shape) * sizeOf(dy.shape) === 0) return;
  const pooling = poolingOf(node.geometry, node.shape, dy.shape);
  const index = kernel(context, `meanPoolGrad ${JSON.stringify(pooling)}`, 2, (w, gradient, target) => {
    const { vector } = w;
    w.times(pooling.batch, () => {
      forEachWindow(w, pooling, target, (place) => {
        forEachVector(w, pooling.channels, (byte, lanes) => {
          const count = countOf(w);
          forEachEntry(w, pooling, place, byte, () => count.increase());
          const share = vector.div(vector.load(gradient, 0), count.local);
          forEachEntry(w, pooling, place, byte, ({ pointer, offset }) => {
            w.storePart(pointer, offset, vector.add(vector.load(pointer, offset), share), lanes);
          });
          w.move(gradient, lanes * w.size);
        });
      });
      w.move(target, imageBytes(w, pooling));
    });
  });
  callKernel(f, index, [dy.address, result.address]);
}

/** Appends the gradient of max pooling. */
export function emitMaxPoolGrad(
  f: FunctionBuilder,
  node: NodeOf<'maxPoolGrad'>,
  x: Place,
  dy: Place,
  result: Place,
  context: DenseContext,
): void {
  const pooling = poolingOf(node.geometry, node.shape, dy.shape);
  // Where every entry is in one window, each is written once, whatever was there.
  const isOnce = isPartition(pooling);
  if (!isOnce) fill(f, result, 0, context);
  if (sizeOf(node.shape) * sizeOf(dy.shape) === 0) return;
  const index = kernel(context, `maxPoolGrad ${JSON.stringify(pooling)}`, 3, (w, source, gradient, target) => {
    const { vector } = w;
    const apart = w.f.local('i32');
    // From an entry of x to the same of the result.
    w.f.get(target).get(source).op('i32.sub').set(apart);
    w.times(pooling.batch, () => {
      forEachWindow(w, pooling, source, (place) => {
        forEachVector(w, pooling.channels, (byte, lanes) => {
          const first = firstGreatest(w, pooling, place, byte);
          const share = vector.load(gradient, 0);
          const inTarget = w.f.local('i32');
          w.f.get(byte).get(apart).op('i32.add').set(inTarget);
          forEachEntry(w, pooling, place, inTarget, ({ pointer, offset, number }) => {
            const own = vector.and(vector.eq(first, number), share);
            w.storePart(pointer, offset, isOnce ? own : vector.add(vector.load(pointer, offset), own), lanes);
          });
          w.move(gradient, lanes * w.size);
        });
      });
      w.move(source, imageBytes(w, pooling));
    });
  });
  callKernel(f, index, [x.address, dy.address, result.address]);
}

/** The number of the first greatest entry of a window, for some channels; the first inside the image if that is NaN. */
function firstGreatest(
  w: KernelWriter,
  pooling: Pooling,
  place: WindowPlace,
  byte: Local,
): Local {
  const { vector } = w;
  const [greatest, first] = [w.variable(), w.variable(-1)];
  const note = (value: Local, number: Local): void => {
    w.f.get(value).set(greatest);
    w.f.get(number).set(first);
  };
  forEachEntry(w, pooling, place, byte, ({ pointer, offset, number, isFirst }) => {
    const value = vector.load(pointer, offset);
    if (isFirst === true) {
      note(value, number);
      return;
    }
    const isGreater = vector.lt(greatest, value);
    const isBetter = isFirst === false ? isGreater : vector.or(vector.lt(first, w.constant(0)), isGreater);
    if (isFirst === false) w.into(greatest, 'pmax', greatest, value);
    else w.f.get(vector.select(isBetter, value, greatest)).set(greatest);
    w.f.get(vector.select(isBetter, number, first)).set(first);
  });
  return first;
}
