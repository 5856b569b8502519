/** Each handler on concrete cases: what the laws over generated models do not say. */
import * as tf from '@tensorflow/tfjs-core';
import type { Tensor } from '@tensorflow/tfjs-core';
import { ready } from '../../src/backend/ready.ts';
import { positive } from '../../src/constraints/interval.ts';
import { bernoulli } from '../../src/distributions/bernoulli.ts';
import { halfNormal } from '../../src/distributions/halfNormal.ts';
import '../../src/distributions/independent.ts';
import { normal } from '../../src/distributions/normal.ts';
import * as handlers from '../../src/handlers/index.ts';
import type { SiteData } from '../../src/handlers/data.ts';
import type { LiftPrior } from '../../src/handlers/lift.ts';
import type { SiteFilter } from '../../src/handlers/siteFilter.ts';
import { TraceHandler, traceOf } from '../../src/handlers/trace.ts';
import { ParamStore, getParamStore } from '../../src/params/store.ts';
import { plate } from '../../src/plate.ts';
import { deterministic, factor, param, randomStream, sample } from '../../src/primitives.ts';
import { setSeed } from '../../src/random/global.ts';
import { RandomStream } from '../../src/random/stream.ts';
import type { SampleSite } from '../../src/runtime/site.ts';
import type { Trace } from '../../src/runtime/trace.ts';
import { expectClose, plain, total } from '../helpers/traces.ts';

beforeAll(() => ready({ backend: 'cpu' }));

let warn: jest.SpyInstance;
beforeEach(() => {
  setSeed(1);
  warn = jest.spyOn(console, 'warn').mockReturnValue();
});
afterEach(() => {
  warn.mockRestore();
  getParamStore().clear();
});

const tidy = (body: () => void) => (): void => tf.tidy(body);
const site = (trace: Trace, name: string): SampleSite => trace.nodes.get(name) as SampleSite;
const scalar = (value: unknown): number => (value as Tensor).dataSync()[0]!;

/** x → y, y observed when told so. */
function chain(y: number | null = null): Tensor {
  const x = sample('x', normal(0, 1));
  return sample('y', normal(x, 1), { obs: y });
}

describe('block', () => {
  const model = (): void => {
    const w = param('w', 1);
    plate('p', 2, () => void sample('z', normal(w, 1)));
    sample('x', normal(0, 1), { obs: 1 });
    deterministic('d', 2);
  };
  const seen = (options?: SiteFilter): string => [...traceOf(handlers.block(model, options)).nodes.keys()].join();

  test('filters by name, predicate and type; observed sites have a type of their own', tidy(() => {
    expect(seen()).toBe('');
    expect(seen({})).toBe('');
    expect(seen({ hide: ['z', 'd'] })).toBe('w,p,x');
    expect(seen({ expose: ['z', 'd'] })).toBe('z,d');
    expect(seen({ hideFn: ({ name }) => name > 'w' })).toBe('w,p,d');
    expect(seen({ exposeFn: ({ type }) => type === 'plate' })).toBe('p');
    expect(seen({ hideTypes: ['observe'] })).toBe('w,p,z,d');
    expect(seen({ exposeTypes: ['observe', 'param'] })).toBe('w,x');
    expect(seen({ hideTypes: ['sample'], hide: ['p'] })).toBe('w,d');
    expect(seen({ hide: [] })).toBe('w,p,z,x,d');
    expect(seen({ expose: [] })).toBe('');
  }));

  test('does not take both kinds', () => {
    expect(() => handlers.block({ hide: ['a'], exposeTypes: ['param'] })).toThrow(/handlers.block: give hide.*or expose.*not of both kinds/);
    expect(() => handlers.block(model, { hidden: ['a'] } as object)).toThrow(/unknown option "hidden"/);
  });

  test('lets randomStream and seeds through', tidy(() => {
    const draws = (): number[] => [randomStream('s').uniform(), scalar(sample('x', normal(0, 1)))];
    const seeded = handlers.seed(draws, { seed: 3 });
    expect(handlers.seed(handlers.block(draws), { seed: 3 })()).toEqual(seeded());
  }));
});

