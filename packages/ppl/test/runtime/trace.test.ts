/** Traces: what they hold, whose tensors they free, and the tables of shapes in errors. */
import * as tf from '@tensorflow/tfjs-core';
import type { Tensor } from '@tensorflow/tfjs-core';
import '../../src/distributions/independent.ts';
import { ready } from '../../src/backend/ready.ts';
import { positive } from '../../src/constraints/interval.ts';
import { normal } from '../../src/distributions/normal.ts';
import * as handlers from '../../src/handlers/index.ts';
import { TraceHandler, traceOf } from '../../src/handlers/trace.ts';
import { getParamStore } from '../../src/params/store.ts';
import { plate } from '../../src/plate.ts';
import { deterministic, factor, param, sample } from '../../src/primitives.ts';
import type { DeterministicSite } from '../../src/runtime/site.ts';
import { SampleSite } from '../../src/runtime/site.ts';
import { expectNoLeak } from '../helpers/leak.ts';
import { expectClose, total } from '../helpers/traces.ts';

beforeAll(() => ready({ backend: 'cpu' }));
afterEach(() => getParamStore().clear());

const tidy = (body: () => void) => (): void => tf.tidy(body);

function model(data: Tensor | number[] = [1, 2]): { mean: Tensor } {
  const w = param('w', 2, { constraint: positive });
  const z = sample('z', normal(0, w));
  plate('data', 2, () => void sample('x', normal(z, 1), { obs: data }));
  const mean = deterministic('mean', tf.add(z, 1));
  factor('penalty', -3);
  return { mean };
}

describe('a trace', () => {
  test('has the sites in order, by kind', tidy(() => {
    const trace = traceOf(model);
    expect([...trace.nodes.keys()]).toEqual(['w', 'z', 'data', 'x', 'mean', 'penalty']);
    const names = (sites: readonly { name: string }[]): string => sites.map(({ name }) => name).join();
    expect(names(trace.sampleSites())).toBe('z,x,penalty');
    expect(names(trace.stochasticSites())).toBe('z');
    expect(names(trace.observedSites())).toBe('x,penalty');
    expect(names(trace.paramSites())).toBe('w');
    expect(names(trace.plateSites())).toBe('data');
    expect(names(trace.deterministicSites())).toBe('mean');
    expect(trace.paramSites()[0]!.constraint).toBe(positive);
    expect((trace.returnValue as { mean: Tensor }).mean).toBe(trace.nodes.get('mean')!.value);
  }));

  test('gives a sample site by name', tidy(() => {
    const trace = traceOf(model);
    expect(trace.sampleSite('x')).toBe(trace.nodes.get('x'));
    expect(() => trace.sampleSite('y')).toThrow('"y" is no site of this trace; sample sites are z, x, penalty');
    expect(() => trace.sampleSite('w')).toThrow('"w" is a param statement; sample sites are z, x, penalty');
  }));

  test('passes arguments on', tidy(() => {
    const trace = handlers.trace((a: number, b: number) => sample('x', normal(a, b))).getTrace(1000, 0.001);
    expectClose((trace.returnValue as Tensor).dataSync()[0]!, 1000, 1e-4);
    expect(handlers.trace(model)([1, 2]).mean.shape).toEqual([]);
  }));

  test('sums log-densities, of all sites or of those that a filter lets pass', tidy(() => {
    const trace = traceOf(model);
    const z = trace.nodes.get('z')!.value as Tensor;
    const [value] = z.dataSync() as Float32Array;
    const logNormal = (x: number, scale: number): number => -0.5 * (x / scale) ** 2 - Math.log(scale) - 0.5 * Math.log(2 * Math.PI);
    const [prior, likelihood] = [logNormal(value!, 2), logNormal(1 - value!, 1) + logNormal(2 - value!, 1)];
    expectClose(total(trace), prior + likelihood - 3, 1e-6);
    expectClose(trace.logProbSum((site) => !site.isObserved).dataSync()[0]!, prior, 1e-6);
    expectClose(trace.logProbSum(({ name }) => name === 'x').dataSync()[0]!, likelihood, 1e-6);
    expect(trace.logProbSum(() => false).dataSync()[0]).toBe(0);
  }));

  test('carries gradients to what the run was given and to the parameters', tidy(() => {
    model();
    const { grads } = tf.variableGrads(() => traceOf(handlers.substitute(model, { data: { z: 1 } })).logProbSum());
    // d/du log N(1 | 0, w) with w = exp(u) = 2 is 1/w² - 1.
    expectClose(Object.values(grads)[0]!.dataSync()[0]!, 0.25 - 1, 1e-5);
  }));

  test('is immutable; with and without give altered copies', tidy(() => {
    const trace = traceOf(model);
    const old = trace.nodes.get('z') as SampleSite;
    const value = tf.scalar(9);
    const altered = trace.with(new SampleSite(Object.assign({}, old, { value })));
    expect((altered.nodes.get('z') as SampleSite).value).toBe(value);
    expect([...altered.nodes.keys()]).toEqual([...trace.nodes.keys()]);
    expect(trace.nodes.get('z')).toBe(old);
    expect(altered.nodes.get('x')).toBe(trace.nodes.get('x'));
    const shorter = altered.without('x');
    expect([shorter.nodes.has('x'), altered.nodes.has('x')]).toEqual([false, true]);
    for (const each of [trace, altered, shorter]) expect(() => (each.nodes as Map<string, unknown>).clear()).toThrow();
    const added: DeterministicSite = { type: 'deterministic', name: 'new', value, plates: [], infer: {} };
    expect([...trace.with(added).nodes.keys()].at(-1)).toBe('new');
  }));

  test('freezes nothing that is not its own', tidy(() => {
    const notes = { list: [1] };
    const trace = traceOf(() => deterministic('d', 1));
    const site = { ...trace.deterministicSites()[0]!, infer: notes };
    trace.with(site);
    notes.list.push(2);
    expect(Object.isFrozen(site)).toBe(false);
  }));

  test('does not change when its handler goes on', tidy(() => {
    const handler = new TraceHandler();
    handler.run(() => sample('a', normal(0, 1)));
    const early = handler.trace();
    handler.run(() => sample('b', normal(0, 1)));
    expect([...early.nodes.keys()]).toEqual(['a']);
    expect([...handler.trace('value').nodes.keys()]).toEqual(['a', 'b']);
    expect(handler.trace('value').returnValue).toBe('value');
  }));

  test.each<[string, () => void]>([
    ['a sample and a sample', () => [0, 1].forEach(() => sample('a', normal(0, 1)))],
    ['a sample and a param', () => void [sample('a', normal(0, 1)), param('a', 1)]],
    ['a param and a sample', () => void [param('a', 1), sample('a', normal(0, 1))]],
    ['a deterministic and a deterministic', () => void [deterministic('a', 1), deterministic('a', 1)]],
  ])('refuses one name for %s', (_, twice) => {
    expect(() => expectNoLeak(() => traceOf(twice))).toThrow(/"a": the name is used twice in one run/);
  });

  test('lets parameters be read again', tidy(() => {
    const trace = traceOf(() => [param('w', 1, { constraint: positive }), param('w')]);
    expect(trace.paramSites()[0]!.constraint).toBe(positive);
  }));

  test('refuses asynchronous functions', () => {
    const model = async () => Promise.resolve(sample('x', normal(0, 1)));
    expect(() => expectNoLeak(() => traceOf(model))).toThrow(/handlers.trace: the function is asynchronous/);
    expect(() => traceOf(async () => Promise.reject(new Error('later')))).toThrow(/asynchronous/);
  });

  test('of a broken density names the site', tidy(() => {
    const trace = traceOf(() => sample('x', normal(0, 1), { obs: Number.NaN }));
    expect(() => trace.logProbSum()).toThrow(/site "x": normal: value must be real, got NaN/);
  }));
});

