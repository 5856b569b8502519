/** @file Pooling and its gradients, in vectors along the channels. */
import type { NodeOf } from '../../graph/node.ts';
import { sizeOf } from '../../graph/shape.ts';
import type { FunctionBuilder, Local } from '../../wasm/encode/functionBuilder.ts';
import type { DenseContext, Place } from '../denseKernel.ts';
import { callKernel, kernel } from '../kernel.ts';
import type { KernelWriter } from '../kernelWriter.ts';
import { fill } from '../move/fill.ts';
import type { Pooling, WindowPlace } from './readings.ts';
import { forEachEntry, forEachWindow, imageBytes, poolingOf } from './readings.ts';

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

/** The sum of two addresses. */
function plus(w: KernelWriter, pointer: Local, byte: Local): Local {
  const local = w.f.local('i32');
  w.f.get(pointer).get(byte).op('i32.add').set(local);
  return local;
}

/** A counter as a vector of equal floats. */
function asVector(w: KernelWriter, counter: Local): Local {
  const [type, shape] = w.precision === 'float64' ? (['f64', 'f64x2'] as const) : (['f32', 'f32x4'] as const);
  const local = w.f.local('v128');
  w.f.get(counter).op(`${type}.convert_i32_s`).op(`${shape}.splat`).set(local);
  return local;
}

/** Appends maximum or mean over windows. */
export function emitPool(f: FunctionBuilder, node: NodeOf<'pool'>, x: Place, result: Place, context: DenseContext): void {
  if (sizeOf(node.shape) === 0) return;
  const pooling = poolingOf(node.geometry, x.shape, node.shape);
  const index = kernel(context, `pool ${node.fn} ${JSON.stringify(pooling)}`, 2, (w, source, target) => {
    const { vector } = w;
    w.times(pooling.batch, () => {
      forEachWindow(w, pooling, source, (place) => {
        forEachVector(w, pooling.channels, (byte, lanes) => {
          const [total, count] = [w.variable(node.fn === 'max' ? -Infinity : 0), w.f.local('i32')];
          w.f.i32(0).set(count);
          forEachEntry(w, pooling, place, (pointer) => {
            w.into(total, node.fn === 'max' ? 'max' : 'add', total, vector.load(plus(w, pointer, byte), 0));
            w.f.increment(count, 1);
          });
          if (node.fn === 'mean') w.into(total, 'div', total, asVector(w, count));
          w.storePart(target, 0, total, lanes);
          w.move(target, lanes * w.size);
        });
      });
      w.move(source, imageBytes(w, pooling));
    });
  });
  callKernel(f, index, [x.address, result.address]);
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
    const count = w.f.local('i32');
    w.times(pooling.batch, () => {
      forEachWindow(w, pooling, target, (place) => {
        w.f.i32(0).set(count);
        forEachEntry(w, pooling, place, () => w.f.increment(count, 1));
        forEachVector(w, pooling.channels, (byte, lanes) => {
          const share = vector.div(vector.load(gradient, 0), asVector(w, count));
          forEachEntry(w, pooling, place, (pointer) => {
            const entry = plus(w, pointer, byte);
            w.storePart(entry, 0, vector.add(vector.load(entry, 0), share), lanes);
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
  fill(f, result, 0, context);
  if (sizeOf(node.shape) * sizeOf(dy.shape) === 0) return;
  const pooling = poolingOf(node.geometry, node.shape, dy.shape);
  const index = kernel(context, `maxPoolGrad ${JSON.stringify(pooling)}`, 3, (w, source, gradient, target) => {
    // From an entry of x to the same of the result.
    const apart = w.f.local('i32');
    w.f.get(target).get(source).op('i32.sub').set(apart);
    w.times(pooling.batch, () => {
      forEachWindow(w, pooling, source, (place) => {
        forEachVector(w, pooling.channels, (byte, lanes) => {
          const first = firstGreatest(w, pooling, place, byte);
          const share = w.vector.load(gradient, 0);
          forEachEntry(w, pooling, place, (pointer, entry) => {
            const to = plus(w, plus(w, pointer, byte), apart);
            const isFirst = w.vector.eq(first, asVector(w, entry));
            const old = w.vector.load(to, 0);
            w.storePart(to, 0, w.vector.select(isFirst, w.vector.add(old, share), old), lanes);
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
  forEachEntry(w, pooling, place, (pointer, entry) => {
    const value = vector.load(plus(w, pointer, byte), 0);
    const isBetter = vector.or(vector.lt(first, vector.constant(0)), vector.lt(greatest, value));
    w.f.get(vector.select(isBetter, value, greatest)).set(greatest);
    w.f.get(vector.select(isBetter, asVector(w, entry), first)).set(first);
  });
  return first;
}
