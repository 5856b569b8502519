import * as tf from '@tensorflow/tfjs-core';
import { layers, sequential } from '@tensorflow/tfjs-layers';
import { dist } from '@tychejs/ppl';
import fc from 'fast-check';
import { lift } from '../../src/lift/lift.ts';
import type { PriorFilter } from '../../src/priors/filter.ts';
import { iid } from '../../src/priors/iid.ts';

// The cpu backend's advice on its first use.
jest.spyOn(console, 'warn').mockImplementationOnce(() => undefined);
void tf.setBackend('cpu');

const encoder = sequential({ name: 'encoder', layers: [layers.dense({ units: 2, inputShape: [3] }), layers.batchNormalization()] });
const net = sequential({ layers: [encoder, layers.dense({ units: 2 }), layers.batchNormalization(), layers.dense({ units: 1, name: 'head' })] });
const { parameters } = lift(net);
const all = parameters.map(({ name }) => name);
const exposed = (filter?: PriorFilter) => [...iid(dist.normal(0, 1), filter).apply(parameters).keys()];

test('the net of these tests', () => {
  expect(all).toEqual([
    'encoder.dense1.kernel', 'encoder.dense1.bias', 'encoder.batchNormalization1.gamma', 'encoder.batchNormalization1.beta',
    'dense1.kernel', 'dense1.bias', 'batchNormalization1.gamma', 'batchNormalization1.beta', 'head.kernel', 'head.bias',
  ]);
});

describe('each rule', () => {
  const batchNorms = all.filter((name) => name.includes('batchNormalization'));
  const cases: [PriorFilter | undefined, string[]][] = [
    [undefined, all],
    [{}, all],
    [{ exposeAll: true }, all],
    [{ hideAll: true }, []],
    [{ hide: ['head.bias'] }, all.filter((name) => name !== 'head.bias')],
    [{ expose: ['head.bias'] }, ['head.bias']],
    [{ hideParameters: ['bias', 'beta'] }, all.filter((name) => !/bias|beta/.test(name))],
    [{ exposeLayers: ['head'] }, ['head.kernel', 'head.bias']],
    [{ exposeLayers: [net.layers[3]!] }, ['head.kernel', 'head.bias']],
    [{ hideLayers: ['encoder'] }, all.filter((name) => !name.startsWith('encoder'))],
    [{ hideLayers: [encoder as never] }, all.filter((name) => !name.startsWith('encoder'))],
    [{ exposeLayers: ['encoder.dense1'] }, ['encoder.dense1.kernel', 'encoder.dense1.bias']],
    // TyXe needs exposeAll: false beside this one.
    [{ hideLayerTypes: ['BatchNormalization'] }, all.filter((name) => !batchNorms.includes(name))],
    [{ exposeLayerTypes: [net.layers[2]!.constructor as never] }, batchNorms],
    [{ hideFn: ({ shape }) => shape.length < 2 }, all.filter((name) => name.endsWith('kernel'))],
    [{ exposeFn: ({ shape }) => shape.length === 2 }, all.filter((name) => name.endsWith('kernel'))],
  ];
  test.each(cases)('%j', (filter, expected) => {
    expect(exposed(filter)).toEqual(expected);
  });
});

describe('the more specific rule wins', () => {
  const cases: [string, PriorFilter, string[]][] = [
    ['name over role', { exposeParameters: ['kernel'], hide: ['head.kernel'], hideAll: true }, ['encoder.dense1.kernel', 'dense1.kernel']],
    ['name over function', { hideFn: () => true, expose: ['head.bias'] }, ['head.bias']],
    ['function over role', { hideParameters: ['bias'], exposeFn: ({ layerName }) => layerName === 'head', hideAll: true }, ['head.kernel', 'head.bias']],
    ['role over layer', { exposeLayers: ['head'], hideParameters: ['bias'], hideAll: true }, ['head.kernel']],
    ['layer over type', { hideLayerTypes: ['Dense'], exposeLayers: ['head'], hideAll: true }, ['head.kernel', 'head.bias']],
    ['layer over all', { exposeAll: true, hideLayers: ['encoder', 'batchNormalization1', 'head'] }, ['dense1.kernel', 'dense1.bias']],
    ['all over default', { expose: ['head.bias'], exposeAll: true }, all],
  ];
  test.each(cases)('%s', (_, filter, expected) => {
    expect(exposed(filter)).toEqual(expected);
  });
});