describe('condition', () => {
  test('observes at the value, broadcast to the plate, and only there', tidy(() => {
    const model = (): void => plate('p', 3, () => void sample('x', normal([0, 1, 2], 1)));
    const trace = traceOf(handlers.condition(model, { data: { x: 1 } }));
    expect(site(trace, 'x').isObserved).toBe(true);
    const terms = [...site(trace, 'x').logProb.dataSync()].map((v) => v + 0.5 * Math.log(2 * Math.PI));
    [-0.5, 0, -0.5].forEach((v, i) => expectClose(terms[i]!, v, 1e-6));
  }));

  test('overrides obs; takes arrays, tensors and traces', tidy(() => {
    const model = (): Tensor => sample('x', normal([0, 0], 1), { obs: [5, 5] });
    const values = [[1, 2], tf.tensor([1, 2]), new Float32Array([1, 2])].map((x) => handlers.condition(model, { data: { x } })().arraySync());
    expect(values).toEqual([[1, 2], [1, 2], [1, 2]]);
    const source = traceOf(chain, 3);
    const again = traceOf(handlers.condition(() => chain(), { data: source }));
    expect(again.observedSites().map(({ name }) => name)).toEqual(['x', 'y']);
    expect(total(again)).toBe(total(source));
  }));

  test('warns of names that no site has, once, with the one that was meant', tidy(() => {
    const data = { xx: 1, unrelated: 2 };
    const conditioned = handlers.condition(chain, { data });
    conditioned(null);
    conditioned(null);
    expect(warn.mock.calls.flat()).toEqual([
      'tyche: handlers.condition: data has "xx", but no such site was met. Did you mean "x"?',
      'tyche: handlers.condition: data has "unrelated", but no such site was met. Met: x, y.',
    ]);
  }));

  test('does not warn of what a trace has beyond the model, nor when the model throws', tidy(() => {
    const source = traceOf(() => {
      chain();
      deterministic('d', 1);
    });
    handlers.condition(chain, { data: source })(null);
    const failing = handlers.condition(
      () => {
        throw new Error('no');
      },
      { data: { x: 1 } },
    );
    expect(failing).toThrow('no');
    expect(warn).not.toHaveBeenCalled();
  }));

  test('takes null for no value', tidy(() => {
    expect(traceOf(handlers.condition(chain, { data: { x: null, y: 1 } }), null).observedSites().map(({ name }) => name)).toEqual(['y']);
    expect(warn).not.toHaveBeenCalled();
  }));

  test('refuses what is no data', () => {
    expect(() => handlers.condition(chain, { data: 3 as unknown as SiteData })).toThrow(/handlers.condition: data must be an object/);
  });
});

describe('substitute', () => {
  test('sets samples, parameters and deterministic sites, and leaves them what they are', tidy(() => {
    const model = (): void => {
      const w = param('w', 1, { constraint: positive });
      sample('x', normal(w, 1));
      deterministic('d', tf.add(w, 1));
    };
    const trace = traceOf(handlers.substitute(model, { data: { w: 3, x: 4, d: 5 } }));
    expect(plain(trace)).toMatchObject({
      w: { type: 'param', value: [3] },
      x: { type: 'sample', value: [4], isObserved: false },
      d: { type: 'deterministic', value: [5] },
    });
    expect(getParamStore().names()).toEqual([]);
  }));

  test('leaves observations alone; the inner one wins; unused names are no matter', tidy(() => {
    expect(scalar(handlers.substitute(chain, { data: { y: 4, z: 1 } })(7))).toBe(7);
    const twice = handlers.substitute(handlers.substitute(chain, { data: { y: 1 } }), { data: { y: 2 } });
    expect(scalar(twice(null))).toBe(1);
    expect(warn).not.toHaveBeenCalled();
  }));
});

