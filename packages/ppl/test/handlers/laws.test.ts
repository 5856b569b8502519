/** The laws of the handlers over generated models (P1 to P14, but for plates: see plates.test.ts). */
import * as tf from '@tensorflow/tfjs-core';
import fc from 'fast-check';
import { ready } from '../../src/backend/ready.ts';
import { normal } from '../../src/distributions/normal.ts';
import * as handlers from '../../src/handlers/index.ts';
import { TraceHandler, traceOf } from '../../src/handlers/trace.ts';
import { getParamStore } from '../../src/params/store.ts';
import { deterministic, sample } from '../../src/primitives.ts';
import type { Handler } from '../../src/runtime/handler.ts';
import { Handler as BaseHandler } from '../../src/runtime/handler.ts';
import type { Message } from '../../src/runtime/message.ts';
import { SiteError } from '../../src/runtime/siteError.ts';
import { currentStack } from '../../src/runtime/stack.ts';
import type { Trace } from '../../src/runtime/trace.ts';
import { expectNoLeak } from '../helpers/leak.ts';
import type { Model, ModelOptions } from '../helpers/models.ts';
import { arbitraryModel, latentNames, logJoint, modelOf, statementsOf } from '../helpers/models.ts';
import { expectClose, latentValues, plain, total } from '../helpers/traces.ts';

beforeAll(() => ready({ backend: 'cpu' }));
afterEach(() => getParamStore().clear());

type Program = () => unknown;

const seeded = (program: Program, seed = 7): Program => handlers.seed(program, { seed });
const inside = (trace: TraceHandler, program: Program): Program => () => trace.run(program);

/** Checks `law` on generated models, each in a `tf.tidy` and with an empty store. */
function forModels(
  law: (program: Program, model: Model, pick: (names: readonly string[]) => string[]) => void,
  { numRuns = 50, ...options }: ModelOptions & { numRuns?: number } = {},
): void {
  fc.assert(
    fc.property(arbitraryModel(options), fc.infiniteStream(fc.boolean()), (model, coins) => {
      getParamStore().clear();
      const pick = (names: readonly string[]): string[] => names.filter(() => coins.next().value);
      tf.tidy(() => law(modelOf(model), model, pick));
    }),
    { seed: 3, numRuns },
  );
}

const names = (trace: Trace): string[] => [...trace.nodes.keys()].sort();
const only = (sites: Record<string, unknown>, keep: (name: string) => boolean): Record<string, unknown> =>
  Object.fromEntries(Object.entries(sites).filter(([name]) => keep(name)));

describe('P1: idempotence', () => {
  test('a trace within a trace is the same trace', () =>
    forModels((model) => {
      const inner = new TraceHandler();
      const outer = traceOf(seeded(inside(inner, model)));
      expect(plain(inner.trace())).toEqual(plain(outer));
    }));

  test('replay and block twice are as once', () =>
    forModels((model, { length }, pick) => {
      const source = traceOf(model);
      const once = handlers.replay(model, { trace: source });
      expect(plain(traceOf(seeded(handlers.replay(once, { trace: source }))))).toEqual(plain(traceOf(seeded(once))));
      const hide = pick(names(source));
      const blocked = handlers.block(seeded(model), { hide });
      expect(length).toBeGreaterThan(0);
      expect(plain(traceOf(handlers.block(blocked, { hide })))).toEqual(plain(traceOf(blocked)));
    }));
});

