import * as tf from '@tensorflow/tfjs-core';
import { ready } from '@tychejs/ppl';
import { checkOptions } from '../../src/util/options.ts';

const check = (options: unknown, advice?: string) => () => checkOptions('f', options as object, ['seed', 'steps'], advice);

beforeAll(() => ready({ backend: 'cpu' }));

test('known keys pass, of objects of any kind', () => {
  class Settings {
    readonly seed: number = 1;
  }
  for (const options of [undefined, {}, { seed: 1 }, { steps: undefined }, new Settings(), Object.assign(Object.create(null), { seed: 2 })]) {
    expect(check(options)).not.toThrow();
  }
});

test('unknown keys are refused, with the one that was meant', () => {
  expect(check({ sed: 1 }, 'Ask.')).toThrow(new TypeError('f: unknown option "sed". Did you mean "seed"? Options are seed, steps.'));
  expect(check({ x: 1 }, 'Ask.')).toThrow(new TypeError('f: unknown option "x". Options are seed, steps. Ask.'));
  expect(check({ constructor: 1 })).toThrow('f: unknown option "constructor". Options are seed, steps.');
});

test('what is no options at all', () => {
  const x = tf.scalar(1);
  for (const [value, what] of [[null, 'null'], [3, '3'], ['fast', '"fast"'], [[1], 'an Array'], [x, 'a Tensor']] as const) {
    expect(check(value, 'Ask.')).toThrow(new TypeError(`f: options must be an object with keys among seed, steps; got ${what}. Ask.`));
  }
  x.dispose();
});
