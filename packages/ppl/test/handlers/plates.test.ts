/** Plates: dimensions, subsamples, nesting, parameters and data inside (P11, P12). */
import * as tf from '@tensorflow/tfjs-core';
import type { Tensor } from '@tensorflow/tfjs-core';
import fc from 'fast-check';
import { ready } from '../../src/backend/ready.ts';
import { normal } from '../../src/distributions/normal.ts';
import * as handlers from '../../src/handlers/index.ts';
import { TraceHandler, traceOf } from '../../src/handlers/trace.ts';
import { getParamStore } from '../../src/params/store.ts';
import type { PlateOptions } from '../../src/plate.ts';
import { plate, plateLoop, subsample } from '../../src/plate.ts';
import { deterministic, factor, param, sample } from '../../src/primitives.ts';
import { setSeed } from '../../src/random/global.ts';
import type { PlateSite, SampleSite } from '../../src/runtime/site.ts';
import { Handler } from '../../src/runtime/handler.ts';
import type { Message } from '../../src/runtime/message.ts';
import { currentStack } from '../../src/runtime/stack.ts';
import type { Trace } from '../../src/runtime/trace.ts';
import { expectNoLeak } from '../helpers/leak.ts';
import { arbitraryModel, modelOf, statementsOf } from '../helpers/models.ts';
import { expectClose, plain, total } from '../helpers/traces.ts';

beforeAll(() => ready({ backend: 'cpu' }));
beforeEach(() => setSeed(1));
afterEach(() => {
  getParamStore().clear();
  expect(currentStack()).toBeNull();
});

/** A test whose tensors are gone when it ends. */
const tidy = (body: () => void) => (): void => tf.tidy(body);

const site = (trace: Trace, name: string): SampleSite => trace.nodes.get(name) as SampleSite;
const shapesOf = (trace: Trace, name: string): (readonly number[])[] => [site(trace, name).distribution.batchShape, site(trace, name).value.shape];

/** Every subset of 0 .. n-1 with `k` elements. */
function subsets(n: number, k: number, from = 0): number[][] {
  if (k === 0) return [[]];
  return Array.from({ length: Math.max(0, n - from) }, (_, i) => from + i).flatMap((first) =>
    subsets(n, k - 1, first + 1).map((rest) => [first, ...rest]),
  );
}

