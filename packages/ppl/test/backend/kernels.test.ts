/** @file The mended kernels against plain loops, or the cpu backend's kernels of the same name. */
import '@tensorflow/tfjs-backend-cpu';
import '@tensorflow/tfjs-backend-wasm';
import * as tf from '@tensorflow/tfjs-core';
import fc from 'fast-check';
import { expectNoLeak } from '../helpers/leak.ts';

fc.configureGlobal({ seed: 30, numRuns: 60 });

// Before anything is mended.
const cpuFilterGradient = tf.getKernel(tf.Conv2DBackpropFilter, 'cpu');
const cpuInputGradient = tf.getKernel(tf.Conv2DBackpropInput, 'cpu');
const publishedKernels = (backend: string) => new Set(tf.getKernelsForBackend(backend).map(({ kernelName }) => kernelName));
const wasmPublished = publishedKernels('wasm');

const size = (shape: readonly number[]) => shape.reduce((product, n) => product * n, 1);
const values = (shape: readonly number[], seed: number) =>
  Float32Array.from({ length: size(shape) }, (_, i) => Math.sin(12.9898 * (i + 1) + 78.233 * seed) * 2);
const random = (shape: readonly number[], seed: number) => tf.tensor(values(shape, seed), [...shape]);

function expectClose(actual: ArrayLike<number>, expected: ArrayLike<number>, tolerance = 1e-5): void {
  expect(actual).toHaveLength(expected.length);
  let worst = 0;
  for (let i = 0; i < actual.length; i++) {
    const error = Math.abs(actual[i]! - expected[i]!) / (1 + Math.abs(expected[i]!));
    if (!(error <= worst)) worst = error;
  }
  expect(worst).toBeLessThan(tolerance);
}

beforeAll(async () => {
  tf.enableProdMode();
  await tf.setBackend('cpu');
  await import('../../src/backend/setup.ts');
  // The original kernels under names of their own, as the oracle.
  tf.registerKernel({ ...cpuFilterGradient, kernelName: 'OriginalFilterGradient' });
  tf.registerKernel({ ...cpuInputGradient, kernelName: 'OriginalInputGradient' });
  await tf.setBackend('wasm');
});

test('mending again changes nothing', async () => {
  const { mendBackends } = await import('../../src/backend/mends.ts');
  const kernels = (backend: string) => tf.getKernelsForBackend(backend).map(({ kernelName, kernelFunc }) => [kernelName, kernelFunc]);
  const before = ['cpu', 'wasm'].map(kernels);
  mendBackends();
  mendBackends();
  expect(['cpu', 'wasm'].map(kernels)).toEqual(before);
});

test('a backend without holes is left alone', async () => {
  const { mendBackends } = await import('../../src/backend/mends.ts');
  const names = [tf.BatchMatMul, tf.Conv2DBackpropFilter, tf.UnsortedSegmentSum, tf.AvgPoolGrad, tf.Log1p, tf.FusedBatchNorm];
  const kernelFunc = () => [];
  for (const kernelName of names) tf.registerKernel({ kernelName, backendName: 'tensorflow', kernelFunc });
  mendBackends();
  // Batch normalisation is at fault in tfjs-core itself.
  expect(names.filter((name) => tf.getKernel(name, 'tensorflow').kernelFunc !== kernelFunc)).toEqual([tf.FusedBatchNorm]);
  for (const kernelName of names) tf.unregisterKernel(kernelName, 'tensorflow');
  expect(wasmPublished.has(tf.UnsortedSegmentSum)).toBe(false);
});

