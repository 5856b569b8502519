/** @file Running sums on the log scale. */
import type { KernelBackend, KernelConfig, Tensor, TensorInfo, TypedArray } from '@tensorflow/tfjs-core';
import * as tf from '@tensorflow/tfjs-core';
import { checkOptions } from '../util/options.ts';
import type { Operand } from './elementwise.ts';
import { ensureKernel } from './kernel.ts';
import { logaddexp } from './scalar/logs.ts';
import { toFloat } from './toFloat.ts';

const NAME = 'CumLogSumExp';

/** Options of {@link cumLogSumExp}. */
export interface CumLogSumExpOptions {
  /** Whether an entry's own term is left out of its sum. Default false. */
  readonly exclusive?: boolean;
  /** Whether the sums run from the end. Default false. */
  readonly reverse?: boolean;
}

/** log of the running sums of e^x along `axis` (default: the last); the empty sum is -Infinity. */
export function cumLogSumExp(x: Operand, axis = -1, options: CumLogSumExpOptions = {}): Tensor {
  checkOptions('ops.cumLogSumExp', options, ['exclusive', 'reverse']);
  const { exclusive = false, reverse = false } = options;
  ensureKernel(NAME, kernel);
  return tf.tidy(() => {
    const values = toFloat(x);
    if (values.rank === 0) throw new Error('ops.cumLogSumExp: expected at least one axis, got a scalar');
    const [along] = tf.util.parseAxisParam(axis, values.shape) as [number];
    return tf.engine().runKernel(NAME, { x: values }, { axis: along, exclusive, reverse });
  });
}

function kernel(backendName: string): KernelConfig {
  return {
    kernelName: NAME,
    backendName,
    kernelFunc: ({ inputs, backend: storage, attrs }) => {
      const backend = storage as KernelBackend;
      const { dataId, shape } = inputs['x'] as TensorInfo;
      const { axis, exclusive, reverse } = attrs as unknown as { axis: number; exclusive: boolean; reverse: boolean };
      const values = backend.readSync(dataId) as TypedArray;
      const out = new Float32Array(values.length);
      const length = shape[axis] as number;
      const stride = tf.util.sizeFromShape(shape.slice(axis + 1));
      for (let start = 0; start < values.length; start += length * stride) {
        for (let row = start; row < start + stride; row++) {
          let sum = -Infinity;
          for (let i = 0; i < length; i++) {
            const at = row + (reverse ? length - 1 - i : i) * stride;
            const next = logaddexp(sum, values[at] as number);
            out[at] = exclusive ? sum : next;
            sum = next;
          }
        }
      }
      return { dataId: backend.write(out, shape, 'float32'), shape, dtype: 'float32' };
    },
  };
}

tf.registerGradient({
  kernelName: NAME,
  inputsToSave: ['x'],
  gradFunc: (dy, saved, attrs) => {
    const [x] = saved as [Tensor];
    const { axis, exclusive, reverse } = attrs as unknown as { axis: number; exclusive: boolean; reverse: boolean };
    return {
      // dx(j) is the sum of dy(i) e^(x(j) - y(i)) over the sums i that take entry j: another running sum, the other way
      // round, of the positive and the negative dy apart.
      x: () => {
        const y = cumLogSumExp(x, axis, { exclusive, reverse });
        const isSum = tf.greater(y, -Infinity);
        const finite = tf.where(isSum, y, tf.zerosLike(y));
        const part = (sign: 1 | -1): Tensor => {
          const size = tf.mul(dy as Tensor, sign);
          const isMine = tf.logicalAnd(tf.greater(size, 0), isSum);
          const log = tf.sub(tf.log(tf.where(isMine, size, tf.onesLike(size))), finite);
          const terms = tf.where(isMine, log, tf.fill(log.shape, -Infinity));
          return tf.exp(tf.add(x, cumLogSumExp(terms, axis, { exclusive, reverse: !reverse })));
        };
        return tf.sub(part(1), part(-1));
      },
    };
  },
});
