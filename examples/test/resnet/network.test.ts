/** @file The residual network, and its two parts. */
import * as tf from '@tensorflow/tfjs-core';
import { ready } from '@tychejs/ppl';
import { featuresOf, headOf, resNet } from '../../src/resnet/network.ts';
import { readOptions } from '../../src/resnet/options.ts';
import { settings } from '../../src/resnet/settings.ts';

beforeAll(() => ready({ backend: 'wasm' }));

test('has as many layers as its depth says, and the weights that the paper counts', () => {
  const net = resNet({ depth: 20, filters: 16 }, 10, 0);
  const kernels = net.layers.filter((layer) => ['Conv2D', 'Dense'].includes(layer.getClassName()));
  // Two more convolutions, of 1 by 1, stand beside the blocks that shrink the image.
  expect(kernels).toHaveLength(20 + 2);
  // By hand. First 27 * 16; stages of 6 * 9 * 16^2, 9 * 16 * 32 + 5 * 9 * 32^2, 9 * 32 * 64 + 5 * 9 * 64^2; beside 16 * 32 + 32 * 64;
  // logits 65 * 10. Normalisation: 4 numbers for each filter of 7 * 16 + 7 * 32 + 7 * 64.
  const convolutions = 432 + 13_824 + 50_688 + 202_752 + 2_560;
  expect(net.countParams()).toBe(convolutions + 650 + 4 * 784);
  expect(net.getLayer('features').outputShape).toEqual([null, 64]);
  net.dispose();
  expect(() => resNet({ depth: 10, filters: 2 }, 2, 0)).toThrow('a ResNet has a depth of 8, 14, 20, ..., not 10');
});

test('its head sees what its body finds; seeds repeat', () => {
  const [net, same, other] = [resNet({ depth: 8, filters: 2 }, 3, 1), resNet({ depth: 8, filters: 2 }, 3, 1), resNet({ depth: 8, filters: 2 }, 3, 2)];
  const [body, head] = [featuresOf(net), headOf(net)];
  tf.tidy(() => {
    const x = tf.tensor(Float32Array.from({ length: 2 * 3072 }, (_, k) => Math.sin(k)), [2, 32, 32, 3]);
    const whole = (net.predict(x) as tf.Tensor).arraySync();
    expect((head.predict(body.predict(x)) as tf.Tensor).arraySync()).toEqual(whole);
    expect((same.predict(x) as tf.Tensor).arraySync()).toEqual(whole);
    expect((other.predict(x) as tf.Tensor).arraySync()).not.toEqual(whole);
  });
  for (const each of [head, net, same, other]) each.dispose();
});

test('options change settings, and what is none of them is refused', () => {
  expect(readOptions([])).toEqual({ settings: settings.full, retrain: false });
  const words = ['quick', '--retrain', '--estimator', 'flipout', '--rank=3', '--max-guide-scale', '0.2'];
  expect(readOptions(words)).toEqual({ settings: { ...settings.quick, estimator: 'flipout', rank: 3, maxGuideScale: 0.2 }, retrain: true });
  const { ways } = readOptions(['--ways', 'last layer']).settings;
  expect(ways.map(({ trains }) => trains)).toEqual(Array.from({ length: 4 }, () => 'last layer'));
  expect(() => readOptions(['--ways', 'first layer'])).toThrow('--ways: none has "first layer" in its name; there are "maximum a posteriori"');
  expect(() => readOptions(['slow'])).toThrow('slow');
  expect(() => readOptions(['--flipout'])).toThrow(/flipout.*there are quick, --retrain/);
  expect(() => readOptions(['--estimator', 'reinforce'])).toThrow('--estimator: there is no "reinforce"; there are plain, localReparameterization, flipout');
  expect(() => readOptions(['--rank', 'many'])).toThrow('--rank: expected a positive number, got "many"');
});
