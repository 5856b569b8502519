/** @file Convolutions with a filter for each example, against sums written out, eagerly and compiled. */
import '../../src/compiled/register.ts';
import * as tf from '@tensorflow/tfjs-core';
import fc from 'fast-check';
import * as ops from '../../src/ops/index.ts';
import { RandomStream } from '../../src/random/stream.ts';
import { describeOnBackends } from '../helpers/backends.ts';
import { compiled } from '../helpers/compiled.ts';
import { expectNoLeak } from '../helpers/leak.ts';

const size = (shape: readonly number[]) => shape.reduce((product, n) => product * n, 1);
const numbers = (shape: readonly number[], seed: number): number[] => {
  const stream = RandomStream.fromSeed(seed);
  return Array.from({ length: size(shape) }, () => Math.fround(stream.normal()));
};

/** Shapes and strides of a convolution. */
const convolutions = fc.record({
  batch: fc.integer({ min: 0, max: 3 }),
  image: fc.tuple(fc.integer({ min: 3, max: 6 }), fc.integer({ min: 3, max: 6 })),
  window: fc.tuple(fc.integer({ min: 1, max: 3 }), fc.integer({ min: 1, max: 3 })),
  channels: fc.tuple(fc.integer({ min: 1, max: 3 }), fc.integer({ min: 1, max: 5 })),
  strides: fc.tuple(fc.integer({ min: 1, max: 2 }), fc.integer({ min: 1, max: 2 })),
  pad: fc.constantFrom('same' as const, 'valid' as const),
});

/** The sum of `y * weights`, a function whose gradients use every output; in float64, with its gradients by hand. */
function slow(x: readonly number[], w: readonly number[], weights: readonly number[], info: ReturnType<typeof infoOf>, batch: number) {
  const { inHeight, inWidth, inChannels, outHeight, outWidth, outChannels, filterHeight, filterWidth, strideHeight, strideWidth, padInfo } = info;
  const result = { y: weights.map(() => 0), dx: x.map(() => 0), dw: w.map(() => 0) };
  for (let n = 0; n < batch; n++) for (let i = 0; i < outHeight; i++) for (let j = 0; j < outWidth; j++) for (let f = 0; f < outChannels; f++) {
    const o = ((n * outHeight + i) * outWidth + j) * outChannels + f;
    for (let u = 0; u < filterHeight; u++) for (let v = 0; v < filterWidth; v++) for (let c = 0; c < inChannels; c++) {
      const [row, column] = [i * strideHeight + u - padInfo.top, j * strideWidth + v - padInfo.left];
      if (row < 0 || row >= inHeight || column < 0 || column >= inWidth) continue;
      const from = ((n * inHeight + row) * inWidth + column) * inChannels + c;
      const entry = (((n * filterHeight + u) * filterWidth + v) * inChannels + c) * outChannels + f;
      result.y[o]! += x[from]! * w[entry]!;
      result.dx[from]! += weights[o]! * w[entry]!;
      result.dw[entry]! += weights[o]! * x[from]!;
    }
  }
  return result;
}

function infoOf(xShape: [number, number, number, number], filter: [number, number, number, number], strides: [number, number], pad: 'same' | 'valid') {
  return tf.backend_util.computeConv2DInfo(xShape, filter, strides, 1, pad);
}

describeOnBackends('conv2dPerExample', (backend) => {
  test('is the sum over the window of each example with its filter, and so are its gradients', () => {
    fc.assert(
      fc.property(convolutions, ({ batch, image, window, channels: [c, f], strides, pad }) => {
        const [xShape, filterShape] = [[batch, ...image, c], [...window, c, f]] as [[number, number, number, number], [number, number, number, number]];
        const info = infoOf(xShape, filterShape, strides, pad);
        const shapes = [xShape, [batch, ...filterShape], info.outShape] as const;
        const [x, w, weights] = shapes.map((shape, i) => numbers(shape, i)) as [number[], number[], number[]];
        const expected = slow(x, w, weights, info, batch);
        const total = (a: tf.Tensor, b: tf.Tensor, by: tf.Tensor) => tf.sum(tf.mul(ops.conv2dPerExample(a, b, { strides, pad }), by));
        const check = (actual: ArrayLike<number>, wanted: readonly number[], tolerance: number) => {
          expect(actual).toHaveLength(wanted.length);
          wanted.forEach((value, i) => expect(Math.abs(actual[i]! - value)).toBeLessThanOrEqual(tolerance));
        };
        // At most 3 * 3 * 5 products of normal draws.
        expectNoLeak(() =>
          tf.tidy(() => {
            const [tx, tw, ts] = [tf.tensor(x, [...xShape]), tf.tensor(w, [batch, ...filterShape]), tf.tensor(weights, [...info.outShape])];
            check(ops.conv2dPerExample(tx, tw, { strides, pad }).dataSync(), expected.y, 1e-4);
            const { grads } = tf.engine().gradients(() => total(tx, tw, ts) as tf.Scalar, [tx, tw]);
            check(grads[0]!.dataSync(), expected.dx, 1e-4);
            check(grads[1]!.dataSync(), expected.dw, 1e-4);
          }),
        );
        if (backend === 'wasm') return;
        const program = compiled(total, shapes);
        const gradients = program.gradients([x, w, weights]);
        [expected.dx, expected.dw, expected.y].forEach((wanted, i) => check(gradients[i]!, wanted, 1e-12));
      }),
      { numRuns: 15, seed: 7 },
    );
  });

  test('says what does not fit', () => {
    const [x, w] = [tf.zeros([2, 4, 4, 3]), tf.zeros([3, 2, 2, 3, 5])];
    expect(() => ops.conv2dPerExample(x, w)).toThrow('ops.conv2dPerExample: images [batch, height, width, channels] need filters');
    expect(() => ops.conv2dPerExample(x, tf.zeros([2, 2, 2, 3, 5]), { stride: 1 } as never)).toThrow('stride');
    const dilated = (y: tf.Tensor) => ops.conv2dPerExample(y, tf.zeros([2, 2, 2, 3, 5]), { dilations: [2, 2] });
    expect(dilated(x).shape).toEqual([2, 2, 2, 5]);
    expect(() => tf.grad((y) => tf.sum(dilated(y)))(x)).toThrow('gradients are known without dilations only, got 2 by 2');
  });
});
