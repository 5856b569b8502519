/** @file Where guides begin when nobody says where. */
import * as tf from '@tensorflow/tfjs-core';
import type { Tensor } from '@tensorflow/tfjs-core';
import { dist, factor, getParamStore, guides, handlers, infer, plate, ready, sample, setSeed } from '@tychejs/ppl';
import { expectNoLeak } from '../../helpers/leak.ts';
import { numbers } from './flatGuides.ts';

jest.setTimeout(60_000);

beforeAll(() => ready({ backend: 'cpu' }));
beforeEach(() => {
  getParamStore().clear();
  setSeed(5);
});

type Options = guides.AutoNormalOptions<[]>;

const begin = (model: () => unknown, options: Options = {}): Record<string, number[]> => numbers(new guides.AutoNormal(model, options).median());

/** A model that only runs where `isRight` finds its two unknowns right, and how often it was run. */
function choosy(isRight: (z: number[]) => boolean, elsewhere: number = -Infinity): { model: () => void; points: number[][] } {
  const points: number[][] = [];
  const model = (): void => {
    const z = sample('z', dist.normal([5, 5], 0.1).toEvent(1));
    const values = [...z.dataSync()];
    points.push(values);
    factor('rule', isRight(values) ? 0 : elsewhere);
  };
  return { model, points };
}

describe('the log density is finite', () => {
  test('at the medians of the prior, if it is there', () => {
    const { model, points } = choosy(() => true);
    const { z } = begin(model);
    z!.forEach((value) => expect(Math.abs(value - 5)).toBeLessThan(0.1));
    expect(points).toHaveLength(3);
  });

  test.each([-Infinity, NaN, Infinity])('at zero, if it is %p at the medians', (elsewhere) => {
    const { model, points } = choosy((z) => z.every((value) => value === 0), elsewhere);
    expect(begin(model)['z']).toEqual([0, 0]);
    // Sites, medians, zero, and slopes there.
    expect(points).toHaveLength(4);
  });

  test('at some draw in unconstrained space, if it is at neither; the same one for the same seed', () => {
    const right = (z: number[]): boolean => z.every((value) => value > 0 && value < 2);
    const found = begin(choosy(right).model)['z']!;
    expect(right(found)).toBe(true);
    getParamStore().clear();
    setSeed(5);
    expect(begin(choosy(right).model)['z']).toEqual(found);
    getParamStore().clear();
    setSeed(6);
    expect(begin(choosy(right).model)['z']).not.toEqual(found);
  });

  test('farther out, if need be', () => {
    const [z] = begin(choosy((values) => values.every((value) => value < -4)).model)['z']!;
    expect(z).toBeLessThan(-4);
    expect(z).toBeGreaterThan(-10);
  });

  test('as are its slopes', () => {
    // The root has an infinite slope at zero.
    const infinite = (at: number[]) => (): void => {
      const z = sample('z', dist.normal([5], 1e-12).toEvent(1));
      const value = z.dataSync()[0]!;
      factor('rule', tf.sum(tf.sqrt(tf.sub(z, at.includes(value) ? value : -20))));
    };
    expect(begin(infinite([7]))['z']).toEqual([5]);
    getParamStore().clear();
    expect(begin(infinite([5]))['z']).toEqual([0]);
    getParamStore().clear();
    const [z] = begin(infinite([5, 0]))['z']!;
    expect(Math.abs(z!)).toBeLessThan(2);
    expect(z).not.toBe(0);
  });

  test.each([undefined, infer.initToMean()])('parameters that distributions refuse count as well (%#)', (strategy) => {
    const warn = jest.spyOn(console, 'warn').mockReturnValue();
    const model = (): void => {
      const z = sample('z', dist.normal(-5, 0.1));
      sample('x', dist.normal(0, z), { obs: 1 });
    };
    const [z] = begin(model, strategy === undefined ? {} : { initLoc: strategy })['z']!;
    expect(z).toBeGreaterThan(0);
    expect(z).toBeLessThan(2);
    // Only where the user had something to say.
    expect(warn).toHaveBeenCalledTimes(strategy === undefined ? 0 : 1);
    warn.mockRestore();
  });

  test('inside of plates that subsample, and the value covers them in full', () => {
    const data = tf.tensor1d([1, 2, 3, 4, 5, 6]);
    const model = (): unknown =>
      plate('items', 6, { subsampleSize: 2 }, (indices) => {
        const s = sample('s', dist.gamma(1e-3, 1e-3));
        sample('x', dist.normal(0, s), { obs: tf.gather(data, indices) });
      });
    expect(begin(model)['s']).toEqual([1, 1, 1, 1, 1, 1]);
    data.dispose();
  });

  test.each<[string, (model: () => void) => () => () => Record<string, Tensor>]>([
    ['AutoNormal', (model) => () => new guides.AutoNormal(model)],
    ['AutoDelta', (model) => () => new guides.AutoDelta(model)],
    ['AutoDiagonalNormal', (model) => () => new guides.AutoDiagonalNormal(model)],
    ['AutoIAFNormal', (model) => () => new guides.AutoIAFNormal(model)],
  ])('%s says so when there is no such point, and leaves nothing behind', (_, make) => {
    const fresh = make(choosy(() => false).model);
    expectNoLeak(() => {
      expect(() => fresh()()).toThrow(
        /guides\.Auto\w+: cannot find a point to begin at, .*in any of 62 tries\. At first, site "rule": its log-density is -Infinity.*initLoc/,
      );
      getParamStore().clear();
    });
  });

  test('a model that never comes to its end says why itself', () => {
    const model = (): void => {
      sample('z', dist.normal(0, 1));
      sample('x', dist.normal(0, -1), { obs: 1 });
    };
    expect(() => begin(model)).toThrow(/^(param ".*": )?site "x": normal: scale must be positive, got -1/);
    let runs = 0;
    const broken = (): void => {
      sample('z', dist.normal(0, 1));
      if (++runs > 1) throw new TypeError('no such thing');
    };
    expect(() => begin(broken)).toThrow(/no such thing/);
    expect(runs).toBe(2);
  });
});