describe('doIntervention', () => {
  // x → y → z, as single-world intervention graphs have it.
  const model = (): Record<string, Tensor> => {
    const x = sample('x', normal(0, 1));
    const y = sample('y', normal(x, 1));
    const z = sample('z', normal(tf.add(x, y), 1));
    return { x, y, z };
  };
  const seeded = handlers.seed(model, { seed: 2 });

  test('what comes after sees the value; the site itself is as ever', tidy(() => {
    const natural = traceOf(seeded);
    const trace = traceOf(handlers.doIntervention(seeded, { data: { y: 10 } }));
    expect([...trace.nodes.keys()]).toEqual([...natural.nodes.keys()]);
    expect(plain(trace)['x']).toEqual(plain(natural)['x']);
    expect(plain(trace)['y']).toEqual(plain(natural)['y']);
    expect(scalar((trace.returnValue as Record<string, Tensor>)['y'])).toBe(10);
    // z had the same noise, and its mean moved by 10 - y.
    const shift = 10 - scalar(natural.nodes.get('y')!.value);
    expectClose(scalar(trace.nodes.get('z')!.value), scalar(natural.nodes.get('z')!.value) + shift, 1e-5);
    expectClose(total(trace), total(natural), 1e-5);
  }));

  test('counterfactuals: conditioning the natural half informs its causes, not its effects', tidy(() => {
    const intervened = handlers.doIntervention(seeded, { data: { y: 10 } });
    const both = traceOf(handlers.condition(intervened, { data: { y: 1 } }));
    expect(site(both, 'y').isObserved).toBe(true);
    expect(scalar(site(both, 'y').value)).toBe(1);
    expect(scalar((both.returnValue as Record<string, Tensor>)['y'])).toBe(10);
    expect(scalar(site(both, 'z').value)).toBe(scalar(traceOf(intervened).nodes.get('z')!.value));
    // An observation inside is about the natural half too.
    const other = traceOf(handlers.doIntervention(handlers.condition(seeded, { data: { y: 1 } }), { data: { y: 10 } }));
    expect(plain(other)).toEqual(plain(both));
    expect(scalar((other.returnValue as Record<string, Tensor>)['y'])).toBe(10);
  }));

  test('at a root, and at a leaf, and at several sites', tidy(() => {
    const trace = traceOf(handlers.doIntervention(seeded, { data: { x: 1, y: 2, z: 3 } }));
    expect(Object.values(trace.returnValue as Record<string, Tensor>).map(scalar)).toEqual([1, 2, 3]);
    expect(trace.stochasticSites().map(({ name }) => name)).toEqual(['x', 'y', 'z']);
  }));

  test('stands in plates, for plated values', tidy(() => {
    const plated = (): Tensor => plate('p', 3, () => sample('x', normal(0, 1)));
    const trace = traceOf(handlers.doIntervention(plated, { data: { x: [1, 2, 3] } }));
    expect((trace.returnValue as Tensor).arraySync()).toEqual([1, 2, 3]);
    expect(site(trace, 'x').value.shape).toEqual([3]);
    expect(site(trace, 'x').plates).toHaveLength(1);
  }));

  test('of two on one site the inner one holds, with a warning', tidy(() => {
    const inner = handlers.doIntervention(seeded, { data: { y: 1 } });
    const twice = traceOf(handlers.doIntervention(inner, { data: { y: 2 } }));
    expect(scalar((twice.returnValue as Record<string, Tensor>)['y'])).toBe(1);
    expect(warn.mock.calls.flat()).toEqual([expect.stringMatching(/site "y" is set twice; only the inner/)]);
  }));

  test('works on a replay of a trace that was made under it', tidy(() => {
    const source = traceOf(handlers.doIntervention(seeded, { data: { y: 10 } }));
    const again = handlers.doIntervention(handlers.replay(model, { trace: source }), { data: { y: 20 } });
    expect(scalar(again()['y'])).toBe(20);
    expect(warn).not.toHaveBeenCalled();
  }));

  test('warns of names that no site has, and checks the shape of values', tidy(() => {
    handlers.doIntervention(chain, { data: { xy: 1 } })(null);
    expect(warn).toHaveBeenCalledWith(expect.stringMatching(/handlers.doIntervention: data has "xy".*mean "[xy]"/));
    expect(() => handlers.doIntervention(() => sample('v', normal([[0], [0]], 1)), { data: { v: [1, 2] } })()).toThrow(/site "v__CF".*\[2\].*\[2, 1\]/s);
  }));
});

