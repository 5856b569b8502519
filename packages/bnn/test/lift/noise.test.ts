/** @file Layers that act in training only: what they draw, from which seed, and the masks of recurrent layers. */
import * as tf from '@tensorflow/tfjs-core';
import type { Tensor } from '@tensorflow/tfjs-core';
import { layers, sequential } from '@tensorflow/tfjs-layers';
import type { LayersModel } from '@tensorflow/tfjs-layers';
import { handlers, ready } from '@tychejs/ppl';
import fc from 'fast-check';
import { lift } from '../../src/lift/lift.ts';
import { expectNoLeak } from '../helpers/leak.ts';
import { inputOf, netRecipes, ownValues, single } from '../helpers/nets.ts';

jest.setTimeout(60_000);

beforeAll(() => ready({ backend: 'cpu' }));

const values = (tensor: Tensor): number[] => [...tensor.dataSync()];
const mean = (numbers: readonly number[]) => numbers.reduce((a, b) => a + b, 0) / numbers.length;

function run(net: LayersModel, x: Tensor, seed: number, training = true): number[] {
  const lifted = lift(net);
  return tf.tidy(() => handlers.seed({ seed }).run(() => values(single(lifted.forward(x, ownValues(lifted), { training })))));
}

/** With an identity behind it, as a net needs a weight. */
const behind = (layer: unknown, units: number) =>
  sequential({ layers: [layer as ReturnType<typeof layers.dense>, layers.dense({ units, kernelInitializer: 'identity' })] });

const COUNT = 20_000;

/** Inputs of each kind of layer, and the mean and variance that it makes of them: of input 1, or of standard normal ones. */
test.each([
  ['gaussianNoise', () => layers.gaussianNoise({ stddev: 0.5, inputShape: [2] }), () => tf.ones([COUNT, 2]), 1, 0.25],
  ['gaussianDropout', () => layers.gaussianDropout({ rate: 0.2, inputShape: [2] }), () => tf.ones([COUNT, 2]), 1, 0.25],
  ['dropout', () => layers.dropout({ rate: 0.2, inputShape: [2] }), () => tf.ones([COUNT, 2]), 1, 0.25],
  ['alphaDropout', () => layers.alphaDropout({ rate: 0.2, inputShape: [2] }), () => tf.randomNormal([COUNT, 2], 0, 1, 'float32', 3), 0, 1],
])('%s: mean and variance, by the seed, in training only', (_, layer, input, expectedMean, expectedVariance) => {
  const net = behind(layer(), 2);
  const x = input();
  const output = run(net, x, 1);
  expect(run(net, x, 1)).toEqual(output);
  expect(run(net, x, 2)).not.toEqual(output);
  expect(run(net, x, 1, false)).toEqual(values(x));
  const found = mean(output);
  const squares = output.map((value) => (value - found) ** 2);
  const fourth = mean(squares.map((square) => square ** 2));
  // The standard errors of a mean and of a variance.
  expect(Math.abs(found - expectedMean)).toBeLessThan(4.5 * Math.sqrt(expectedVariance / output.length));
  expect(Math.abs(mean(squares) - expectedVariance)).toBeLessThan(4.5 * Math.sqrt(fourth / output.length));
});

test('spatialDropout1d drops whole channels of a row', () => {
  const net = behind(layers.spatialDropout1d({ rate: 0.5, inputShape: [4, 3] } as never), 3);
  const rows = tf.tensor(run(net, tf.ones([30, 4, 3]), 1), [30, 4, 3]).arraySync() as number[][][];
  for (const steps of rows) for (const step of steps) expect(step).toEqual(steps[0]);
  expect(new Set(rows.map((steps) => steps[0]!.join())).size).toBeGreaterThan(4);
});

describe('recurrent layers that drop', () => {
  const identity = 'identity' as const;
  // Without a state and with f(x) = x, the outputs are the inputs that were kept.
  const make = () => layers.simpleRNN({ units: 3, dropout: 0.5, returnSequences: true, activation: 'linear', kernelInitializer: identity, recurrentInitializer: 'zeros', inputShape: [4, 3] });
  const sequences = (net: LayersModel, seed: number) => tf.tensor(run(net, tf.ones([20, 4, 3]), seed), [20, 4, 3]).arraySync() as number[][][];

  test.each([
    ['a layer', () => sequential({ layers: [make()] })],
    ['cells in a row', () => sequential({ layers: [layers.rnn({ cell: [layers.simpleRNNCell({ units: 3, dropout: 0.5, activation: 'linear', kernelInitializer: identity, recurrentInitializer: 'zeros' })], returnSequences: true, inputShape: [4, 3] })] })],
  ])('%s: the same at all steps, something else in each row and with each seed', (_, build) => {
    const net = build();
    const [first, again, other] = [sequences(net, 1), sequences(net, 1), sequences(net, 2)];
    expect(again).toEqual(first);
    expect(other).not.toEqual(first);
    for (const steps of first) for (const step of steps) expect(step).toEqual(steps[0]);
    const kept = first.flatMap((steps) => steps[0]!);
    expect(new Set(kept)).toEqual(new Set([0, 2]));
    expect(Math.abs(mean(kept) - 1)).toBeLessThan(4.5 * Math.sqrt(1 / kept.length));
    expect(new Set(first.map((steps) => steps[0]!.join())).size).toBeGreaterThan(4);
  });

  test('have their own masks back, and leave no tensors', () => {
    const layer = make();
    const net = sequential({ layers: [layer] });
    const { cell } = layer as unknown as { cell: { dropoutMask: unknown } };
    expectNoLeak(() => run(net, tf.ones([2, 4, 3]), 1), 1);
    expect(cell.dropoutMask).toBeNull();
  });
});

test('nothing in training takes its randomness from elsewhere', () => {
  fc.assert(
    fc.property(netRecipes, (recipe) => {
      const net = recipe.make();
      const x = inputOf(recipe);
      const random = jest.spyOn(Math, 'random');
      const [first, again] = [run(net, x, 1), run(net, x, 1)];
      expect(random).not.toHaveBeenCalled();
      random.mockRestore();
      // Statistics are the state of each lifted net, and begin anew.
      expect(again).toEqual(first);
      net.dispose();
    }),
    { numRuns: 25, seed: 52 },
  );
});
