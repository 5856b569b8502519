/** @file That networks are autoregressive, and complaints of the transforms made of them. */
import * as tf from '@tensorflow/tfjs-core';
import type { Tensor } from '@tensorflow/tfjs-core';
import { ready } from '@tychejs/ppl';
import fc from 'fast-check';
import '../../src/compiled/register.ts';
import { RandomStream } from '../../src/random/stream.ts';
import { normalTensor } from '../../src/random/tensors.ts';
import * as transforms from '../../src/transforms/index.ts';
import { compiled } from '../helpers/compiled.ts';

beforeAll(() => ready({ backend: 'cpu' }));

function network(dimension: number, hiddenDims: readonly number[], seed: number): transforms.MaskedNetwork {
  const stream = RandomStream.fromSeed(seed);
  const layers = transforms.maskedLayerShapes(dimension, hiddenDims).map(({ kernel, bias }, i) => ({
    kernel: normalTensor(stream.fold(2 * i), kernel).arraySync() as number[][],
    bias: normalTensor(stream.fold(2 * i + 1), bias).arraySync() as number[],
  }));
  return new transforms.MaskedNetwork(dimension, layers);
}

const dims = fc.integer({ min: 1, max: 6 });

test('shift and log-scale of an element depend on the earlier ones, on each of them, and on no others', () => {
  fc.assert(
    fc.property(dims, fc.array(fc.integer({ min: 12, max: 20 }), { maxLength: 2 }), fc.nat(1000), (n, hidden, seed) => {
      tf.tidy(() => {
        const made = network(n, hidden, seed);
        const at = (x: number[]): [number[], number[]] => {
          const { shift, logScale } = made.apply(tf.tensor1d(x));
          return [[...shift.dataSync()], [...logScale.dataSync()]];
        };
        const start = Array.from({ length: n }, (_, i) => Math.cos(i));
        const before = at(start);
        for (let j = 0; j < n; j++) {
          const after = at(start.map((value, i) => (i === j ? value + 0.5 : value)));
          for (const k of [0, 1] as const) {
            for (let i = 0; i < n; i++) expect(after[k][i] !== before[k][i]).toBe(i > j);
          }
        }
      });
    }),
    { numRuns: 20, seed: 3 },
  );
});

test('the Jacobian is lower triangular', () => {
  const transform = transforms.affineAutoregressive(network(4, [9], 1));
  const row = (i: number, x: Tensor): number[] => [...tf.grad((z: Tensor) => tf.slice(transform.forward(z), [i], [1]))(x).dataSync()];
  tf.tidy(() => {
    const x = tf.tensor1d([0.3, -1, 2, 0.1]);
    for (let i = 0; i < 4; i++) {
      row(i, x).forEach((slope, j) => (j > i ? expect(slope).toBe(0) : expect(slope).not.toBe(0)));
    }
  });
});

test('log-scales are bounded', () => {
  const { layers, dimension } = network(2, [3], 1);
  const wild = new transforms.MaskedNetwork(dimension, layers.map(({ kernel, bias }) => ({ kernel, bias: (bias as number[]).map((b) => 1000 * b) })));
  tf.tidy(() => wild.apply(tf.tensor1d([1, 2])).logScale.dataSync().forEach((s: number) => expect(Math.abs(s)).toBeLessThanOrEqual(5)));
});

test('flows are compiled: value, volume change and gradients', () => {
  const flow = transforms.compose([
    transforms.affineAutoregressive(network(3, [5], 1)),
    transforms.permutation([2, 1, 0]),
    transforms.lowerCholeskyAffine([1, 2, 3], [[1, 0, 0], [2, 3, 0], [-1, 0.5, 2]]),
  ]);
  const f = (x: Tensor): Tensor => {
    const y = flow.forward(x);
    return tf.add(tf.sum(tf.mul(y, flow.inverse(y))), flow.logAbsDetJacobian(x, y));
  };
  const point = [0.5, -0.25, 1];
  const program = compiled(f as (...xs: Tensor[]) => Tensor, [[3]]);
  tf.tidy(() => {
    const x = tf.tensor1d(point);
    const slopes = tf.grad(f)(x).dataSync();
    expect(program.value([point])[0]).toBeCloseTo(f(x).dataSync()[0]!, 3);
    program.gradients([point])[0]!.forEach((slope, i) => expect(Math.abs(slope - slopes[i]!)).toBeLessThan(1e-3 * (1 + Math.abs(slope))));
  });
});

test.each<[string, () => unknown, RegExp]>([
  ['hidden units', () => transforms.maskedLayerShapes(3, [0]), /hiddenDims must be positive integers, got 0/],
  ['kernel', () => new transforms.MaskedNetwork(2, [{ kernel: [[1, 2, 3, 4]], bias: [0, 0, 0, 0] }]), /kernel 0 must have shape \[2, 4\], got \[1, 4\]/],
  ['bias', () => new transforms.MaskedNetwork(1, [{ kernel: [[1, 2]], bias: [0] }]), /bias 0 must have shape \[2\], got \[1\]/],
  ['permutation', () => transforms.permutation([0, 0, 2]), /each of 0 \.\. 2 once, got 0, 0, 2/],
  ['affine', () => transforms.lowerCholeskyAffine([0, 0], [[1]]), /loc must have shape \[n\] and scaleTril \[n, n\], got \[2\] and \[1, 1\]/],
])('complaints: %s', (_, make, message) => {
  expect(make).toThrow(message);
});