describe('inferConfig', () => {
  test('merges notes, from an object or a function of the message', tidy(() => {
    const model = (): void => {
      sample('x', normal(0, 1), { infer: { a: 1, b: 1 } });
      param('w', 1);
      deterministic('d', 1);
    };
    const notes = (trace: Trace): unknown[] => [...trace.nodes.values()].map(({ infer }) => infer);
    expect(notes(traceOf(handlers.inferConfig(model, { config: { b: 2, c: 3 } })))).toEqual([{ a: 1, b: 2, c: 3 }, { b: 2, c: 3 }, {}]);
    const byName = traceOf(handlers.inferConfig(model, { config: ({ name }) => ({ name }) }));
    expect(notes(byName)).toEqual([{ a: 1, b: 1, name: 'x' }, { name: 'w' }, {}]);
  }));
});

describe('lift', () => {
  const model = (): [Tensor, Tensor] => {
    const w = param('w', 1);
    sample('x', normal(w, 1), { obs: 0 });
    return [w, param('w')];
  };

  test('a parameter read twice is one site with one value, and the store is not asked', tidy(() => {
    const trace = traceOf(handlers.lift(model, { prior: { w: normal(5, 1) } }));
    const [first, second] = trace.returnValue as [Tensor, Tensor];
    expect(second).toBe(first);
    expect([...trace.nodes.keys()]).toEqual(['w', 'x']);
    expect(site(trace, 'w').type).toBe('sample');
    expect(getParamStore().names()).toEqual([]);
  }));

  test('draws anew in each scope', tidy(() => {
    const handler = handlers.lift({ prior: normal(0, 1) });
    expect(scalar(handler.run(model)[0])).not.toBe(scalar(handler.run(model)[0]));
  }));

  test('takes a distribution for all, a record, or a function that may decline', tidy(() => {
    const two = (): void => {
      param('a', 1);
      param('b', 1);
    };
    const types = (prior: LiftPrior): string[] => [...traceOf(handlers.lift(two, { prior })).nodes.values()].map(({ type }) => type);
    expect(types(normal(0, 1))).toEqual(['sample', 'sample']);
    expect(types({ b: normal(0, 1) })).toEqual(['param', 'sample']);
    expect(types((name) => (name === 'a' ? normal(0, 1) : null))).toEqual(['sample', 'param']);
  }));

  test('the new site obeys the handlers outside, and those inside that had weighed the parameter', tidy(() => {
    const weighed = handlers.lift(handlers.scale(handlers.inferConfig(model, { config: { a: 1 } }), { scale: 3 }), { prior: normal(0, 1) });
    const trace = traceOf(handlers.scale(handlers.condition(weighed, { data: { w: 0.5 } }), { scale: 2 }));
    expect(site(trace, 'w').scale).toBe(6);
    expect(site(trace, 'w').isObserved).toBe(true);
    expect(site(trace, 'w').infer).toEqual({ a: 1 });
    expect(scalar(site(trace, 'x').distribution.mean)).toBe(0.5);
    const masked = traceOf(handlers.lift(handlers.mask(model, { mask: false }), { prior: normal(0, 1) }));
    expect(total(masked)).toBe(0);
  }));

  test('is undisturbed by a subsampling plate around the parameter: there is one prior for all elements', tidy(() => {
    const subsampled = (): Tensor => plate('p', 4, { subsample: [2] }, () => param('w', tf.zeros([4]), { eventDim: 0 }));
    const trace = traceOf(handlers.condition(handlers.lift(subsampled, { prior: normal(tf.zeros([4]), 1) }), { data: { w: [1, 2, 3, 4] } }));
    expect((trace.returnValue as Tensor).arraySync()).toEqual([3]);
    expectClose(total(trace), -0.5 * (1 + 4 + 9 + 16) - 2 * Math.log(2 * Math.PI), 1e-5);
  }));

  test('warns of priors without a parameter', tidy(() => {
    handlers.lift(model, { prior: { W: normal(0, 1) } })();
    expect(warn.mock.calls.flat()).toEqual(['tyche: handlers.lift: prior has "W", but no such parameter was met. Did you mean "w"?']);
  }));
});

