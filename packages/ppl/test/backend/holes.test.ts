/**
 * @file Each hole in tfjs that is mended: that it is there in tfjs as published (or the mend can go), and that it is closed
 * afterwards. The mends are imported only half-way through, so nothing here may import them at the top.
 */
import '@tensorflow/tfjs-backend-cpu';
import '@tensorflow/tfjs-backend-wasm';
import * as tf from '@tensorflow/tfjs-core';
import '@tensorflow/tfjs-layers';
import { roughGradient } from '../helpers/finiteDifference.ts';
import { expectNoLeak } from '../helpers/leak.ts';

type Backend = 'cpu' | 'wasm';
type Op = (...x: tf.Tensor[]) => tf.Tensor;

interface Hole {
  readonly name: string;
  readonly backends: readonly Backend[];
  readonly f: Op;
  readonly shapes: readonly number[][];
  /** Whether the second derivative is what is broken. */
  readonly second?: boolean;
  /** All entries positive, rather than spread about zero. */
  readonly positive?: boolean;
}

const both: Backend[] = ['cpu', 'wasm'];
const as = (f: unknown): Op => f as Op;
const indices = [2, 0, 1, 0];
const lookUp = () => tf.tensor1d(indices, 'int32');

const holes: Hole[] = [
  // Conditions computed from the input.
  { name: 'where greater', backends: both, f: (x) => tf.where(tf.greater(x!, 0), x!, tf.mul(x!, 2)), shapes: [[5]] },
  { name: 'where less and lessEqual', backends: both, f: (x) => tf.where(tf.logicalAnd(tf.less(x!, 0.5), tf.lessEqual(-0.5, x!)), tf.square(x!), x!), shapes: [[6]] },
  { name: 'where equal', backends: both, f: (x) => tf.where(tf.equal(x!, tf.max(x!)), tf.mul(x!, 3), x!), shapes: [[4]] },
  { name: 'where not notEqual', backends: both, f: (x) => tf.where(tf.logicalNot(tf.notEqual(x!, 0)), tf.zerosLike(x!), x!), shapes: [[4]] },
  { name: 'where any', backends: both, f: (x) => tf.mul(x!, tf.cast(tf.any(tf.greater(x!, 0)), 'float32')), shapes: [[4]] },
  { name: 'divNoNan', backends: both, f: as(tf.divNoNan), shapes: [[3], [3]] },
  // Broadcasting.
  { name: 'maximum, broadcast', backends: both, f: as(tf.maximum), shapes: [[2, 3], [3]] },
  { name: 'minimum, broadcast', backends: both, f: as(tf.minimum), shapes: [[3], [2, 1]] },
  { name: 'squaredDifference, broadcast', backends: both, f: as(tf.squaredDifference), shapes: [[2, 3], [3]] },
  { name: 'matMul, broadcast on the right', backends: both, f: (a, b) => tf.matMul(a!, b!), shapes: [[2, 2, 3], [3, 4]] },
  { name: 'matMul, broadcast on both sides', backends: both, f: (a, b) => tf.matMul(a!, b!), shapes: [[2, 1, 2, 3], [1, 3, 3, 2]] },
  { name: 'matMul, transposed and broadcast', backends: both, f: (a, b) => tf.matMul(a!, b!, true, true), shapes: [[3, 2], [2, 4, 3]] },
  {
    name: 'matMul by a matrix that was a column before',
    backends: ['wasm'],
    f: (x) => tf.add(tf.matMul(tf.ones([1, 4]), tf.reshape(x!, [4, 1])), tf.matMul(tf.tensor2d([[1], [2]]), tf.reshape(x!, [1, 4]))),
    shapes: [[4]],
  },
  // Products and running sums.
  { name: 'prod', backends: both, f: (x) => tf.prod(x!), shapes: [[4]] },
  { name: 'prod over two axes', backends: both, f: (x) => tf.prod(x!, [0, 2]), shapes: [[2, 3, 2]] },
  { name: 'prod, keeping dimensions', backends: both, f: (x) => tf.prod(x!, 0, true), shapes: [[2, 3]] },
  { name: 'cumsum of a square along axis 0', backends: both, f: (x) => tf.cumsum(x!, 0), shapes: [[3, 3]] },
  { name: 'cumsum along a middle axis, exclusive', backends: both, f: (x) => tf.cumsum(x!, 1, true), shapes: [[2, 3, 2]] },
  { name: 'cumprod', backends: both, f: (x) => tf.cumprod(x!, 0), shapes: [[4, 2]] },
  { name: 'cumprod, exclusive and reversed', backends: both, f: (x) => tf.cumprod(x!, 1, true, true), shapes: [[2, 4]] },
  // Taking apart.
  { name: 'unstack into one', backends: both, f: (x) => tf.square(tf.unstack(x!, 1)[0]!), shapes: [[3, 1, 2]] },
  { name: 'bandPart', backends: both, f: (x) => tf.square(tf.linalg.bandPart(x!, 0, 1)), shapes: [[3, 3]] },
  // Looking up.
  { name: 'gather', backends: ['wasm'], f: (x) => tf.gather(x!, lookUp()), shapes: [[3, 2]] },
  { name: 'gather along axis 1', backends: ['wasm'], f: (x) => tf.gather(x!, lookUp(), 1), shapes: [[2, 3, 2]] },
  { name: 'gather, batched', backends: both, f: (x) => tf.gather(x!, tf.tensor2d([[0, 1], [2, 2]], [2, 2], 'int32'), 1, 1), shapes: [[2, 3]] },
  { name: 'gather, batched, with more axes', backends: both, f: (x) => tf.gather(x!, tf.tensor2d([[0, 1], [2, 2]], [2, 2], 'int32'), 2, 1), shapes: [[2, 2, 3, 2]] },
  { name: 'gather at computed indices', backends: both, f: (x) => tf.gather(x!, tf.argMax(x!)), shapes: [[4]] },
  { name: 'gatherND', backends: both, f: (x) => tf.gatherND(x!, tf.tensor2d([[0, 1], [2, 0], [0, 1]], [3, 2], 'int32')), shapes: [[3, 2]] },
  { name: 'scatterND', backends: both, f: (x) => tf.scatterND(tf.tensor2d([[0], [2], [0]], [3, 1], 'int32'), x!, [4]), shapes: [[3]] },
  { name: 'unsortedSegmentSum', backends: ['wasm'], f: (x) => tf.unsortedSegmentSum(x!, tf.tensor1d([1, -1, 0, 1], 'int32'), 3), shapes: [[4, 2]] },
  // Moving entries.
  { name: 'stridedSlice', backends: both, f: (x) => tf.stridedSlice(x!, [0, 3], [2, 0], [1, -2]), shapes: [[2, 4]] },
  { name: 'mirrorPad', backends: both, f: (x) => tf.mirrorPad(x!, [[1, 2], [0, 1]], 'reflect'), shapes: [[3, 2]] },
  { name: 'topk', backends: both, f: (x) => tf.topk(x!, 2).values, shapes: [[2, 4]] },
  { name: 'diag', backends: both, f: (x) => tf.diag(x!), shapes: [[3]] },
  { name: 'flipLeftRight', backends: both, f: (x) => tf.image.flipLeftRight(x as tf.Tensor4D), shapes: [[1, 2, 3, 1]] },
  { name: 'einsum', backends: both, f: (a, b) => tf.einsum('ij,kjl->li', a!, b!), shapes: [[2, 3], [2, 3, 2]] },
  { name: 'einsum of one', backends: both, f: (a) => tf.einsum('ijk->j', a!), shapes: [[2, 3, 2]] },
  // Convolutions.
  { name: 'conv2d', backends: ['wasm'], f: (x, f) => tf.conv2d(x as tf.Tensor4D, f as tf.Tensor4D, 2, 'same'), shapes: [[2, 5, 4, 2], [3, 2, 2, 3]] },
  { name: 'conv2d, dilated', backends: both, f: (x, f) => tf.conv2d(x as tf.Tensor4D, f as tf.Tensor4D, 1, 'same', 'NHWC', [2, 1]), shapes: [[1, 5, 4, 2], [3, 2, 2, 2]] },
  { name: 'conv1d', backends: ['wasm'], f: (x, f) => tf.conv1d(x as tf.Tensor3D, f as tf.Tensor3D, 2, 'valid'), shapes: [[2, 6, 2], [3, 2, 2]] },
  { name: 'conv1d, dilated', backends: both, f: (x, f) => tf.conv1d(x as tf.Tensor3D, f as tf.Tensor3D, 1, 'same', 'NWC', 2), shapes: [[2, 6, 2], [3, 2, 2]] },
  { name: 'conv3d', backends: ['wasm'], f: (x, f) => tf.conv3d(x as tf.Tensor5D, f as tf.Tensor5D, 2, 'valid'), shapes: [[1, 4, 4, 4, 1], [2, 2, 2, 1, 2]] },
  { name: 'conv2d with a stride longer than the filter', backends: ['wasm'], f: (x, f) => tf.conv2d(x as tf.Tensor4D, f as tf.Tensor4D, 3, 'same'), shapes: [[1, 5, 5, 1], [1, 2, 1, 1]] },
  { name: 'conv2dTranspose', backends: ['wasm'], f: (x, f) => tf.conv2dTranspose(x as tf.Tensor4D, f as tf.Tensor4D, [1, 6, 6, 2], 2, 'same'), shapes: [[1, 3, 3, 2], [3, 3, 2, 2]] },
  { name: 'conv3dTranspose', backends: both, f: (x, f) => tf.conv3dTranspose(x as tf.Tensor5D, f as tf.Tensor5D, [1, 3, 4, 2, 2], [1, 2, 1], 'same'), shapes: [[1, 3, 2, 2, 1], [2, 3, 1, 2, 1]] },
  { name: 'depthwiseConv2d', backends: ['wasm'], f: (x, f) => tf.depthwiseConv2d(x as tf.Tensor4D, f as tf.Tensor4D, 2, 'same'), shapes: [[2, 5, 4, 2], [3, 2, 2, 2]] },
  { name: 'separableConv2d', backends: ['wasm'], f: (x, d, p) => tf.separableConv2d(x as tf.Tensor4D, d as tf.Tensor4D, p as tf.Tensor4D, 1, 'same'), shapes: [[1, 3, 3, 2], [2, 2, 2, 1], [1, 1, 2, 3]] },
  { name: 'dilation2d', backends: ['wasm'], f: (x, f) => tf.dilation2d(tf.sub(x as tf.Tensor4D, 3), f as tf.Tensor3D, 1, 'same'), shapes: [[1, 3, 3, 1], [2, 2, 1]] },
  // Pooling.
  { name: 'maxPool of negative numbers', backends: ['wasm'], f: (x) => tf.maxPool(tf.sub(x as tf.Tensor4D, 3), 2, 1, 'same'), shapes: [[1, 4, 3, 2]] },
  { name: 'maxPool3d of negative numbers', backends: ['wasm'], f: (x) => tf.maxPool3d(tf.sub(x as tf.Tensor5D, 3), 2, 1, 'same'), shapes: [[1, 3, 3, 2, 2]] },
  { name: 'avgPool with a window over the edge', backends: both, f: (x) => tf.avgPool(x as tf.Tensor4D, 2, 1, 'same'), shapes: [[2, 4, 3, 2]] },
  { name: 'avgPool3d with a window over the edge', backends: both, f: (x) => tf.avgPool3d(x as tf.Tensor5D, 2, 1, 'same'), shapes: [[1, 3, 3, 2, 1]] },
  // Batch normalisation.
  { name: 'batchNorm without offset and scale', backends: both, f: (x, m, v) => tf.batchNorm(x!, m as tf.Tensor1D, v as tf.Tensor1D), shapes: [[4, 3], [3], [3]], positive: true },
  { name: 'batchNorm without scale', backends: both, f: (x, m, v, o) => tf.batchNorm(x!, m as tf.Tensor1D, v as tf.Tensor1D, o as tf.Tensor1D), shapes: [[4, 3], [3], [3], [3]], positive: true },
  { name: 'batchNorm without offset', backends: both, f: (x, m, v, s) => tf.batchNorm(x!, m as tf.Tensor1D, v as tf.Tensor1D, undefined, s as tf.Tensor1D), shapes: [[4, 3], [3], [3], [3]], positive: true },
  // Second derivatives.
  ...(
    [
      ['exp', tf.exp],
      ['tanh', tf.tanh],
      ['sigmoid', tf.sigmoid],
      ['elu', tf.elu],
      ['selu', tf.selu],
      ['leakyRelu', (x: tf.Tensor) => tf.leakyRelu(x)],
      ['relu6', tf.relu6],
      ['softmax', (x: tf.Tensor) => tf.softmax(tf.mul(x, 3))],
      ['logSumExp', (x: tf.Tensor) => tf.logSumExp(x, -1)],
      ['max', (x: tf.Tensor) => tf.max(x, -1)],
      ['min', (x: tf.Tensor) => tf.min(x, -1)],
      ['clipByValue', (x: tf.Tensor) => tf.clipByValue(x, -0.5, 0.5)],
    ] as const
  ).map(([name, f]): Hole => ({ name, backends: both, f: as(f), shapes: [[2, 4]], second: true })),
  { name: 'pow', backends: both, f: as(tf.pow), shapes: [[2, 3], [3]], second: true, positive: true },
  { name: 'prod', backends: both, f: (x) => tf.prod(x!, 1), shapes: [[2, 3]], second: true },
  { name: 'cumprod', backends: both, f: (x) => tf.cumprod(x!, 1), shapes: [[2, 3]], second: true },
  { name: 'einsum', backends: both, f: (a, b) => tf.einsum('ij,jk->ik', a!, b!), shapes: [[2, 3], [3, 2]], second: true },
  { name: 'conv2d', backends: both, f: (x, f) => tf.conv2d(x as tf.Tensor4D, f as tf.Tensor4D, 2, 'same'), shapes: [[1, 4, 4, 1], [3, 3, 1, 2]], second: true },
  { name: 'conv3d', backends: both, f: (x, f) => tf.conv3d(x as tf.Tensor5D, f as tf.Tensor5D, 1, 'valid'), shapes: [[1, 3, 2, 2, 1], [2, 2, 1, 1, 2]], second: true },
];

