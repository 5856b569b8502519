/** The parameter store. */
import * as tf from '@tensorflow/tfjs-core';
import type { Tensor } from '@tensorflow/tfjs-core';
import fc from 'fast-check';
import { ready } from '../../src/backend/ready.ts';
import type { Constraint } from '../../src/constraints/constraint.ts';
import { interval, positive, unitInterval } from '../../src/constraints/interval.ts';
import { lowerCholesky } from '../../src/constraints/matrices.ts';
import { real } from '../../src/constraints/real.ts';
import { simplex } from '../../src/constraints/vectors.ts';
import { normal } from '../../src/distributions/normal.ts';
import { traceOf } from '../../src/handlers/trace.ts';
import { ParamStore, getParamStore } from '../../src/params/store.ts';
import { param, sample } from '../../src/primitives.ts';
import { expectNoLeak } from '../helpers/leak.ts';

beforeAll(() => ready({ backend: 'cpu' }));

let store: ParamStore;
let tensorsBefore: number;
beforeEach(() => {
  tensorsBefore = tf.memory().numTensors;
  store = new ParamStore();
  store.set('w', [1, 2]);
  store.set('s', 3, positive);
});
// A store owns its variables and nothing else: when it is empty, no test has left a tensor behind.
afterEach(() => {
  store.clear();
  getParamStore().clear();
  expect(tf.memory().numTensors).toBe(tensorsBefore);
});

const read = (name: string, from = store): number[] => tf.tidy(() => [...from.get(name).dataSync()]);

test('keeps values by name, constrained outside and unconstrained inside', () => {
  expect(store.names()).toEqual(['w', 's']);
  expect([store.has('w'), store.has('v')]).toEqual([true, false]);
  expect(read('w')).toEqual([1, 2]);
  expect(read('s')[0]).toBeCloseTo(3, 5);
  expect(store.variable('s').dataSync()[0]).toBeCloseTo(Math.log(3), 5);
  expect(store.constraint('s')).toBe(positive);
  store.set('s', 4);
  expect(read('s')[0]).toBeCloseTo(4, 5);
  expect(store.constraint('s')).toBe(positive);
  for (const call of [() => store.get('v'), () => store.variable('v'), () => store.constraint('v')]) {
    expect(call).toThrow(/param "v": the store has no such parameter; it has w, s/);
  }
});

test('brings values back through every constraint', () => {
  const number = fc.float({ min: Math.fround(0.01), max: Math.fround(0.99), noNaN: true });
  const cases: fc.Arbitrary<[Constraint, number[] | number[][]]> = fc.oneof(
    fc.tuple(fc.constant(real), fc.array(fc.float({ min: -100, max: 100, noNaN: true }), { minLength: 1 })),
    fc.tuple(fc.constant(positive), fc.array(fc.float({ min: Math.fround(1e-3), max: 1000, noNaN: true }), { minLength: 1 })),
    fc.tuple(fc.constant(unitInterval), fc.array(number, { minLength: 1 })),
    fc.tuple(fc.constant(interval(-1, 2)), fc.array(number, { minLength: 1 })),
    fc.tuple(fc.constant(simplex), fc.array(number, { minLength: 2, maxLength: 5 }).map((xs) => xs.map((x) => x / xs.reduce((a, b) => a + b)))),
    fc.tuple(fc.constant(lowerCholesky), fc.tuple(number, number, number).map(([a, b, c]) => [[a, 0], [b, c]])),
  );
  fc.assert(
    fc.property(cases, ([constraint, value]) => {
      store.set('c', value, constraint);
      const flat = value.flat();
      read('c').forEach((x, i) => expect(Math.abs(x - flat[i]!)).toBeLessThan(1e-4 * (1 + Math.abs(flat[i]!))));
      store.delete('c');
    }),
    { seed: 1 },
  );
});

test('what it gives is the caller\'s, and gradients flow through it', () => {
  const first = store.get('w');
  first.dispose();
  expect(read('w')).toEqual([1, 2]);
  tf.tidy(() => {
    const { grads } = tf.variableGrads(() => tf.sum(tf.square(store.get('s'))), [store.variable('s')]);
    expect(Object.values(grads)[0]!.dataSync()[0]).toBeCloseTo(2 * 9, 3); // d/du exp(u)²
  });
});

test('takes numbers, arrays, typed arrays and tensors of any type', () => {
  tf.tidy(() => {
    store.set('a', 5);
    store.set('b', new Float64Array([1.5, 2]) as unknown as number[]);
    store.set('c', tf.tensor([1, 2], [2], 'int32'));
    expect([read('a'), read('b'), read('c')]).toEqual([[5], [1.5, 2], [1, 2]]);
    expect(store.variable('c').dtype).toBe('float32');
  });
});