describe('mask', () => {
  const values = [1, Number.NaN, 3];
  const keep = [true, false, true];

  test('P5: a masked NaN gives a finite density and gradient', tidy(() => {
    const density = (loc: Tensor): tf.Scalar =>
      traceOf(handlers.mask(() => sample('x', normal(loc, 1), { obs: values }), { mask: keep })).logProbSum();
    const { value, grad } = tf.valueAndGrad((loc) => density(loc))(tf.scalar(0.5));
    expectClose(scalar(value), -0.5 * (0.25 + 6.25) - Math.log(2 * Math.PI), 1e-5);
    expectClose(scalar(grad), 0.5 + 2.5, 1e-5);
    const wholly = (loc: Tensor): tf.Scalar =>
      traceOf(() => {
        handlers.mask({ mask: false }).run(() => sample('x', normal(loc, 1), { obs: values }));
        sample('y', normal(loc, 1), { obs: 0 });
      }).logProbSum();
    expectClose(scalar(tf.grad((loc) => wholly(loc))(tf.scalar(0.5))), -0.5, 1e-5);
  }));

  test('P5: so does a value outside of the support, and one of density zero', tidy(() => {
    const density = (scale: Tensor): tf.Scalar =>
      traceOf(handlers.mask(() => sample('x', halfNormal(scale), { obs: [1, -1] }), { mask: [true, false] })).logProbSum();
    const { value, grad } = tf.valueAndGrad((s) => density(s))(tf.scalar(2));
    expectClose(scalar(value), Math.LN2 - 1 / 8 - Math.log(2) - 0.5 * Math.log(2 * Math.PI), 1e-5);
    expectClose(scalar(grad), 1 / 8 - 1 / 2, 1e-5);
    const discrete = traceOf(handlers.mask(() => sample('x', bernoulli({ probs: [0.5, 0.5] }), { obs: [1, 0.3] }), { mask: [true, false] }));
    expectClose(total(discrete), Math.log(0.5), 1e-6);
  }));

  test('P5: a mask and its complement share out the whole, elementwise', tidy(() => {
    const model = (): void => {
      sample('x', normal([1, 2, 3], 1), { obs: [0, 0, 0] });
      sample('v', normal(tf.zeros([3, 2]), 1).toEvent(1), { obs: tf.ones([3, 2]) });
      factor('f', [4, 5, 6]);
    };
    const parts = [keep, keep.map((k) => !k)].map((mask) => traceOf(handlers.mask(model, { mask })));
    const whole = traceOf(model);
    for (const name of ['x', 'v', 'f']) {
      const [a, b, all] = [...parts, whole].map((trace) => [...site(trace, name).logProb.dataSync()]);
      expect(all).toHaveLength(3);
      all!.forEach((v, i) => expect([a![i], b![i]]).toEqual(keep[i] ? [v, 0] : [0, v]));
    }
  }));

  test('masks multiply, and stand in any form', tidy(() => {
    const model = (): Tensor => sample('x', normal([[0, 0], [0, 0]], 1), { obs: [[1, 2], [3, 4]] });
    const nested = handlers.mask(handlers.mask(handlers.mask(model, { mask: [[true], [false]] }), { mask: tf.tensor([true, false], [2], 'bool') }), { mask: true });
    expect((site(traceOf(nested), 'x').logProb.arraySync() as number[][]).map((row) => row.map((x) => x !== 0))).toEqual([[true, false], [false, false]]);
    expect(total(traceOf(handlers.mask(nested, { mask: false })))).toBe(0);
  }));

  test('refuses what is not boolean', () => {
    expect(() => handlers.mask({ mask: [1, 0] })).toThrow(/handlers.mask: mask must be boolean, got 1; use tf.cast/);
    expect(() => handlers.mask(chain, { mask: 0 })).toThrow(/must be boolean/);
    tf.tidy(() => expect(() => handlers.mask({ mask: tf.ones([2]) })).toThrow(/got a tensor of dtype float32/));
  });
});