describe('as an algebra', () => {
  /** One kind of list, with some of its candidates. */
  const lists = fc.oneof(
    fc.record({ kind: fc.constant(''), entries: fc.subarray(all, { minLength: 1 }) }),
    fc.record({ kind: fc.constant('Parameters'), entries: fc.subarray(['kernel', 'bias', 'gamma', 'beta'], { minLength: 1 }) }),
    fc.record({ kind: fc.constant('Layers'), entries: fc.subarray(['encoder', 'encoder.dense1', 'dense1', 'head'], { minLength: 1 }) }),
    fc.record({ kind: fc.constant('LayerTypes'), entries: fc.subarray(['Dense', 'BatchNormalization', 'Sequential'], { minLength: 1 }) }),
  );

  test('hide(X) and expose(X) are complements, in the net\'s order', () => {
    fc.assert(
      fc.property(lists, ({ kind, entries }) => {
        const kept = exposed({ [`hide${kind}`]: entries });
        const taken = exposed({ [`expose${kind}`]: entries });
        expect(all.filter((name) => kept.includes(name) !== taken.includes(name))).toEqual(all);
        expect(kept).toEqual(all.filter((name) => kept.includes(name)));
      }),
      { seed: 47 },
    );
  });

  test('hiding A and then B is hiding both', () => {
    fc.assert(
      fc.property(lists, lists, (a, b) => {
        fc.pre(a.kind !== b.kind);
        const each = [a, b].map(({ kind, entries }) => exposed({ [`hide${kind}`]: entries }));
        const both = exposed({ [`hide${a.kind}`]: a.entries, [`hide${b.kind}`]: b.entries });
        expect(both).toEqual(all.filter((name) => each.every((kept) => kept.includes(name))));
      }),
      { seed: 48 },
    );
  });
});

describe('refuses, saying what to do', () => {
  const cases: [string, PriorFilter, RegExp][] = [
    ['a name that matches nothing', { hide: ['dense7.kernel'] }, /"dense7\.kernel" in hide matches no trainable parameter; there are encoder\.dense1\.kernel, /],
    ['a layer that matches nothing', { exposeLayers: ['hea'] }, /"hea" in exposeLayers matches no trainable parameter; there are encoder\.dense1, .*head$/],
    ['a type that matches nothing', { hideLayerTypes: ['Conv2D'] }, /"Conv2D" in hideLayerTypes matches no trainable parameter; there are Dense, Sequential, BatchNormalization$/],
    ['a role that matches nothing', { hideParameters: ['weight'] }, /"weight" in hideParameters .* there are kernel, bias, gamma, beta$/],
    ['an entry on both sides', { hide: ['head.bias'], expose: ['head.bias'] }, /"head\.bias" stands in both hide and expose/],
    ['everything both ways', { hideAll: true, exposeAll: true }, /exclude each other/],
    ['functions that contradict', { hideFn: () => true, exposeFn: () => true }, /"encoder\.dense1\.kernel" is hidden by hideFn and exposed by exposeFn/],
    [
      'layers that contradict',
      { hideLayers: ['encoder'], exposeLayers: ['encoder.dense1'], exposeAll: true },
      /"encoder\.dense1\.kernel" is hidden by hideLayers and exposed by exposeLayers; name it/,
    ],
    [
      'parameters that no rule decides',
      { hideLayerTypes: ['BatchNormalization'], exposeLayers: ['head'] },
      /none mentions "encoder\.dense1\.kernel", "encoder\.dense1\.bias", "dense1\.kernel", "dense1\.bias"; add hideAll: true or exposeAll: true/,
    ],
    ['a misspelt key', { hideLayerType: ['Dense'] } as never, /unknown option "hideLayerType"\. Did you mean "hideLayerTypes"/],
    ['a list that is none', { hide: 'head.bias' } as never, /hide must be an array/],
  ];
  test.each(cases)('%s', (_, filter, message) => {
    expect(() => exposed(filter)).toThrow(message);
  });
});