describe('matrix products', () => {
  /** The product of matrices [..., m, k] and [..., k, n], entry by entry. */
  function slowMatMul(a: tf.Tensor, b: tf.Tensor, batch: number[]): number[] {
    const [m, k] = a.shape.slice(-2) as [number, number];
    const n = b.shape.at(-1)!;
    const [x, y] = [a, b].map((t) => tf.broadcastTo(t, [...batch, ...t.shape.slice(-2)]).dataSync());
    const out: number[] = [];
    for (let s = 0; s < size(batch); s++) {
      for (let i = 0; i < m; i++) {
        for (let j = 0; j < n; j++) {
          let sum = 0;
          for (let l = 0; l < k; l++) sum += x![(s * m + i) * k + l]! * y![(s * k + l) * n + j]!;
          out.push(sum);
        }
      }
    }
    return out;
  }

  const swap = (x: tf.Tensor) => tf.transpose(x, [...x.shape.keys()].slice(0, -2).concat([x.rank - 1, x.rank - 2]));
  const batches = fc.array(fc.integer({ min: 1, max: 3 }), { maxLength: 2 }).chain((batch) => {
    const part = fc
      .tuple(fc.integer({ min: 0, max: batch.length }), fc.array(fc.boolean(), { minLength: 2, maxLength: 2 }))
      .map(([drop, ones]) => batch.slice(drop).map((n, i) => (ones[i] ? 1 : n)));
    return fc.tuple(part, part);
  });
  // Small ones take one way through the kernel, large ones another.
  const sizes = fc.oneof(
    fc.tuple(fc.integer({ min: 0, max: 5 }), fc.integer({ min: 0, max: 5 }), fc.integer({ min: 1, max: 5 })),
    fc.tuple(fc.integer({ min: 20, max: 40 }), fc.integer({ min: 25, max: 40 }), fc.integer({ min: 40, max: 50 })),
  );

  test.each(['cpu', 'wasm'])('of any shape, transposed or not, on %s', async (backend) => {
    await tf.setBackend(backend);
    fc.assert(
      fc.property(sizes, batches, fc.boolean(), fc.boolean(), ([m, k, n], [batchA, batchB], transposeA, transposeB) => {
        expectNoLeak(() =>
          tf.tidy(() => {
            const a = random([...batchA, m, k], 1);
            const b = random([...batchB, k, n], 2);
            const batch = tf.broadcast_util.assertAndGetBroadcastShape(batchA, batchB);
            const product = tf.matMul(transposeA ? swap(a) : a, transposeB ? swap(b) : b, transposeA, transposeB);
            expect(product.shape).toEqual([...batch, m, n]);
            expectClose(product.dataSync(), slowMatMul(a, b, batch));
          }),
        );
      }),
    );
  });

  test('fused with bias and activation, as when done one after the other', async () => {
    await tf.setBackend('wasm');
    const activations = fc.constantFrom('linear', 'relu', 'relu6', 'sigmoid', 'elu', 'leakyrelu', 'prelu') as fc.Arbitrary<'relu'>;
    fc.assert(
      fc.property(sizes, fc.integer({ min: 1, max: 3 }), fc.boolean(), fc.boolean(), activations, fc.boolean(), ([m, k, n], batch, transposeA, transposeB, activation, hasBias) => {
        if (m === 0) return;
        tf.tidy(() => {
          const a = random(transposeA ? [batch, k, m] : [batch, m, k], 1);
          const b = random(transposeB ? [batch, n, k] : [batch, k, n], 2);
          const bias = hasBias ? { bias: random([n], 3) } : {};
          const weights = random([n], 4);
          const fused = tf.fused.matMul({ a, b, transposeA, transposeB, ...bias, activation, preluActivationWeights: weights });
          const linear = tf.matMul(a, b, transposeA, transposeB);
          const x = hasBias ? tf.add(linear, bias.bias!) : linear;
          const apply: Record<string, () => tf.Tensor> = {
            linear: () => x,
            relu: () => tf.relu(x),
            relu6: () => tf.relu6(x),
            sigmoid: () => tf.sigmoid(x),
            elu: () => tf.elu(x),
            leakyrelu: () => tf.leakyRelu(x, 0.2),
            prelu: () => tf.prelu(x, weights),
          };
          expectClose(fused.dataSync(), apply[activation]!().dataSync());
        });
      }),
    );
  });
});