describe('obsMask', () => {
  test('splits a site into what was seen and what is missing', tidy(() => {
    const model = (loc: Tensor): Tensor =>
      plate('p', 3, () => sample('x', normal(loc, 1), { obs: [1, Number.NaN, 3], obsMask: [true, false, true] }));
    const trace = traceOf(model, tf.scalar(0));
    expect([...trace.nodes.keys()]).toEqual(['p', 'x_observed', 'x_unobserved', 'x']);
    const [a, b, c] = (trace.returnValue as Tensor).dataSync();
    expect([a, c]).toEqual([1, 3]);
    expect(b).toBe(site(trace, 'x_unobserved').value.dataSync()[1]);
    expect(site(trace, 'x_unobserved').isObserved).toBe(false);
    // Its density is that of the data seen and the value imputed, and no more.
    expectClose(total(trace), -0.5 * (1 + b! ** 2 + 9) - 1.5 * Math.log(2 * Math.PI), 1e-5);
    const gradient = tf.grad((loc) => traceOf(handlers.substitute(model, { data: { x_unobserved: [7, 7, 7] } }), loc).logProbSum())(tf.scalar(0));
    expectClose(scalar(gradient), 1 + 7 + 3, 1e-5);
  }));

  test('covers whole events', tidy(() => {
    const trace = traceOf(() => sample('x', normal(tf.zeros([2, 3]), 1).toEvent(1), { obs: tf.ones([2, 3]), obsMask: tf.tensor1d([0, 1], 'int32') }));
    const value = (trace.returnValue as Tensor).arraySync() as number[][];
    expect(value[1]).toEqual([1, 1, 1]);
    expect(value[0]).not.toEqual([1, 1, 1]);
    expect(site(trace, 'x_observed').logProb.dataSync()[0]).toBe(0);
  }));

  test('needs obs', () => {
    expect(() => sample('x', normal(0, 1), { obsMask: true })).toThrow(/site "x": obsMask needs obs/);
  });
});

describe('paramStore', () => {
  test('keeps parameters to itself; the innermost store decides', tidy(() => {
    const [outer, inner] = [new ParamStore(), new ParamStore()];
    const model = (): Tensor => param('w', 2);
    handlers.paramStore(handlers.paramStore(model, { store: inner }), { store: outer })();
    expect([outer.names(), inner.names(), getParamStore().names()]).toEqual([[], ['w'], []]);
    inner.set('w', 5);
    expect(scalar(handlers.paramStore(model, { store: inner })())).toBe(5);
    expect(scalar(model())).toBe(2);
    inner.clear();
  }));

  test('is left as it was when a traced run fails', () => {
    const store = new ParamStore();
    const failing = handlers.paramStore(
      () => {
        param('old');
        param('new', 1);
        throw new Error('stop');
      },
      { store },
    );
    store.set('old', 1);
    expect(() => traceOf(failing)).toThrow('stop');
    expect(store.names()).toEqual(['old']);
    store.clear();
  });
});