/** Entries of a tensor far enough from one another, and from round numbers, for differences to cross no kink. */
function entries(size: number, offset: number, positive: boolean): number[] {
  const order = Array.from({ length: size }, (_, i) => (i * 7 + offset) % size);
  const distinct = new Set(order).size === size ? order : order.map((_, i) => (i + offset) % size);
  return distinct.map((rank) => (rank + 0.5 + 0.1 * offset) / size * (positive ? 1 : 2) + (positive ? 0.6 : -0.963));
}

/** The largest error of the gradient of sum(w f(x)), or of a product of its Hessian with a vector, against differences. */
function worstError({ f, shapes, second = false, positive = false }: Hole): number {
  const points = shapes.map((shape, i) => entries(tf.util.sizeFromShape(shape), i, positive));
  const tensors = (values: number[][]) => values.map((v, i) => tf.tensor(v, shapes[i]));
  const directions = points.map((point, i) => point.map((_, j) => Math.cos(3 * i + j)));
  const weighted: Op = (...x) => {
    const y = f(...x);
    const weights = Array.from({ length: y.size }, (_, i) => 1 + Math.sin(i));
    // Squared, so that the second derivative of a function linear in x is not zero.
    return tf.sum(tf.mul(second ? tf.square(y) : y, tf.tensor(weights, y.shape)));
  };
  const slope: Op = (...x) => {
    const gradients = tf.grads(weighted)(x);
    return tf.addN(gradients.map((g, i) => tf.sum(tf.mul(g, tf.tensor(directions[i]!, shapes[i])))));
  };
  const target = second ? slope : weighted;
  const value = (x: number[][]) => tf.tidy(() => target(...tensors(x)).dataSync()[0]!);
  const gradients = expectNoLeak(() => tf.tidy(() => tf.grads(target)(tensors(points)).map((g) => [...g.dataSync()])));
  let worst = 0;
  gradients.forEach((gradient, i) => {
    const at = (moved: number[]) => value(points.map((point, j) => (i === j ? moved : point)));
    roughGradient(at, points[i]!, 4e-3).forEach((expected, j) => {
      const error = Math.abs(gradient[j]! - expected) / (1 + Math.abs(expected));
      if (!(error <= worst)) worst = error;
    });
  });
  return worst;
}