describe('P2: trace commutes with', () => {
  const commutes = (wrap: (program: Program, latents: Record<string, tf.Tensor>) => Program): void =>
    forModels((model, _, pick) => {
      const first = traceOf(seeded(model, 1));
      const values = latentValues(first);
      const chosen = Object.fromEntries(pick(Object.keys(values)).map((name) => [name, values[name]!]));
      const inner = new TraceHandler();
      wrap(inside(inner, seeded(model)), chosen)();
      expect(plain(inner.trace())).toEqual(plain(traceOf(wrap(seeded(model), chosen))));
    });

  test('condition', () => commutes((program, data) => handlers.condition(program, { data })));
  test('substitute', () => commutes((program, data) => handlers.substitute(program, { data })));
  test('scale', () => commutes((program) => handlers.scale(program, { scale: 3 })));
  test('mask', () => commutes((program) => handlers.mask(program, { mask: false })));
  test('uncondition', () => commutes((program) => handlers.uncondition(program)));
  test('seed', () =>
    forModels((model) => {
      const inner = new TraceHandler();
      seeded(inside(inner, model))();
      expect(plain(inner.trace())).toEqual(plain(traceOf(seeded(model))));
    }));
  test('replay', () =>
    forModels((model) => {
      const source = traceOf(seeded(model, 1));
      const inner = new TraceHandler();
      handlers.replay(inside(inner, seeded(model)), { trace: source })();
      expect(plain(inner.trace())).toEqual(plain(traceOf(handlers.replay(seeded(model), { trace: source }))));
    }));
  test('doIntervention, but for the split sites', () =>
    forModels((model, _, pick) => {
      const values = latentValues(traceOf(seeded(model, 1)));
      const split = pick(Object.keys(values));
      const data = Object.fromEntries(split.map((name) => [name, values[name]!]));
      const inner = new TraceHandler();
      handlers.doIntervention(inside(inner, seeded(model)), { data })();
      const sites = plain(inner.trace());
      const outer = plain(traceOf(handlers.doIntervention(seeded(model), { data })));
      const isWhole = (name: string): boolean => !split.includes(name.replace('__CF', ''));
      expect(only(sites, isWhole)).toEqual(only(outer, isWhole));
      expect(Object.keys(sites).filter((name) => !isWhole(name)).sort()).toEqual(split.map((name) => `${name}__CF`).sort());
      for (const name of split) expect(sites[`${name}__CF`]!.logProb!.every((x) => x === 0)).toBe(true);
    }));
});

test('P3: replay reproduces every value and the log-density, whatever the seed', () =>
  forModels((model) => {
    const source = traceOf(seeded(model, 1));
    const again = traceOf(seeded(handlers.replay(model, { trace: source }), 2));
    expect(plain(again)).toEqual(plain(source));
    expect(total(again)).toBe(total(source));
  }));

test('P4: scales multiply, and change no value', () =>
  forModels((model, tree) => {
    const [a, b] = [0.5, 3];
    const nested = traceOf(seeded(handlers.scale(handlers.scale(model, { scale: a }), { scale: b })));
    const product = traceOf(seeded(handlers.scale(model, { scale: a * b })));
    const unscaled = traceOf(seeded(model));
    expect(plain(nested)).toEqual(plain(product));
    for (const [name, { value }] of Object.entries(plain(unscaled))) expect(plain(nested)[name]!.value).toEqual(value);
    expectClose(total(nested), a * b * logJoint(tree, unscaled));
  }));

test('P5: mask(false) takes all density away, and changes no value', () =>
  forModels((model) => {
    const masked = traceOf(seeded(handlers.mask(model, { mask: false })));
    const unmasked = plain(traceOf(seeded(model)));
    expect(total(masked)).toBe(0);
    for (const [name, { value }] of Object.entries(plain(masked))) expect(value).toEqual(unmasked[name]!.value);
  }));

describe('P6: condition', () => {
  test('on all latent values has the density of the trace they come from', () =>
    forModels((model) => {
      const source = traceOf(seeded(model));
      const conditioned = traceOf(seeded(handlers.condition(model, { data: latentValues(source) })));
      expect(conditioned.stochasticSites()).toHaveLength(0);
      expect(total(conditioned)).toBe(total(source));
    }));

  test('on disjoint sites commutes; on the same site the outer one wins', () =>
    forModels((model, tree, pick) => {
      const values = latentValues(traceOf(seeded(model, 1)));
      const left = pick(latentNames(tree));
      const data = (chosen: (name: string) => boolean): Record<string, tf.Tensor> =>
        Object.fromEntries(Object.entries(values).filter(([name]) => chosen(name)));
      const a = { data: data((name) => left.includes(name)) };
      const b = { data: data((name) => !left.includes(name)) };
      const both = (x: typeof a, y: typeof a): Trace => traceOf(seeded(handlers.condition(handlers.condition(model, x), y)));
      expect(plain(both(a, b))).toEqual(plain(both(b, a)));
      const [name] = latentNames(tree);
      const other = { data: { [name!]: tf.onesLike(values[name!]!) } };
      expect(plain(both(a, other))[name!]!.value.every((x) => x === 1)).toBe(true);
    }));
});