describe('replay', () => {
  test('keeps observations, and draws what the trace does not have', tidy(() => {
    const source = traceOf(() => sample('x', normal(0, 1)));
    const trace = traceOf(handlers.replay(chain, { trace: source }), 3);
    expect(site(trace, 'x').value).toBe(site(source, 'x').value);
    expect(scalar(site(trace, 'y').value)).toBe(3);
    expect(site(trace, 'x').isObserved).toBe(false);
  }));

  test('brings the notes along, and hands the value of a plate', tidy(() => {
    const source = traceOf(() => sample('x', normal(0, 1), { infer: { a: 1 } }));
    const trace = traceOf(handlers.replay(() => sample('x', normal(0, 1), { infer: { a: 0, b: 2 } }), { trace: source }));
    expect(site(trace, 'x').infer).toEqual({ a: 1, b: 2 });
  }));

  test('refuses sites that are something else in the trace', tidy(() => {
    const observed = traceOf(() => sample('x', normal(0, 1), { obs: 1 }));
    expect(() => handlers.replay(chain, { trace: observed })(null)).toThrow(/site "x": is latent here, but in the trace to replay it is observed/);
    const parameter = traceOf(() => param('x', 1));
    expect(() => handlers.replay(chain, { trace: parameter })(null)).toThrow(/site "x".*it is a param/);
  }));

  test('refuses values of another shape', tidy(() => {
    const source = traceOf(() => sample('x', normal([0, 0], 1)));
    expect(() => handlers.replay(() => sample('x', normal([[0], [0]], 1)), { trace: source })()).toThrow(/site "x".*value has shape \[2\].*\[2, 1\]/s);
  }));
});

describe('scale', () => {
  test('takes tensors, and multiplies them', tidy(() => {
    const model = (): Tensor => sample('x', normal([0, 0], 1), { obs: [1, 2] });
    const trace = traceOf(handlers.scale(handlers.scale(model, { scale: tf.tensor([1, 10]) }), { scale: tf.scalar(2) }));
    const base = [-0.5, -2].map((x) => x - 0.5 * Math.log(2 * Math.PI));
    const actual = site(trace, 'x').logProb.dataSync();
    expectClose(actual[0]!, 2 * base[0]!, 1e-6);
    expectClose(actual[1]!, 20 * base[1]!, 1e-6);
  }));

  test.each([0, -1, Number.NaN, [1, 0], [Number.NaN]])('refuses %p', (bad) => {
    tf.tidy(() => {
      const scale = typeof bad === 'number' ? bad : tf.tensor(bad);
      expect(() => handlers.scale(chain, { scale })).toThrow(/handlers.scale: scale must be positive, got (0|-1|NaN).*handlers.mask\(\{ mask: false \}\)/);
    });
  });
});

describe('scope', () => {
  test('lets a model be used twice inside another, with parameters of its own', tidy(() => {
    const layer = (): Tensor => plate('units', 2, () => sample('w', normal(param('loc', 0), 1)));
    const trace = traceOf(() => ['a', 'b'].map((prefix) => handlers.scope(layer, { prefix })()));
    expect([...trace.nodes.keys()]).toEqual(['a/units', 'a/loc', 'a/w', 'b/units', 'b/loc', 'b/w']);
    expect(site(trace, 'b/w').plates.map(({ name }) => name)).toEqual(['b/units']);
    expect(getParamStore().names()).toEqual(['a/loc', 'b/loc']);
  }));
});