test('refuses values outside of the constraint and of another shape, and stays as it was', () => {
  expectNoLeak(() => {
    expect(() => store.set('s', -1)).toThrow(/param "s": value must be positive, got -1/);
    expect(() => store.set('n', [1, -1], positive)).toThrow(/param "n": value must be positive, got -1/);
    expect(() => store.set('p', [0.5, 0.6], simplex)).toThrow(/param "p": value must be simplex, got \[0.5, 0.6\] of shape \[2\]/);
    expect(() => store.set('w', [1, 2, 3])).toThrow(/param "w": new value has unconstrained shape \[3\], but the store holds \[2\]; delete\("w"\) first/);
  });
  expect(store.names()).toEqual(['w', 's']);
  expect([read('w'), read('s').map(Math.round)]).toEqual([[1, 2], [3]]);
});

test('matches names, whatever the flags of the pattern', () => {
  store.set('ww', 1);
  tf.tidy(() => {
    const names = (pattern: RegExp | string): string[] => Object.keys(store.match(pattern));
    for (const pattern of [/w/, /w/g, /W/gi, 'w']) expect(names(pattern)).toEqual(['w', 'ww']);
    expect(names('^w$')).toEqual(['w']);
    expect([...store.match('ww')['ww']!.dataSync()]).toEqual([1]);
    expect(names('x')).toEqual([]);
  });
});

test('deletes and clears', () => {
  store.delete('w');
  store.delete('never');
  expect(store.names()).toEqual(['s']);
  store.set('w', [1, 2, 3]);
  expect(read('w')).toEqual([1, 2, 3]);
  store.clear();
  expect(store.names()).toEqual([]);
});

describe('states', () => {
  test('are plain, immutable, and bring everything back', () => {
    const state = expectNoLeak(() => store.getState());
    expect(state['w']).toEqual({ shape: [2], value: new Float32Array([1, 2]), constraint: real });
    expect(Object.isFrozen(state) && Object.isFrozen(state['w']) && Object.isFrozen(state['w']!.shape)).toBe(true);
    store.set('w', [5, 6]);
    store.set('new', 1);
    expect([...state['w']!.value]).toEqual([1, 2]);
    store.setState(state);
    expect(store.names()).toEqual(['w', 's']);
    expect(read('w')).toEqual([1, 2]);
    expect(store.constraint('s')).toBe(positive);
    const other = new ParamStore();
    other.setState(state);
    expect(other.getState()).toEqual(state);
    other.clear();
  });

  test('share no memory with the store', () => {
    const state = store.getState();
    state['w']!.value[0] = 100;
    expect(read('w')).toEqual([1, 2]);
    store.setState(state);
    state['w']!.value[0] = 200;
    expect(read('w')).toEqual([100, 2]);
  });

  test('that cannot be read change nothing', () => {
    const bad = { ...store.getState(), s: { shape: [], value: new Float32Array([-1]), constraint: positive } };
    expectNoLeak(() => expect(() => store.setState(bad)).toThrow(/param "s": value must be positive, got -1/));
    expect(store.names()).toEqual(['w', 's']);
    expect(read('w')).toEqual([1, 2]);
  });
});

describe('the statement', () => {
  test('uses init the first time only', () => {
    tf.tidy(() => {
      const calls = jest.fn(() => tf.scalar(2));
      expect(param('p', calls).dataSync()[0]).toBe(2);
      getParamStore().set('p', 7);
      expect(param('p', calls).dataSync()[0]).toBe(7);
      expect(param('p').dataSync()[0]).toBe(7);
      expect(calls).toHaveBeenCalledTimes(1);
    });
  });

  test.each<[string, () => unknown]>([
    ['a tensor', () => param('p', tf.ones([3]))],
    ['an array', () => param('p', [1, 2, 3])],
    ['a number', () => param('p', 1)],
  ])('refuses %s as init when the store holds another shape', (_, again) => {
    tf.tidy(() => {
      param('p', [1, 2]);
      expect(again).toThrow(/param "p": the store holds a value of shape \[2\], but its initial value has \[\d?\]; clear the store between models/);
    });
  });

  test('needs an init when there is no value, and one inside of the constraint', () => {
    tf.tidy(() => {
      expect(() => param('p')).toThrow(/param "p": has no value yet and no initial value was given/);
      expect(() => param('p', -1, { constraint: positive })).toThrow(/param "p": value must be positive, got -1/);
      expect(getParamStore().names()).toEqual([]);
    });
  });

  test('leaves no parameter behind when a traced run fails, and takes none away', () => {
    getParamStore().set('old', 1);
    const failing = (): Tensor => {
      param('new', 1);
      param('old');
      traceOf(() => param('inner', 1)).dispose();
      return sample('x', normal(0, 1), { obs: tf.ones([2, 2, 2]), wrong: 1 } as object);
    };
    expect(() => expectNoLeak(() => traceOf(failing))).toThrow(/unknown option "wrong"/);
    expect(getParamStore().names()).toEqual(['old']);
    expectNoLeak(() => traceOf(() => param('new', 1)).dispose(), 1);
    expect(getParamStore().names()).toEqual(['old', 'new']);
  });
});
