/** @file Flipout in compiled programs, where each image may have weights of its own, against the two products of the eager one. */
import * as tf from '@tensorflow/tfjs-core';
import { layers, sequential } from '@tensorflow/tfjs-layers';
import { optim, ready } from '@tychejs/ppl';
import { handlers } from '../../src/index.ts';
import { wavy } from '../helpers/nets.ts';
import { posterior, seeded, values } from './posterior.ts';

jest.setTimeout(60_000);

beforeAll(() => ready({ backend: 'cpu' }));

const { flipout } = handlers;

describe('compiled, with weights written out for each image', () => {
  const convolution = (useBias: boolean, padding: 'same' | 'valid', strides: number) =>
    sequential({ layers: [layers.conv2d({ filters: 3, kernelSize: 3, strides, padding, useBias, inputShape: [11, 12, 2] })] });

  test.each([[true, 'same', 1, []], [true, 'valid', 1, ['bias']], [false, 'valid', 1, []], [true, 'same', 2, []]] as const)(
    'gives what two products give: bias %j, padding %s, strides %j, hidden %j',
    (useBias, padding, strides, hidden) => {
      const bnn = posterior(convolution(useBias, padding, strides), 0.3, hidden);
      const x = wavy([4, 11, 12, 2]);
      const draw = (engine: 'eager' | 'compiled') =>
        tf.tidy(() => values(seeded(8, () => flipout().run(() => bnn.predict(x, { numSamples: 9, aggregate: false, engine }).mean))));
      const [eager, compiled] = [draw('eager'), draw('compiled')];
      eager.forEach((value, i) => expect(Math.abs(value - compiled[i]!)).toBeLessThan(1e-4));
    },
  );

  test('has the same losses along a fit, whose gradients are those of two products', async () => {
    const fit = async (engine: 'eager' | 'compiled') => {
      const net = sequential({ layers: [convolution(true, 'same', 1), layers.flatten(), layers.dense({ units: 1 })] });
      const bnn = posterior(net);
      const data = { x: wavy([4, 11, 12, 2]), y: wavy([4, 1]) };
      const { losses } = await seeded(9, () => flipout().run(() => bnn.fit(data, { optim: optim.sgd({ lr: 1e-4 }), epochs: 8, engine, progressBar: false })));
      return losses;
    };
    const [eager, compiled] = [await fit('eager'), await fit('compiled')];
    eager.forEach((loss, i) => expect(Math.abs(compiled[i]! / loss - 1)).toBeLessThan(1e-4));
    // The steps are large enough to show in the losses.
    expect(Math.abs(eager.at(-1)! / eager[0]! - 1)).toBeGreaterThan(0.01);
  });
});