describe('seed', () => {
  const draw = (name = 'x'): number => scalar(sample(name, normal(0, 1)));

  test('counts how often a name was met', tidy(() => {
    const [first, second] = handlers.seed(() => [draw(), draw()], { seed: 1 })() as [number, number];
    expect(first).not.toBe(second);
    const interleaved = handlers.seed(() => [draw(), draw('y'), draw()], { seed: 1 })();
    expect([interleaved[0], interleaved[2]]).toEqual([first, second]);
  }));

  test('gives different names different draws', tidy(() => {
    const names = ['a', 'b', 'ab', 'ba', 'a/b'];
    expect(new Set(handlers.seed(() => names.map(draw), { seed: 1 })()).size).toBe(names.length);
  }));

  test('starts again with each scope, and the innermost decides', tidy(() => {
    const handler = handlers.seed({ seed: 1 });
    const once = handler.run(draw);
    expect(handler.run(draw)).toBe(once);
    expect(handlers.seed(handlers.seed(draw, { seed: 1 }), { seed: 2 })()).toBe(once);
    expect(handlers.seed(draw, { seed: 2 })()).not.toBe(once);
  }));

  test('takes a stream and does not advance it', tidy(() => {
    const stream = RandomStream.fromSeed(1);
    const { state } = stream;
    expect(handlers.seed(draw, { seed: stream })()).toBe(handlers.seed(draw, { seed: 1 })());
    expect(stream.state).toEqual(state);
    expect(() => handlers.seed({ seed: 0.5 })).toThrow(/seed must be an integer/);
  }));

  test('covers subsamples and randomStream, and leaves the process alone', tidy(() => {
    const program = (): unknown => [plate('p', 100, { subsampleSize: 3 }, (i) => [...i.dataSync()]), randomStream('s').uint32()];
    setSeed(4);
    const before = draw();
    setSeed(4);
    expect(handlers.seed(program, { seed: 1 })()).toEqual(handlers.seed(program, { seed: 1 })());
    expect(draw()).toBe(before);
  }));

  test('without one, setSeed decides', tidy(() => {
    setSeed(9);
    const draws = [draw(), draw(), randomStream('s').uint32()];
    setSeed(9);
    expect([draw(), draw(), randomStream('s').uint32()]).toEqual(draws);
  }));
});

test('uncondition leaves factors, which have no other outcome', tidy(() => {
  const trace = traceOf(handlers.uncondition(() => factor('f', 2)));
  expect(total(trace)).toBe(2);
  expect(site(trace, 'f').isObserved).toBe(true);
}));

describe('wrong uses are explained:', () => {
  const anything = handlers as unknown as Record<string, (...args: unknown[]) => unknown>;

  test.each(['condition', 'doIntervention', 'inferConfig', 'lift', 'mask', 'paramStore', 'replay', 'scale', 'scope', 'seed', 'substitute'])(
    '%s without its option',
    (name) => {
      const pattern = new RegExp(`handlers\\.${name}: needs the option "\\w+"`);
      expect(() => anything[name]!(chain)).toThrow(pattern);
      expect(() => anything[name]!({})).toThrow(pattern);
      expect(() => anything[name]!(chain, { nonsense: 1 })).toThrow(new RegExp(`handlers\\.${name}: unknown option "nonsense"`));
    },
  );

  test('arguments in the wrong order, or of the wrong kind', () => {
    expect(() => anything['scale']!({ scale: 2 }, chain)).toThrow(/handlers.scale: expected handlers.scale\(fn, options\)/);
    expect(() => anything['block']!({}, { hide: ['x'] })).toThrow(/handlers.block: expected handlers.block\(fn, options\)/);
    expect(() => anything['scale']!(2)).toThrow(/handlers.scale: options must be an object/);
    expect(() => anything['trace']!({})).toThrow(/handlers.trace: expected a function/);
    expect(() => anything['replay']!({ trace: handlers.trace(chain) })).toThrow(/handlers.replay: trace must be a Trace, such as/);
    expect(() => anything['paramStore']!({ store: {} })).toThrow(/handlers.paramStore: store must be a ParamStore/);
    expect(() => anything['lift']!({ prior: 3 })).toThrow(/handlers.lift: prior must be a distribution.*got 3/);
  });

  test('a handler inside of itself', () => {
    for (const handler of [handlers.scale({ scale: 2 }), handlers.trace(), handlers.condition({ data: {} })]) {
      expect(() => handler.run(() => handler.run(() => 0))).toThrow(/Handler is in force already: one handler cannot be opened twice/);
      expect(handler.run(() => 1)).toBe(1);
      expect(handler.run(() => 2)).toBe(2);
    }
    expect(handlers.trace()).toBeInstanceOf(TraceHandler);
  });
});