test('P7: uncondition undoes condition, and notes what was observed', () =>
  forModels((model) => {
    const free = traceOf(seeded(handlers.uncondition(model)));
    const data = latentValues(traceOf(seeded(model, 1)));
    for (const undone of [
      handlers.uncondition(handlers.condition(seeded(model), { data })),
      seeded(handlers.uncondition(handlers.condition(model, { data }))),
    ]) {
      const trace = traceOf(undone);
      expect(plain(trace)).toEqual(plain(free));
      for (const [name, value] of Object.entries(data)) {
        const { infer } = trace.nodes.get(name)!;
        expect(infer.wasObserved).toBe(true);
        expect(infer.obs).toBe(value);
      }
    }
  }));

describe('P8: block', () => {
  test('hides exactly the names in hide; hiding adds up; expose is its complement', () =>
    forModels((model, _, pick) => {
      const program = seeded(model);
      const all = traceOf(program);
      const [a, b] = [pick(names(all)), pick(names(all))];
      const visible = (...hidden: readonly string[]): Record<string, unknown> => only(plain(all), (name) => !hidden.includes(name));
      expect(plain(traceOf(handlers.block(program, { hide: a })))).toEqual(visible(...a));
      expect(plain(traceOf(handlers.block(handlers.block(program, { hide: a }), { hide: b })))).toEqual(visible(...a, ...b));
      const rest = names(all).filter((name) => !a.includes(name));
      expect(plain(traceOf(handlers.block(program, { expose: rest })))).toEqual(visible(...a));
    }));

  test('leaves what it hides to the seed outside', () =>
    forModels((model, _, pick) => {
      const hide = pick(names(traceOf(model)));
      const inner = new TraceHandler();
      seeded(handlers.block(inside(inner, model), { hide }))();
      expect(plain(inner.trace())).toEqual(plain(traceOf(seeded(model))));
    }));
});

test('P9: a lifted parameter, conditioned, is a substituted one', () =>
  forModels((model) => {
    const values = Object.fromEntries(traceOf(model).paramSites().map(({ name, value }) => [name, tf.add(value, 0.25)]));
    const prior = (name: string): ReturnType<typeof normal> => normal(tf.zeros(values[name]!.shape), 2);
    const lifted = traceOf(seeded(handlers.condition(handlers.lift(model, { prior }), { data: values })));
    const substituted = traceOf(seeded(handlers.substitute(model, { data: values })));
    const isParam = (name: string): boolean => name in values;
    expect(names(lifted)).toEqual(names(substituted));
    expect(only(plain(lifted), (name) => !isParam(name))).toEqual(only(plain(substituted), (name) => !isParam(name)));
    for (const name of Object.keys(values)) {
      expect(plain(lifted)[name]).toMatchObject({ type: 'sample', value: [...values[name]!.dataSync()] });
      expect(substituted.nodes.get(name)!.type).toBe('param');
    }
  }));

describe('P10: seed', () => {
  test('the same seed gives the same run, another seed another', () =>
    forModels(
      (model) => {
        expect(plain(traceOf(seeded(model)))).toEqual(plain(traceOf(seeded(model))));
        expect(plain(traceOf(seeded(model, 8)))).not.toEqual(plain(traceOf(seeded(model))));
      },
      { discrete: false },
    ));

  test('draws do not depend on the other sites', () =>
    forModels((model) => {
      const more = (): void => {
        sample('extra', normal(0, 1));
        model();
        deterministic('more', 1);
      };
      const isOld = (name: string): boolean => name !== 'extra' && name !== 'more';
      expect(only(plain(traceOf(seeded(more))), isOld)).toEqual(plain(traceOf(seeded(model))));
    }));
});

/** Throws at the site called `target`, on the way out or on the way back. */
class Bomb extends BaseHandler {
  private readonly target: string;
  private readonly hook: 'process' | 'postprocess';

  constructor(target: string, hook: 'process' | 'postprocess') {
    super();
    this.target = target;
    this.hook = hook;
  }

  private explode(message: Message, hook: string): void {
    if (message.name === this.target && hook === this.hook) throw new RangeError('boom');
  }

  override process(message: Message): void {
    this.explode(message, 'process');
  }

  override postprocess(message: Message): void {
    this.explode(message, 'postprocess');
  }
}