describe('dimensions', () => {
  test.each([0, 1, 3])('a plate of size %i expands what stands inside', (size) => {
    tf.tidy(() => {
      const trace = traceOf(() => plate('p', size, () => void sample('x', normal(0, 1))));
      expect(shapesOf(trace, 'x')).toEqual([[size], [size]]);
      expect(site(trace, 'x').logProb.shape).toEqual([size]);
      expect(site(trace, 'x').plates).toEqual([{ name: 'p', size, subsampleSize: size, dim: -1 }]);
    });
  });

  test('are taken from the right, and given back', tidy(() => {
    const trace = traceOf(() => {
      plate('a', 2, () => {
        plate('b', 3, () => plate('c', 4, () => void sample('abc', normal(0, 1))));
        plate('d', 5, () => void sample('ad', normal(0, 1)));
      });
      plate('e', 6, () => void sample('only e', normal(0, 1)));
    });
    expect(site(trace, 'abc').value.shape).toEqual([4, 3, 2]);
    expect(site(trace, 'ad').value.shape).toEqual([5, 2]);
    expect(site(trace, 'only e').value.shape).toEqual([6]);
  }));

  test('may be given, and leave room for the others', tidy(() => {
    const trace = traceOf(() => {
      plate('rows', 2, { dim: -2 }, () => {
        sample('r', normal(0, 1));
        plate('columns', 3, () => void sample('rc', normal(0, 1)));
      });
      plate('far', 2, { dim: -3 }, () => void sample('f', normal([1, 2, 3, 4], 1)));
    });
    expect(site(trace, 'r').value.shape).toEqual([2, 1]);
    expect(site(trace, 'rc').value.shape).toEqual([2, 3]);
    expect(site(trace, 'f').value.shape).toEqual([2, 1, 4]);
  }));

  test('P12: with dims given, the order of entering does not matter', () => {
    const dims = fc.uniqueArray(fc.integer({ min: -4, max: -1 }), { minLength: 2, maxLength: 3 });
    fc.assert(
      fc.property(dims, fc.array(fc.integer({ min: 1, max: 3 }), { minLength: 3, maxLength: 3 }), (chosen, sizes) => {
        const run = (order: readonly number[]): Trace => {
          const nest = (left: readonly number[]): void => {
            const [next, ...rest] = left;
            if (next === undefined) sample('x', normal(0, 1));
            else plate(`p${next}`, sizes[next]!, { dim: chosen[next]! }, () => nest(rest));
          };
          return traceOf(handlers.seed(() => nest(order), { seed: 1 }));
        };
        tf.tidy(() => {
          const order = chosen.map((_, i) => i);
          const [a, b] = [run(order), run([...order].reverse())];
          const expected = Array.from({ length: -Math.min(...chosen) }, () => 1);
          chosen.forEach((dim, i) => {
            expected[expected.length + dim] = sizes[i]!;
          });
          expect(site(a, 'x').value.shape).toEqual(expected);
          expect(plain(a)['x']).toEqual(plain(b)['x']);
        });
      }),
      { seed: 1, numRuns: 50 },
    );
  });

  test('that do not fit are explained', () => {
    const inside = (body: () => unknown) => () => traceOf(() => plate('outer', 2, () => void body()));
    expect(inside(() => plate('inner', 3, { dim: -1 }, () => 0))).toThrow(/plate "inner": dim -1 is taken by plate "outer".*dim: -2/);
    expect(inside(() => plate('inner', 3, { dim: 1 }, () => 0))).toThrow(/plate "inner": dim must be -1, -2/);
    expect(inside(() => sample('x', normal([1, 2, 3], 1)))).toThrow(/site "x": inside plate "outer" its batch shape is \[3\].*toEvent/s);
    expect(inside(() => plate('outer', 2, () => 0))).toThrow(/plate "outer": is open already/);
    expect(inside(() => plateLoop('outer', 2, () => 0))).toThrow(/plate "outer": is open already/);
  });

  test('a batch dimension of size one is expanded, others to the left are kept', tidy(() => {
    const trace = traceOf(() => plate('p', 3, () => void sample('x', normal(tf.zeros([2, 1]), 1))));
    expect(site(trace, 'x').value.shape).toEqual([2, 3]);
  }));

  test('the same plate may be open once in each scope', tidy(() => {
    const row = (): void => plate('p', 3, () => void sample('x', normal(0, 1)));
    const trace = traceOf(() => plate('p', 3, () => handlers.scope(row, { prefix: 'inner' })()));
    expect(site(trace, 'inner/x').value.shape).toEqual([3, 3]);
    expect(site(trace, 'inner/x').plates.map(({ name }) => name)).toEqual(['p', 'inner/p']);
    expect(() => traceOf(() => handlers.scope(() => plate('p', 3, row), { prefix: 'a' })())).toThrow(/plate "a\/p": is open already/);
  }));

  test('broadcast expands what a handler has put in the place of what the plate had expanded', tidy(() => {
    class Replace extends Handler {
      override process(message: Message): void {
        if (message.type === 'sample') message.distribution = normal(5, 1);
      }
    }
    const model = (): void => new Replace().run(() => plate('p', 3, () => plate('q', 2, () => void sample('x', normal(0, 1)))));
    expect(site(traceOf(model), 'x').value.shape).toEqual([]);
    expect(site(traceOf(handlers.broadcast(model)), 'x').value.shape).toEqual([2, 3]);
  }));
});