describe('what the user says of it', () => {
  const { model } = choosy((z) => z.every((value) => value < 1));

  test('values stay as they are', () => {
    expect(begin(model, { initLoc: 3 })['z']).toEqual([3, 3]);
    getParamStore().clear();
    expect(begin(model, { initLoc: { z: [3, 4] } })['z']).toEqual([3, 4]);
  });

  test('of some sites too, while others begin elsewhere', () => {
    const both = (): void => {
      const a = sample('a', dist.normal(0, 1));
      const b = sample('b', dist.normal(5, 0.1));
      factor('rule', a.dataSync()[0] === 3 && b.dataSync()[0]! < 4 ? 0 : -Infinity);
    };
    expect(begin(both, { initLoc: { a: 3 } })).toEqual({ a: [3], b: [0] });
    getParamStore().clear();
    expect(() => begin(both, { initLoc: { a: [3, 3] } })).toThrow(/site "a": its initial value has shape \[2\]/);
  });

  test('a strategy is followed if it can be, and else there is a warning', () => {
    const warn = jest.spyOn(console, 'warn').mockReturnValue();
    expect(begin(model, { initLoc: infer.initToFeasible() })['z']).toEqual([0, 0]);
    expect(warn).not.toHaveBeenCalled();
    getParamStore().clear();
    expect(begin(model, { initLoc: infer.initToMean() })['z']).toEqual([0, 0]);
    expect(warn.mock.calls).toEqual([[expect.stringMatching(/guides\.AutoNormal: cannot begin where initLoc says, and begins elsewhere\. There, site "rule": its log-density is -Infinity/)]]);
    warn.mockRestore();
  });

  test('and its own mistakes are reported', () => {
    expect(() => begin(model, { initLoc: () => tf.scalar(1) })).toThrow(/site "z": its initial value has shape \[\], but its shape is \[2\]/);
  });

  test('a strategy costs no gradient', () => {
    const { model: counted, points } = choosy(() => true);
    begin(counted, { initLoc: infer.initToMedian() });
    expect(points).toHaveLength(2);
  });
});

test('models that have no gradients can be guided all the same', () => {
  const rankOf = (z: Tensor): Tensor => tf.cast(tf.searchSorted(tf.tensor1d([0, 2, 4]), tf.reshape(z, [1])), 'float32');
  const model = (): void => {
    const z = sample('z', dist.normal(3, 1e-6));
    sample('x', dist.normal(rankOf(z), 1), { obs: [1] });
  };
  expect(() => tf.grad(rankOf)(tf.scalar(1))).toThrow(/gradient/);
  expect(begin(model)['z']![0]).toBeCloseTo(3, 4);
});

test('what other parts of a list guide, and this part draws from vague priors, is drawn again if it spoils the density', () => {
  const model = (): void => {
    const s = sample('s', dist.gamma(0.02, 0.02));
    sample('z', dist.normal(0, s));
  };
  // Half of the draws of s are next to zero.
  const part = handlers.block(model, { hide: ['s'] });
  for (let seed = 0; seed < 5; seed++) {
    getParamStore().clear();
    setSeed(seed);
    expect(begin(part)['z']).toHaveLength(1);
  }
});