describe('tensors', () => {
  test('dispose frees what the run allocated and nothing that it was given', () => {
    model([1, 2]); // creates the parameter
    const data = tf.tensor([1, 2]);
    const prior = tf.scalar(3);
    const given = (): void => {
      sample('y', normal(prior, 1));
      model(data);
    };
    expectNoLeak(() => {
      const trace = traceOf(handlers.scale(given, { scale: tf.keep(tf.scalar(2)) }));
      void trace.sampleSites().map((site) => site.logProb);
      expect(trace.tensors()).toContain(data);
      trace.dispose();
      trace.dispose();
    }, 1);
    expect([data.isDisposed, prior.isDisposed]).toEqual([false, false]);
    expect(getParamStore().get('w').dataSync()[0]).toBeCloseTo(2);
    tf.dispose([data, prior]);
  });

  test('that a run was given survive a tidy around it', () => {
    const data = tf.tensor([1, 2]);
    tf.tidy(() => void traceOf(model, data));
    tf.tidy(() => void new TraceHandler().run(() => model(data)));
    expect(data.isDisposed).toBe(false);
    data.dispose();
  });

  test('are let go when an asynchronous run is over, well or badly', async () => {
    const seen: Tensor[] = [];
    const draw = async (end: Promise<void>): Promise<void> => {
      seen.push(sample('x', normal(0, 1)));
      await end;
    };
    await new TraceHandler().run(() => draw(Promise.resolve()));
    await expect(new TraceHandler().run(() => draw(Promise.reject(new Error('no'))))).rejects.toThrow('no');
    expect(seen.map(({ kept }) => kept)).toEqual([false, false]);
    tf.dispose(seen);
  });

  test('of a replayed trace belong to that trace', () => {
    tf.tidy(() => void model());
    expectNoLeak(() => {
      const first = traceOf(model);
      const second = traceOf(handlers.replay(model, { trace: first }));
      second.dispose();
      expect((first.nodes.get('z')!.value as Tensor).isDisposed).toBe(false);
      first.dispose();
    });
  });

  test('in a tidy around, a trace needs no dispose', () => {
    tf.tidy(() => void model());
    expectNoLeak(() => tf.tidy(() => void total(traceOf(model))));
  });

  test('of sites outlive a tidy inside of the model, and go with the trace', () => {
    const inner = (): Tensor =>
      tf.tidy(() => {
        const loc = tf.add(sample('z', normal(0, 1)), 1);
        return sample('x', normal(tf.tidy(() => tf.mul(loc, 2)), 1), { obs: tf.tidy(() => tf.add(1, 1)) });
      });
    expectNoLeak(() => {
      const trace = traceOf(inner);
      expect(Number.isFinite(total(trace))).toBe(true);
      for (const tensor of trace.tensors()) expect(tensor.kept).toBe(false);
      trace.logProbSum().dispose();
      trace.dispose();
    }, 1); // `total` leaves the sum
    expectNoLeak(() => tf.tidy(() => void traceOf(inner)));
    expectNoLeak(() => tf.tidy(() => void traceOf(() => void traceOf(inner).logProbSum())));
    expectNoLeak(() => tf.tidy(() => void new TraceHandler().run(inner)));
    expectNoLeak(() => tf.tidy(() => void tf.grad((s) => traceOf(() => handlers.scale(inner, { scale: s as tf.Scalar })()).logProbSum())(tf.scalar(2))));
  });

  test('that a run keeps for itself stay when it fails after a tidy', () => {
    const failing = (): void => {
      tf.tidy(() => void sample('z', normal(0, 1)));
      throw new Error('late');
    };
    expect(() => expectNoLeak(() => traceOf(failing))).toThrow('late');
  });
});