describe('subsamples', () => {
  const data = [0.5, -1, 2, 0.1];

  test('P11: over all subsets, the mean of the scaled log-density is the whole log-density', tidy(() => {
    const model = (chosen: readonly number[]): Trace =>
      traceOf(() =>
        plate('p', 4, { subsample: chosen }, () => {
          sample('y', normal(0.3, 2), { obs: subsample(tf.tensor(data), { eventDim: 0 }) });
          factor('f', tf.gather(tf.tensor([1, 2, 3, 4]), tf.tensor1d([...chosen], 'int32')));
        }),
      );
    const whole = total(model([0, 1, 2, 3]));
    const normals = data.reduce((sum, y) => sum - 0.5 * ((y - 0.3) / 2) ** 2 - Math.log(2) - 0.5 * Math.log(2 * Math.PI), 0);
    expectClose(whole, normals + 10, 1e-5);
    for (const size of [1, 2, 3]) {
      const all = subsets(4, size).map((chosen) => total(model(chosen)));
      expectClose(all.reduce((a, b) => a + b) / all.length, whole, 1e-5);
    }
  }));

  test('P11 nested: over all pairs of subsets', tidy(() => {
    const table = [[1, 2, 3], [-1, 0, 4]]; // [inner, outer]
    const model = (outer: readonly number[], inner: readonly number[]): number =>
      total(
        traceOf(() =>
          plate('outer', 3, { subsample: outer }, () =>
            plate('inner', 2, { subsample: inner }, () => void sample('y', normal(0, 1), { obs: subsample(tf.tensor(table), { eventDim: 0 }) })),
          ),
        ),
      );
    const whole = model([0, 1, 2], [0, 1]);
    for (const [m, n] of [[1, 1], [2, 1], [3, 1], [1, 2]] as const) {
      const all = subsets(3, m).flatMap((outer) => subsets(2, n).map((inner) => model(outer, inner)));
      expectClose(all.reduce((a, b) => a + b) / all.length, whole, 1e-5);
    }
  }));

  test('the log-density does not depend on the order of the data', tidy(() => {
    const model = (order: readonly number[]): number =>
      total(traceOf(() => plate('p', 4, { subsample: order }, () => void sample('y', normal(0, 1), { obs: subsample(tf.tensor(data), { eventDim: 0 }) }))));
    expectClose(model([2, 0, 3, 1]), model([0, 1, 2, 3]), 1e-6);
  }));

  test('may be all elements in another order, and some more than once: data and parameters follow', tidy(() => {
    for (const order of [[2, 0, 3, 1], [1, 1, 0, 3]]) {
      plate('p', 4, { subsample: order }, (indices) => {
        const values = tf.tensor(data);
        const expected = tf.gather(values, indices).arraySync();
        expect(subsample(values, { eventDim: 0 }).arraySync()).toEqual(expected);
        expect(param('all', values, { eventDim: 0 }).arraySync()).toEqual(expected);
      });
    }
  }));

  test('are drawn without replacement, all equally likely, and from the seed', tidy(() => {
    const draws = 3000;
    const counts = new Map<string, number>();
    for (let i = 0; i < draws; i++) {
      const trace = traceOf(handlers.seed(() => plate('p', 4, { subsampleSize: 2 }, () => 0), { seed: i }));
      const key = [...(trace.nodes.get('p') as PlateSite).value].sort((a, b) => a - b).join();
      counts.set(key, (counts.get(key) ?? 0) + 1);
    }
    expect(counts.size).toBe(6);
    const expected = draws / 6;
    const chi2 = [...counts.values()].reduce((sum, count) => sum + (count - expected) ** 2 / expected, 0);
    expect(chi2).toBeLessThan(25.7); // 1 - 1e-4 quantile with 5 degrees of freedom
    const once = (): unknown => plain(traceOf(handlers.seed(() => plate('p', 90, { subsampleSize: 9 }, () => 0), { seed: 5 })));
    expect(once()).toEqual(once());
  }));

  test('are the same when the plate is entered again in one run, and in a replay', tidy(() => {
    const seen: number[][] = [];
    const model = (): void => {
      for (const name of ['x', 'y']) {
        plate('p', 100, { subsampleSize: 5 }, (indices) => {
          seen.push([...indices.dataSync()]);
          sample(name, normal(0, 1));
        });
      }
    };
    const first = traceOf(model);
    expect(seen[1]).toEqual(seen[0]);
    traceOf(handlers.replay(model, { trace: first }));
    expect(seen[2]).toEqual(seen[0]);
    traceOf(model);
    expect(seen[4]).not.toEqual(seen[0]);
    expect([...(first.nodes.get('p') as PlateSite).value]).toEqual(seen[0]);
  }));

  test('that contradict one another are refused', () => {
    const twice = (a: object, b: object, size = 10) => () =>
      traceOf(() => {
        plate('p', 10, a, () => 0);
        plate('p', size, b, () => 0);
      });
    expect(twice({ subsampleSize: 3 }, { subsampleSize: 4 })).toThrow(/plate "p": is used with size 10 and again/);
    expect(twice({}, {}, 11)).toThrow(/plate "p": is used with size 10 and again with size 11/);
    expect(twice({ subsampleSize: 2 }, { subsample: [20 - 11, 5] })).toThrow(/plate "p": is used again with another subsample/);
    expect(twice({ subsample: [1, 2] }, { subsample: [1, 2] })).not.toThrow();
    const source = traceOf(() => plate('p', 10, { subsampleSize: 3 }, () => 0));
    expect(() => handlers.replay(() => plate('p', 10, { subsampleSize: 4 }, () => 0), { trace: source })()).toThrow(
      /plate "p": has size 10 with 4 drawn.*size 10 with 3 drawn.*same plate in model and guide/,
    );
  });

  test.each<[PlateOptions, RegExp]>([
    [{ subsampleSize: 0 }, /subsampleSize must lie in 1 \.\. 5, got 0/],
    [{ subsampleSize: 6 }, /subsampleSize must lie in 1 \.\. 5, got 6/],
    [{ subsampleSize: 1.5 }, /subsampleSize must lie in 1 \.\. 5, got 1.5/],
    [{ subsampleSize: 2, subsample: [1] }, /subsampleSize is 2, but subsample has 1/],
    [{ subsample: [5] }, /subsample must have whole numbers in 0 \.\. 4, got 5/],
    [{ subsample: [0, 1.5] }, /got 1.5/],
    [{ subsample: [Number.NaN] }, /got NaN/],
    [{ subsamplesize: 2 } as PlateOptions, /unknown option "subsamplesize".*"subsampleSize"/],
  ])('%j is refused', (options, message) => {
    expect(() => plate('p', 5, options, () => 0)).toThrow(message);
    expect(() => plateLoop('p', 5, () => 0, options)).toThrow(message);
  });

  test('wrong sizes, names and bodies are refused', () => {
    expect(() => plate('p', 2.5, () => 0)).toThrow(/plate "p": size must be a whole number, got 2.5/);
    expect(() => plate('p', -1, () => 0)).toThrow(/size must be a whole number/);
    expect(() => plate('p', 2, {} as () => 0)).toThrow(/plate\("p"\): the last argument must be a function/);
    expect(() => plateLoop('p', 2, {} as () => 0)).toThrow(/plateLoop\("p"\): the third argument must be a function/);
    expect(() => plate(3 as unknown as string, 2, () => 0)).toThrow(/plate: the first argument must be the site's name, got 3/);
  });
});

describe('data in a plate', () => {
  test('observations meet their elements', tidy(() => {
    const trace = traceOf(() =>
      plate('p', 4, { subsample: [2, 0] }, (indices) => {
        const means = tf.gather(tf.tensor([1, 2, 3, 4]), indices);
        sample('y', normal(means, 1), { obs: subsample(tf.tensor([3, 0, 3, 0]), { eventDim: 0 }) });
      }),
    );
    expect([...site(trace, 'y').value.dataSync()]).toEqual([3, 3]);
    expect([...site(trace, 'y').unscaledLogProb.dataSync()].map((x) => x + 0.5 * Math.log(2 * Math.PI)).map((x) => Math.round(x * 1e5) / 1e5)).toEqual([0, -2]);
    expect(site(trace, 'y').scale).toBe(2);
  }));

  test('subsample takes the part that the open plates select, and leaves events alone', tidy(() => {
    const table = tf.tensor([[[1, 10], [2, 20], [3, 30]]]); // dims: -2 of size 1, -1 of size 3, event [2]
    plate('p', 3, { subsample: [2, 0] }, () =>
      plate('q', 4, { subsample: [1] }, () => {
        expect(subsample(table, { eventDim: 1 }).arraySync()).toEqual([[[3, 30], [1, 10]]]);
        expect(subsample(tf.scalar(5), { eventDim: 0 }).arraySync()).toBe(5);
        expect(() => subsample(tf.zeros([5]), { eventDim: 0 })).toThrow(/data of shape \[5\] with eventDim 0 has 5 at the dimension of plate "p", whose size is 3/);
      }),
    );
    expect(() => subsample(table, { eventdim: 1 } as unknown as { eventDim: number })).toThrow(/unknown option "eventdim"/);
  }));
});

describe('parameters in a subsampling plate', () => {
  const inPlate = (options: object, init: Tensor = tf.tensor([10, 11, 12, 13])) => (): Tensor =>
    plate('p', 4, { subsample: [3, 1] }, () => param('w', init, options));

  test('with eventDim give the elements of the subsample; gradients reach the others as zero', tidy(() => {
    expect(inPlate({ eventDim: 0 })().arraySync()).toEqual([13, 11]);
    const { grads } = tf.variableGrads(() => tf.sum(tf.square(inPlate({ eventDim: 0 })())));
    expect([...Object.values(grads)[0]!.dataSync()]).toEqual([0, 22, 0, 26]);
    expect(getParamStore().get('w').shape).toEqual([4]);
    getParamStore().delete('w');
    expect(inPlate({ eventDim: 1 }, tf.tensor([[1, 2], [3, 4], [5, 6], [7, 8]]))().arraySync()).toEqual([[7, 8], [3, 4]]);
  }));

  test('without it, or with size one there, are whole', tidy(() => {
    expect(inPlate({})().shape).toEqual([4]);
    getParamStore().delete('w');
    expect(inPlate({ eventDim: 1 }, tf.tensor([[1, 2]]))().arraySync()).toEqual([[1, 2]]);
  }));

  test('of a wrong size are refused', tidy(() => {
    expect(inPlate({ eventDim: 0 }, tf.zeros([5]))).toThrow(/param "w": inside plate "p" \(size 4, dim -1\) its shape \[5\] with eventDim 0 has 5 there/);
  }));
});

describe('plateLoop', () => {
  test('has the density of the vectorised plate, element by element', tidy(() => {
    const values = [0.3, -1, 2];
    const looped = traceOf(() =>
      plateLoop('p', 3, (i) => sample(`x${i}`, normal(0, 1 + i), { obs: values[i]! }), { subsample: [2, 0] }).length,
    );
    const vectorised = traceOf(() =>
      plate('p', 3, { subsample: [2, 0] }, (indices) => {
        sample('x', normal(0, tf.add(1, indices)), { obs: subsample(tf.tensor(values), { eventDim: 0 }) });
      }),
    );
    expect([...looped.nodes.keys()]).toEqual(['p', 'x2', 'x0']);
    expect(site(looped, 'x0').value.shape).toEqual([]);
    expect(site(looped, 'x0').scale).toBe(1.5);
    expectClose(total(looped), total(vectorised), 1e-6);
    expect(looped.returnValue).toBe(2);
  }));

  test('stands beside vectorised plates without taking a dimension', tidy(() => {
    const trace = traceOf(() => plateLoop('a', 2, (i) => plate(`b${i}`, 3, () => void sample(`x${i}`, normal(0, 1)))));
    expect(site(trace, 'x1').value.shape).toEqual([3]);
    expect(site(trace, 'x1').plates.map(({ name, dim }) => [name, dim])).toEqual([['a', null], ['b1', -1]]);
    expect(() => traceOf(() => plateLoop('a', 2, () => sample('x', normal(0, 1))))).toThrow(/site "x": the name is used twice/);
  }));
});

test('traces know the elements of every plate, and hidden or scoped plates keep working', tidy(() => {
  const model = (): void => plate('p', 10, { subsampleSize: 3 }, () => void deterministic('d', sample('x', normal(0, 1))));
  const hidden = traceOf(handlers.seed(handlers.block(model, { hide: ['p'] }), { seed: 1 }));
  const visible = traceOf(handlers.seed(model, { seed: 1 }));
  expect([...hidden.nodes.keys()]).toEqual(['x', 'd']);
  expect(plain(hidden)['x']).toEqual(plain(visible)['x']);
  expect(visible.plateSites()).toHaveLength(1);
  expect((visible.nodes.get('p') as PlateSite).value).toHaveLength(3);
}));

test('generated models with an inner trace leave nothing behind', () => {
  fc.assert(
    fc.property(arbitraryModel(), (tree) => {
      getParamStore().clear();
      traceOf(modelOf(tree)).dispose();
      expectNoLeak(() => tf.tidy(() => void new TraceHandler().run(modelOf(tree))));
      expect([...statementsOf(tree)].length).toBeGreaterThan(0);
    }),
    { seed: 5, numRuns: 20 },
  );
});