/** Leaves numbers other than zero all over the free memory of the WASM heap. */
function soilMemory(): void {
  const tensors = Array.from({ length: 12 }, (_, k) => Array.from({ length: 40 }, () => tf.fill([2 ** k], 777.25)));
  tf.dispose(tensors);
}

const list = holes.flatMap((hole) =>
  hole.backends.map((backend) => [`${hole.name}${hole.second ? ', second derivative' : ''}, on ${backend}`, backend, hole] as const),
);

// Differences of float32 values of a few units with a step of 4e-3 are off by up to 1e-3, those of gradients by as much.
const TOLERANCE = 4e-3;

beforeAll(async () => {
  tf.enableProdMode();
  await tf.setBackend('cpu');
  await tf.setBackend('wasm');
});

/** A hole in values that gradients do not show: an index that is out of range gives no 1. */
async function floatsOneHot(backend: Backend): Promise<number[]> {
  await tf.setBackend(backend);
  return tf.tidy(() => [...tf.oneHot(tf.tensor2d([[1, 3], [0, -1]], [2, 2], 'int32'), 3, 2.5, -1, 'float32').dataSync()]);
}
const ONE_HOT = [-1, 2.5, -1, -1, -1, -1, 2.5, -1, -1, -1, -1, -1];

describe('tfjs as published has the hole', () => {
  test('oneHot of floats, on wasm', async () => expect(await floatsOneHot('wasm')).not.toEqual(ONE_HOT));

  test.each(list)('%s', async (_, backend, hole) => {
    await tf.setBackend(backend);
    if (backend === 'wasm') soilMemory();
    const before = tf.memory().numTensors;
    let error: number;
    try {
      error = worstError(hole);
    } catch {
      error = Infinity; // no gradient, no kernel, or a wrong shape
    }
    // What the failed gradient left behind is none of our business.
    expect(tf.memory().numTensors).toBeGreaterThanOrEqual(before);
    expect(error).not.toBeLessThan(TOLERANCE);
  });
});

describe('mended, it is closed', () => {
  beforeAll(async () => {
    await import('../../src/backend/setup.ts');
  });

  test.each(both)('oneHot of floats, on %s', async (backend) => {
    expect(await expectNoLeak(() => floatsOneHot(backend))).toEqual(ONE_HOT);
  });

  test.each(list)('%s', async (_, backend, hole) => {
    await tf.setBackend(backend);
    if (backend === 'wasm') soilMemory();
    expect(worstError(hole)).toBeLessThan(TOLERANCE);
  });
});