describe('unsortedSegmentSum', () => {
  test.each(['cpu', 'wasm'])('is a loop, whatever the rank and the ids, on %s', async (backend) => {
    await tf.setBackend(backend);
    const rows = fc.array(fc.integer({ min: -1, max: 6 }), { minLength: 1, maxLength: 8 });
    const inner = fc.array(fc.integer({ min: 0, max: 3 }), { maxLength: 3 });
    fc.assert(
      fc.property(rows, inner, fc.constantFrom('float32', 'int32'), (ids, shape, dtype) => {
        const numSegments = 5;
        const x = Array.from(values([ids.length, ...shape], 1), (v) => (dtype === 'int32' ? Math.trunc(v * 10) : v));
        const expected = Array.from({ length: numSegments * size(shape) }, () => 0);
        ids.forEach((id, i) => {
          if (id < 0 || id >= numSegments) return;
          for (let j = 0; j < size(shape); j++) expected[id * size(shape) + j]! += x[i * size(shape) + j]!;
        });
        expectNoLeak(() =>
          tf.tidy(() => {
            const sums = tf.unsortedSegmentSum(tf.tensor(x, [ids.length, ...shape], dtype as 'int32'), tf.tensor1d(ids, 'int32'), numSegments);
            expect(sums.shape).toEqual([numSegments, ...shape]);
            expect(sums.dtype).toBe(dtype);
            expectClose(sums.dataSync(), expected);
          }),
        );
      }),
    );
  });
});

