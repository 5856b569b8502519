/** @file Draws in functions that are compiled: functions of noise, which is an input of the program, never a constant of it. */
import type { Tensor } from '@tensorflow/tfjs-core';
import * as tf from '@tensorflow/tfjs-core';
import { compile, interpret, traceGraph } from '@tychejs/jit';
import { ready } from '../../src/backend/ready.ts';
import '../../src/compiled/register.ts';
import * as dist from '../../src/distributions/index.ts';
import { RandomStream } from '../../src/random/stream.ts';
import * as random from '../../src/random/tensors.ts';
import { expectNoLeak } from '../helpers/leak.ts';

beforeAll(() => ready({ backend: 'cpu' }));

const stream = (): RandomStream => RandomStream.fromSeed(5);
const scalar = { inputs: [{ shape: [] }] };

test.each<[label: string, draw: (from: RandomStream) => Tensor]>([
  ['normal', (from) => random.normalTensor(from, [2, 3])],
  ['uniform', (from) => random.uniformTensor(from, [4])],
  ['exponential', (from) => random.exponentialTensor(from, [])],
])('%s noise is captured as it would be drawn eagerly', (label, draw) => {
  const graph = expectNoLeak(() => traceGraph((x) => [x, draw(stream())], scalar));
  const eager = tf.tidy(() => draw(stream()));
  expect(graph.inputs).toHaveLength(2);
  expect(graph.inputs[1]).toMatchObject({ shape: eager.shape, dtype: 'float', captured: { label } });
  expect([...interpret(graph, [[0]]).outputs[1]!]).toEqual([...eager.dataSync()]);
  eager.dispose();
});

/** Draws by their parameters, and values of those. */
const draws: [string, (from: RandomStream, ...parameters: Tensor[]) => Tensor, number[][]][] = [
  ['gamma', (from, a) => random.gammaTensor(from, a!), [[0.5, 3, 40]]],
  ['logGamma', (from, a) => random.logGammaTensor(from, a!), [[0.01, 2]]],
  ['poisson', (from, rate) => random.poissonTensor(from, rate!), [[0.2, 3, 20, 1e4]]],
  ['binomial', (from, n, p) => random.binomialTensor(from, n!, p!), [[9, 1000, 30, 50], [0.3, 0.5, 0.01, 0.9]]],
  ['vonMises', (from, loc, kappa) => random.vonMisesTensor(from, loc!, kappa!), [[1, -3, 2], [0.5, 4, 0]]],
  ['bernoulli', (from, p) => random.bernoulliTensor(from, p!), [[0.3, 0.9, 0, 1, 0.5, 0.5]]],
  ['categorical', (from, w) => random.categoricalTensor(from, { probs: w! }, [50]), [[1, 0, 2, 3, 0]]],
  ['categorical by logits', (from, w) => random.categoricalTensor(from, { logits: tf.reshape(w!, [2, 2]) }, [30]), [[-900, -901, 3, 2]]],
];

describe('parameters need not be known', () => {
  test.each(draws)('%s: a program draws as one does eagerly', async (_, draw, columns) => {
    const inputs = columns.map(({ length }) => ({ shape: [length] }));
    const sizes = await Promise.all(
      (['float32', 'float64'] as const).map(async (precision) => {
        const traced = (...xs: Tensor[]): Tensor[] => [draw(stream(), ...xs), draw(stream().split(), ...xs)];
        const program = await compile(traced, { inputs, precision, point: columns });
        const { outputs } = program.run(...columns);
        const eager = tf.tidy(() => traced(...columns.map((column) => tf.tensor1d(column))).map((x) => [...x.dataSync()]));
        // Up to the rounding of float32; a program in float64 draws from parameters with all their digits.
        outputs.forEach((own, i) => own.forEach((x, k) => expect(x).toBeCloseTo(eager[i]![k]!, 4)));
        expect([...outputs[0]!]).not.toEqual([...outputs[1]!]);
        return outputs[0]!.length;
      }),
    );
    expect(sizes[0]).toBe(sizes[1]);
  });

  test.each(draws)('%s: nothing is left, and gradients do not look into it', (_, draw, columns) => {
    expectNoLeak(() =>
      tf.tidy(() => {
        const xs = columns.map((column) => tf.tensor1d(column));
        const loss = (...given: Tensor[]): tf.Scalar => {
          const sum = given.reduce((total, x) => tf.add(total, tf.sum(x)), tf.scalar(0));
          return tf.add(sum, tf.sum(tf.cast(draw(stream(), ...given), 'float32')));
        };
        for (const gradient of tf.grads(loss)(xs)) expect([...gradient.dataSync()].every((g) => g === 1)).toBe(true);
      }),
    );
  });

  test.each(draws)('%s: known parameters in a function that is traced', (_, draw, columns) => {
    const graph = expectNoLeak(() => traceGraph((x) => [x, draw(stream(), ...columns.map((column) => tf.tensor1d(column)))], scalar));
    const eager = tf.tidy(() => [...draw(stream(), ...columns.map((column) => tf.tensor1d(column))).dataSync()]);
    expect(graph.inputs.slice(1).map(({ captured }) => captured?.label)).toEqual(['uniform', 'uniform']);
    interpret(graph, [[0]]).outputs[1]!.forEach((x, i) => expect(x).toBeCloseTo(eager[i]!, 4));
  });
});

test('implicit gradients of gamma draws in a program are those of eager draws', async () => {
  const loss = (a: Tensor): tf.Scalar => tf.sum(tf.square(dist.gamma(a, 2).rsample([], stream())));
  const program = await compile((a) => loss(a!), { inputs: [{ shape: [3] }], valueAndGrad: true, point: [[0.5, 2, 30]] });
  const { gradients } = program.run([0.5, 2, 30]);
  const eager = tf.tidy(() => [...tf.grad(loss)(tf.tensor1d([0.5, 2, 30])).dataSync()]);
  gradients[0]!.forEach((g, i) => expect(g / eager[i]!).toBeCloseTo(1, 4));
});

test('a distribution with parameters that are not known yet draws', () => {
  const graph = traceGraph((mu) => dist.normal(mu, 2).sample([], stream()), { ...scalar, point: [[3]] });
  const [captured] = graph.inputs.slice(1);
  expect(interpret(graph, [[3]]).outputs[0]![0]).toBeCloseTo(3 + 2 * captured!.captured!.values[0]!, 6);
});

test('categories of no weight are not drawn by uniform numbers that are rounded to 1', async () => {
  const { countCategories } = await import('../../src/random/categorical.ts');
  const [low, high] = [2 ** -24, 1 - 2 ** -24];
  const indices = tf.tidy(() => {
    const [u, v] = [tf.tensor1d([low, high]), tf.tensor1d([low, high])];
    return [...countCategories({ probs: tf.tensor1d([0, 1, 0, 2, 0]) }, u, v).dataSync()];
  });
  expect(indices).toEqual([1, 3]);
});