test('P13: an error at any site names it, and leaves stack, store and tensors as they were', () => {
  fc.assert(
    fc.property(arbitraryModel(), fc.nat(), fc.constantFrom('process' as const, 'postprocess' as const), (tree, index, hook) => {
      getParamStore().clear();
      const all = [...statementsOf(tree)].map((statement) => statement.name);
      const target = all[index % all.length]!;
      const failing = handlers.seed(() => new Bomb(target, hook).run(modelOf(tree)), { seed: 1 });
      const run = (): void => expectNoLeak(() => void traceOf(failing));
      expect(run).toThrow(SiteError);
      expect(run).toThrow(new RegExp(`"${target}": boom`));
      expect(currentStack()).toBeNull();
      expect(getParamStore().names()).toEqual([]);
    }),
    { seed: 4, numRuns: 50 },
  );
});

test('P14: scope renames all sites and nothing else', () =>
  forModels((model) => {
    const original = plain(traceOf(seeded(model)));
    const expected = (prefix: string): Record<string, unknown> =>
      Object.fromEntries(Object.entries(original).map(([name, site]) => [prefix + name, site]));
    const scoped = traceOf(handlers.scope(seeded(model), { prefix: 'a' }));
    expect(plain(scoped)).toEqual(expected('a/'));
    for (const { plates } of scoped.nodes.values()) for (const frame of plates) expect(scoped.nodes.has(frame.name)).toBe(true);
    const twice = handlers.scope(handlers.scope(seeded(model), { prefix: 'a' }), { prefix: 'b', divider: '.' });
    expect(plain(traceOf(twice))).toEqual(expected('b.a/'));
  }));

describe('both forms of a handler mean the same:', () => {
  const latent = 'sample0'; // every generated model begins with this one
  const source = (program: Program): Trace => traceOf(seeded(program, 1));
  const cases: [string, (program: Program) => Program, (program: Program) => Handler][] = [
    ['block', (p) => handlers.block(p, { hide: [latent] }), () => handlers.block({ hide: [latent] })],
    ['broadcast', (p) => handlers.broadcast(p), () => handlers.broadcast()],
    ['condition', (p) => handlers.condition(p, { data: { [latent]: 1 } }), () => handlers.condition({ data: { [latent]: 1 } })],
    ['doIntervention', (p) => handlers.doIntervention(p, { data: { [latent]: 1 } }), () => handlers.doIntervention({ data: { [latent]: 1 } })],
    ['inferConfig', (p) => handlers.inferConfig(p, { config: { a: 1 } }), () => handlers.inferConfig({ config: { a: 1 } })],
    ['lift', (p) => handlers.lift(p, { prior: () => normal(0, 1) }), () => handlers.lift({ prior: () => normal(0, 1) })],
    ['mask', (p) => handlers.mask(p, { mask: false }), () => handlers.mask({ mask: false })],
    ['replay', (p) => handlers.replay(p, { trace: source(p) }), (p) => handlers.replay({ trace: source(p) })],
    ['scale', (p) => handlers.scale(p, { scale: 2 }), () => handlers.scale({ scale: 2 })],
    ['scope', (p) => handlers.scope(p, { prefix: 'a' }), () => handlers.scope({ prefix: 'a' })],
    ['seed', (p) => handlers.seed(p, { seed: 3 }), () => handlers.seed({ seed: 3 })],
    ['substitute', (p) => handlers.substitute(p, { data: { [latent]: 1 } }), () => handlers.substitute({ data: { [latent]: 1 } })],
    ['uncondition', (p) => handlers.uncondition(p), () => handlers.uncondition()],
  ];

  test.each(cases)('%s', (_, wrap, open) =>
    forModels(
      (model) => {
        const wrapped = wrap(model);
        const handler = open(model);
        const scope = (): unknown => handler.run(model);
        const infers = (trace: Trace): unknown[] => [...trace.nodes.values()].map((site) => ({ ...site.infer, obs: null }));
        for (let turn = 0; turn < 2; turn++) {
          const [a, b] = [traceOf(seeded(wrapped)), traceOf(seeded(scope))];
          expect(plain(a)).toEqual(plain(b));
          expect(infers(a)).toEqual(infers(b));
        }
      },
      { subsampling: false, numRuns: 15 },
    ),
  );
});