describe('convolutions', () => {
  const pair = (min: number, max: number) => fc.tuple(fc.integer({ min, max }), fc.integer({ min, max }));
  const convolution = fc
    .record({
      batch: fc.integer({ min: 1, max: 2 }),
      image: pair(3, 7),
      filter: pair(1, 4),
      strides: pair(1, 3),
      channels: pair(1, 3),
      margins: fc.tuple(pair(0, 3), pair(0, 3)),
      padding: fc.constantFrom('same', 'valid', 'explicit'),
    })
    .filter(({ image, filter, padding }) => padding !== 'valid' || (image[0] >= filter[0] && image[1] >= filter[1]))
    .map((c) => ({ ...c, pad: c.padding === 'explicit' ? [[0, 0], c.margins[0], c.margins[1], [0, 0]] : c.padding }))
    .filter(({ image, filter, padding, margins }) =>
      padding !== 'explicit' ||
      (image[0] + margins[0][0] + margins[0][1] >= filter[0] && image[1] + margins[1][0] + margins[1][1] >= filter[1]),
    );

  test.each(['cpu', 'wasm'])('gradients of conv2d for any stride and padding, on %s', (backend) => {
    const check = async (c: typeof convolution extends fc.Arbitrary<infer T> ? T : never) => {
      const [inChannels, outChannels] = c.channels;
      const inputShape = [c.batch, ...c.image, inChannels] as [number, number, number, number];
      const filterShape = [...c.filter, inChannels, outChannels] as [number, number, number, number];
      const info = tf.backend_util.computeConv2DInfo(inputShape, filterShape, c.strides, 1, c.pad as 'same');
      const tensors = [random(inputShape, 1), random(filterShape, 2), random(info.outShape, 3)];
      const [x, filter, dy] = tensors as [tf.Tensor, tf.Tensor, tf.Tensor];
      const attrs = { strides: c.strides, pad: c.pad as number[][], dataFormat: 'NHWC' };
      const run = (name: string, inputs: Record<string, tf.Tensor>, more: object) => {
        const result: tf.Tensor = tf.engine().runKernel(name, inputs, { ...attrs, ...more });
        const flat = [...result.dataSync()];
        result.dispose();
        return flat;
      };
      await tf.setBackend('cpu');
      const expectedFilter = run('OriginalFilterGradient', { x, dy }, { filterShape });
      const expectedInput = run('OriginalInputGradient', { dy, filter }, { inputShape });
      await tf.setBackend(backend);
      expectNoLeak(() => {
        expectClose(run(tf.Conv2DBackpropFilter, { x, dy }, { filterShape }), expectedFilter);
        expectClose(run(tf.Conv2DBackpropInput, { dy, filter }, { inputShape }), expectedInput);
      });
      tf.dispose(tensors);
    };
    return fc.assert(fc.asyncProperty(convolution, check));
  });

  test.each([
    ['conv2d', tf.conv2d, false],
    ['depthwiseConv2d', tf.depthwiseConv2d, true],
  ] as const)('%s on wasm is that on cpu, however long the stride', (_, convolve, isDepthwise) =>
    fc.assert(
      fc.asyncProperty(convolution.filter((c) => c.padding !== 'explicit'), async (c) => {
        const stride = isDepthwise ? c.strides[0] : c.strides;
        const x = random([c.batch, ...c.image, c.channels[0]], 1) as tf.Tensor4D;
        const filter = random([...c.filter, ...c.channels], 2) as tf.Tensor4D;
        const result = async (backend: string) => {
          await tf.setBackend(backend);
          return tf.tidy(() => [...convolve(x, filter, stride, c.padding === 'valid' ? 'valid' : 'same').dataSync()]);
        };
        expectClose(await result('wasm'), await result('cpu'));
        tf.dispose([x, filter]);
      }),
    ),
  );

  test('gradients of depthwiseConv2d on wasm are those on cpu', () => {
    const check = async (c: typeof convolution extends fc.Arbitrary<infer T> ? T : never) => {
      const [channels, multiplier] = c.channels;
      const stride = c.strides[0];
      const x = random([c.batch, ...c.image, channels], 1);
      const filter = random([...c.filter, channels, multiplier], 2);
      const gradients = async (backend: string) => {
        await tf.setBackend(backend);
        return tf.tidy(() =>
          tf
            .grads((a: tf.Tensor, b: tf.Tensor) =>
              tf.square(tf.depthwiseConv2d(a as tf.Tensor4D, b as tf.Tensor4D, stride, c.padding === 'valid' ? 'valid' : 'same')),
            )([x, filter])
            .map((g) => [...g.dataSync()]),
        );
      };
      const expected = await gradients('cpu');
      (await gradients('wasm')).forEach((g, i) => expectClose(g, expected[i]!));
      tf.dispose([x, filter]);
    };
    return fc.assert(fc.asyncProperty(convolution.filter((c) => c.padding !== 'explicit'), check));
  });
});

test('gradients of max pooling on wasm are those on cpu', () => {
  const shapes = fc.record({
    image: fc.tuple(fc.integer({ min: 3, max: 6 }), fc.integer({ min: 3, max: 6 })),
    filter: fc.integer({ min: 1, max: 3 }),
    stride: fc.integer({ min: 1, max: 3 }),
    pad: fc.constantFrom('same', 'valid'),
  });
  return fc.assert(
    fc.asyncProperty(shapes, async ({ image, filter, stride, pad }) => {
      const x = random([2, ...image, 3], 1);
      const gradient = async (backend: string) => {
        await tf.setBackend(backend);
        const f = (y: tf.Tensor) => tf.square(tf.maxPool(y as tf.Tensor4D, filter, stride, pad as 'same'));
        return expectNoLeak(() => tf.tidy(() => [...tf.grad(f)(x).dataSync()]));
      };
      expectClose(await gradient('wasm'), await gradient('cpu'));
      x.dispose();
    }),
  );
});

test('log1p on wasm is exact near zero', async () => {
  await tf.setBackend('wasm');
  const x = [1e-20, -1e-9, 3e-8, 1e-4, 0.5, -0.999, -1, -2, Infinity, 0];
  const y = tf.tidy(() => tf.log1p(x).dataSync());
  x.forEach((v, i) => expect(y[i]).toBe(Math.fround(Math.log1p(Math.fround(v)))));
});