describe('shapes', () => {
  const shaped = (): void => {
    param('weights', tf.zeros([3]));
    plate('data', 5, { subsampleSize: 2 }, () => {
      sample('v', normal(tf.zeros([2, 3]), 1).toEvent(1));
      deterministic('sum', 1);
    });
    sample('y', normal(0, 1), { obs: [1, 2] });
  };

  test('are a table', tidy(() => {
    expect(traceOf(shaped).formatShapes()).toBe(
      [
        '  name     batch | event  value',
        '  weights                 [3]     param',
        '  data                    [2]     plate of 5',
        '  v        [2] | [3]      [2, 3]',
        '  sum                     []      deterministic',
        '  y        [] | []        [2]     observed',
      ].join('\n'),
    );
  }));

  const thrownBy = (body: () => unknown): Error => {
    try {
      expectNoLeak(() => traceOf(() => void body()));
    } catch (error) {
      return error as Error;
    }
    throw new Error('nothing was thrown');
  };

  test('are told when a site does not fit, in message and stack, once', () => {
    const failing = (): unknown => [sample('a', normal(tf.zeros([4]), 1)), sample('b', normal(tf.zeros([3, 1]), 1), { obs: [1, 2, 3] })];
    const error = thrownBy(failing);
    expect(error.message).toMatch(/^site "b": normal: value has shape \[3\].*\n\nSites so far:\n  name.*\n  a     \[4\] \| \[\] +\[4\]\n  b/s);
    expect(error.stack).toContain('Sites so far:');
    const nested = thrownBy(() => traceOf(() => void failing()));
    expect(nested.message.match(/Sites so far/g)).toHaveLength(1);
  });

  test("are told with tfjs's own complaints, whose class stays", () => {
    const error = thrownBy(() => tf.add(sample('a', normal(tf.zeros([4]), 1)), tf.zeros([3])));
    expect(error.constructor).toBe(Error);
    expect(error.message).toMatch(/broadcast.*\n\nSites so far:.*\n  a  /s);
  });

  test('are told when a density does not fit', tidy(() => {
    const trace = traceOf(() => handlers.mask(() => sample('a', normal(tf.zeros([4]), 1)), { mask: tf.ones([3], 'bool') })());
    expect(() => trace.logProbSum()).toThrow(/site "a": its mask has shape \[3\], but must broadcast to \[4\].*\n\nSites so far:\n.*\n  a /s);
  }));

  test('of masks must not be larger than those of sites, whose elements would count more than once', tidy(() => {
    for (const mask of [tf.ones([4], 'bool'), tf.ones([4, 1], 'bool'), tf.ones([2, 1, 4], 'bool')]) {
      const trace = traceOf(() => handlers.mask(() => sample('a', normal(0, 1), { obs: 1 }), { mask })());
      expect(() => trace.logProbSum()).toThrow(/site "a": its mask has shape \[.*\], but must broadcast to \[\]/);
    }
    const trace = traceOf(() => handlers.mask(() => sample('a', normal(tf.zeros([2, 4]), 1), { obs: tf.zeros([2, 4]) }), { mask: tf.tensor1d([1, 0, 0, 0], 'bool') })());
    expect(trace.logProbSum().dataSync()[0]).toBeCloseTo(-Math.log(2 * Math.PI), 6);
  }));

  test('are not told with other errors', () => {
    expect(thrownBy(() => [sample('a', normal(0, 1)), sample('b', normal(0, -1))]).message).toBe('site "b": normal: scale must be positive, got -1');
    expect(thrownBy(() => tf.add(tf.ones([2]), tf.ones([3]))).message).not.toContain('Sites so far');
  });
});
