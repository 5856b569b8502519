/** @file Parameter stores as files: whole round trips, and files that are refused. */
import * as tf from '@tensorflow/tfjs-core';
import { constraints, dist, getParamStore, handlers, infer, optim, param, ParamStore, ready, sample } from '@tychejs/ppl';
import fc from 'fast-check';
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Constraint } from '../../src/constraints/constraint.ts';
import { Interval } from '../../src/constraints/interval.ts';
import { sameStructure } from '../../src/constraints/same.ts';
import { constraintData, constraintOf } from '../../src/params/constraintData.ts';
import { decodePlain, encodePlain } from '../../src/params/plainData.ts';
import type { PlainData } from '../../src/params/plainData.ts';
import { decodeSafetensors, encodeSafetensors } from '../../src/params/safetensors.ts';
import { encodeSealed } from '../../src/params/sealed.ts';
import { storedFloats, toFloat32 } from '../../src/params/storedFloats.ts';
import { biject } from '../../src/transforms/biject.ts';
import { VERSION } from '../../src/util/version.ts';
import { expectNoLeak } from '../helpers/leak.ts';

beforeAll(() => ready({ backend: 'cpu' }));

const stores: ParamStore[] = [];
/** A store that is emptied after the test. */
function newStore(): ParamStore {
  const store = new ParamStore();
  stores.push(store);
  return store;
}
afterEach(() => {
  for (const store of [...stores.splice(0), getParamStore()]) store.clear();
});

/** Every bit of a store: unconstrained values, shapes, constraints. */
const contents = (store: ParamStore): unknown =>
  store.names().map((name) => {
    const { shape } = store.variable(name);
    return [name, shape, [...new Uint32Array(store.variable(name).dataSync().slice().buffer)], constraintData(store.constraint(name))];
  });

/** Everything of `constraints` that a parameter can have, and the shape of its unconstrained values. */
const constrained: fc.Arbitrary<{ constraint: Constraint; shape: number[] }> = fc
  .tuple(
    fc.oneof(
      fc.constantFrom(constraints.real, constraints.positive, constraints.nonNegative, constraints.unitInterval, constraints.circle),
      fc.constantFrom(constraints.simplex, constraints.ordered, constraints.positiveOrdered, constraints.realVector),
      fc.constantFrom(constraints.lowerCholesky, constraints.corrCholesky, constraints.positiveDefinite),
      fc.tuple(fc.integer({ min: -5, max: 5 }), fc.double({ min: 0.1, max: 9, noNaN: true })).map(([low, width]) => constraints.interval(low, low + width)),
      fc.double({ min: -9, max: 9, noNaN: true }).chain((bound) => fc.constantFrom(constraints.greaterThan(bound), constraints.lessThan(bound), constraints.greaterThanOrEqual(bound))),
      fc.constantFrom(constraints.independent(constraints.positive, 1), constraints.independent(constraints.simplex, 1)),
      fc.constant(constraints.interval([-1, 0, 1], [2, 2, 2])),
    ),
    fc.array(fc.integer({ min: 0, max: 3 }), { maxLength: 3 }),
  )
  .map(([constraint, sizes]) => {
    if (constraint instanceof Interval && Array.isArray(constraint.lower)) return { constraint, shape: [2, 3] };
    const isMatrix = biject(constraint).domain.eventDim < constraint.eventDim;
    // Six numbers make a 3 by 3 or a 4 by 4 matrix.
    const event = isMatrix ? [6] : [2, 3].slice(2 - constraint.eventDim);
    return { constraint, shape: [...sizes, ...event] };
  });

const name = fc.oneof(fc.string({ unit: 'binary' }), fc.constantFrom('__proto__', 'constructor', 'toString', '', '__metadata__', 'a/b', '$tensor'));

/** Gives `store` parameters whose unconstrained values may be any within reason. */
function fill(store: ParamStore, params: readonly { name: string; constraint: Constraint; shape: number[]; seed: number }[]): void {
  const exact = params.map(({ name: called, constraint, shape, seed }) => {
    const values = Float32Array.from({ length: shape.reduce((a, b) => a * b, 1) }, (_, i) => Math.sin(seed + 7.1 * i) * 3);
    return [called, { constraint, unconstrained: { shape, values } }] as const;
  });
  store.restore(new Map(exact), false);
}

const randomParams = fc.array(fc.tuple(name, constrained, fc.integer()).map(([called, rest, seed]) => ({ name: called, ...rest, seed })), { maxLength: 5 });

test('any store comes back to the last bit, into whatever was there before', async () => {
  await fc.assert(
    fc.asyncProperty(randomParams, randomParams, async (params, others) => {
      const [store, target] = [newStore(), newStore()];
      fill(store, params);
      fill(target, others);
      const bytes = await expectNoLeak(() => store.toBytes());
      await target.load(bytes);
      expect(contents(target)).toEqual(contents(store));
      for (const called of store.names()) expect(sameStructure(target.constraint(called), store.constraint(called))).toBe(true);
      store.clear();
      target.clear();
    }),
    { seed: 3, numRuns: 60 },
  );
});

test('the arrays for other tools are the constrained values', async () => {
  const store = newStore();
  store.set('scale', [1, 2, 3], constraints.positive);
  store.set('w', [[1, 2]]);
  const { arrays, metadata } = decodeSafetensors(await store.toBytes());
  expect([...arrays.keys()].sort()).toEqual(['param/scale', 'param/w', 'unconstrained/scale']);
  expect(arrays.get('param/w')!.shape).toEqual([1, 2]);
  toFloat32(arrays.get('param/scale')!).forEach((value, i) => expect(value).toBeCloseTo(i + 1, 5));
  expect([metadata.get('format'), metadata.get('version')]).toEqual(['tyche', VERSION]);
});

test('the version in files is the one of the package', async () => {
  const { version } = JSON.parse(await readFile(join(__dirname, '../../package.json'), 'utf8')) as { version: string };
  expect(VERSION).toBe(version);
});

describe('with an optimiser', () => {
  const names = ['loc', '__proto__', 'constructor'];
  const model = (): void => names.forEach((called, i) => void sample(`x${i}`, dist.normal(param(called, tf.scalar(i)), 1), { obs: 3 }));
  const train = async (store: ParamStore, optimizer: ReturnType<typeof optim.adam>, steps: number): Promise<number[]> => {
    const svi = new infer.SVI({ model, guide: () => undefined, optim: optimizer, loss: new infer.TraceELBO() });
    return (await handlers.paramStore({ store }).run(() => svi.run({ steps }))).losses;
  };

  test('training goes on as if it had never stopped', async () => {
    const [store, other] = [newStore(), newStore()];
    const [first, second] = [optim.adam({ lr: 0.1 }), optim.adam({ lr: 0.1 })];
    await train(store, first, 3);
    const bytes = await store.toBytes({ optim: first });
    await other.load(bytes, { optim: second });
    expect(second.getState()).toEqual(first.getState());
    expect(await train(other, second, 3)).toEqual(await train(store, first, 3));
    expect(contents(other)).toEqual(contents(store));
    expect(other.names()).toEqual(names);
  });

  test('that fits not, neither store nor optimiser changes', async () => {
    const [store, other] = [newStore(), newStore()];
    const adam = optim.adam({ lr: 0.1 });
    await train(store, adam, 1);
    fill(other, [{ name: 'kept', constraint: constraints.real, shape: [2], seed: 1 }]);
    const [before, sgd] = [contents(other), optim.sgd()];
    const state = sgd.getState();
    const bytes = await store.toBytes({ optim: adam });
    await expectNoLeak(() => expect(other.load(bytes, { optim: sgd })).rejects.toThrow(/cannot load these bytes, and nothing was changed: optim\.sgd: the state given is one of optim\.adam/));
    await expectNoLeak(async () => expect(other.load(await store.toBytes(), { optim: adam })).rejects.toThrow(/saved without the state of an optimiser; save with \{ optim \}/));
    expect(contents(other)).toEqual(before);
    expect(sgd.getState()).toEqual(state);
    await other.load(bytes);
    expect(contents(other)).toEqual(contents(store));
  });
});

describe('files that are refused leave everything as it was:', () => {
  async function small(): Promise<{ bytes: Uint8Array; adam: ReturnType<typeof optim.adam> }> {
    const store = newStore();
    const adam = optim.adam();
    store.set('s', [0.5, 2], constraints.positive);
    const variable = store.variable('s');
    adam.step([{ name: 's', variable, value: variable.dataSync() as Float32Array, gradient: Float32Array.of(1, -1) }]);
    return { bytes: await store.toBytes({ optim: adam }), adam };
  }

  test('cut off anywhere, or damaged in any byte', async () => {
    const { bytes, adam } = await small();
    const target = newStore();
    target.set('kept', 1);
    const before = contents(target);
    const state = adam.getState();
    const refuse = async (damaged: Uint8Array): Promise<void> => {
      const why = await target.load(damaged, { optim: adam }).then(() => 'it was not', (error: Error) => error.message);
      expect(why).toMatch(/^cannot load these bytes, and nothing was changed: /);
    };
    await expectNoLeak(async () => {
      for (let length = 0; length < bytes.length; length++) await refuse(bytes.slice(0, length));
      for (let i = 0; i < bytes.length; i++) await refuse(bytes.map((byte, j) => (j === i ? byte ^ (1 << i % 8) : byte)));
      for (let i = 0; i < bytes.length; i++) await refuse(bytes.map((byte, j) => (j === i ? (byte + 1 + ((i * 101) % 255)) % 256 : byte)));
      await refuse(Uint8Array.from([...bytes, 0]));
    });
    expect(contents(target)).toEqual(before);
    expect(adam.getState()).toEqual(state);
    await target.load(bytes, { optim: adam });
    expect(target.names()).toEqual(['s']);
  });

  const foreign = encodeSafetensors({ metadata: new Map([['format', 'pt']]), arrays: new Map([['layer.weight', storedFloats([1, 2], Float32Array.of(1, 2))]]) });
  const ours = (content: string, formatVersion = '1'): Uint8Array =>
    encodeSealed({
      metadata: new Map([['format', 'tyche'], ['formatVersion', formatVersion], ['version', '9.9.9'], ['content', content]]),
      arrays: new Map([['param/s', storedFloats([2], Float32Array.of(1, 2))], ['unconstrained/s', storedFloats([3], Float32Array.of(1, 2, 3))]]),
    });
  const params = (constraint: string): string => `["record",["params",["record",["s",${constraint}]]]]`;

  test.each<[string, Uint8Array, RegExp]>([
    ['another format', new TextEncoder().encode('PK\u0003\u0004 and so on'), /not a whole safetensors file/],
    ['another tool', foreign, /holds no parameters saved by Tyche; with \{ foreign: true \} its arrays are taken/],
    ['another version', ours('null', '2'), /it has version 2 of the format, written by Tyche 9\.9\.9; this is Tyche \d.*reads version 1/],
    ['no content', ours('null'), /does not say which parameters/],
    ['no list of parameters', ours('["record",["params",null]]'), /does not say which parameters/],
    ['an array that is missing', ours('["record",["params",["record",["t","real"]]]]'), /param "t": the file lacks its array "param\/t"/],
    ['a state that is missing', ours('["record",["params",["record"]],["run",["array","state/0"]]]'), /it has no array "state\/0"/],
    ['a constraint that is unknown', ours(params('"oddNumbers"')), /param "s": there is no constraint "oddNumbers"/],
    ['a constraint off a prototype', ours(params('"constructor"')), /param "s": there is no constraint "constructor"/],
    ['bounds that are none', ours(params('["record",["kind","interval"],["name","x"],["lower","0"],["upper",1],["isOpen",true]]')), /param "s": there is no constraint/],
    ['shapes that do not fit', ours(params('"positive"')), /param "s": it is positive of shape \[2\], but its unconstrained shape is \[3\]/],
    ['an unknown kind', ours('["function","alert(1)"]'), /unknown kind "function"/],
    ['a JSON object', ours('{"params":{}}'), /written without any/],
    ['a bad number', ours('["number","1e3"]'), /the number "1e3", which is none/],
    ['a key twice', ours('["record",["params",["record"]],["params",["record"]]]'), /a key twice/],
    ['an entry that is none', ours('["record",["params"]]'), /an entry that is none/],
    ['nesting without end', ours('["list",'.repeat(100) + '1' + ']'.repeat(100)), /nested too deeply/],
  ])('%s', async (_, bytes, message) => {
    const store = newStore();
    store.set('kept', 1);
    await expectNoLeak(() => expect(store.load(bytes)).rejects.toThrow(message));
    expect(store.names()).toEqual(['kept']);
  });

  test('but files of other tools can be asked for', async () => {
    const store = newStore();
    await store.load(foreign, { foreign: true });
    expect(store.names()).toEqual(['layer.weight']);
    expect(store.constraint('layer.weight')).toBe(constraints.real);
    expect([...store.variable('layer.weight').dataSync()]).toEqual([1, 2]);
    const integers = encodeSafetensors({ metadata: new Map(), arrays: new Map([['steps', { dtype: 'I64', shape: [], bytes: new Uint8Array(8) }]]) });
    await expect(store.load(integers, { foreign: true })).rejects.toThrow(/param "steps": elements of type I64 are no parameters/);
    expect(store.names()).toEqual(['layer.weight']);
  });

  test('and constraints of users cannot be saved', async () => {
    class Odd extends Interval {}
    const store = newStore();
    store.set('odd one', 1, new Odd(0, 3, true, 'odd'));
    await expectNoLeak(() => expect(store.toBytes()).rejects.toThrow(/param "odd one": its constraint odd is none of those in `constraints`/));
  });
});

describe('on disk', () => {
  let folder = '';
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'tyche-'));
  });
  afterEach(() => rm(folder, { recursive: true }));

  test('written whole, and read from a path, bytes, a blob or a response', async () => {
    const store = newStore();
    store.set('w', [1, 2, 3]);
    const path = join(folder, 'params.safetensors');
    await store.save(path);
    store.set('w', [4, 5, 6]);
    await store.save(path);
    expect(await readdir(folder)).toEqual(['params.safetensors']);
    const buffer = await readFile(path);
    const plain = new Uint8Array(buffer);
    for (const source of [path, buffer, plain, plain.buffer, new Blob([plain]), new Response(plain)]) {
      const other = newStore();
      await other.load(source);
      expect(contents(other)).toEqual(contents(store));
    }
  });

  test('errors name the file', async () => {
    const store = newStore();
    const path = join(folder, 'notes.txt');
    await writeFile(path, 'no parameters in here');
    await expect(store.load(path)).rejects.toThrow(`cannot load "${path}", and nothing was changed: not a whole safetensors file`);
    await expect(store.load(join(folder, 'none'))).rejects.toThrow(/^cannot load ".*none", and nothing was changed: there is no such file/);
    await expect(store.load(new Response('', { status: 404 }))).rejects.toThrow(/the response has status 404/);
    await expect(store.load(5 as unknown as string)).rejects.toThrow(/expected a path, bytes, an ArrayBuffer, a Blob or a Response, got number/);
    await expect(store.save(path, { optimizer: 1 } as object)).rejects.toThrow(/unknown option "optimizer"/);
    await expect(store.load(path, { optimizer: 1 } as object)).rejects.toThrow(/unknown option "optimizer"/);
  });
});

test('constraints with bounds of every kind are the same after a detour', () => {
  const cases: [Constraint, Constraint][] = [
    [constraints.interval(new Float32Array([0, 1]) as unknown as number[], 3), constraints.interval([0, 1], 3)],
    [constraints.interval(tf.tensor([[0], [1]]), 3), constraints.interval([[0], [1]], 3)],
    [constraints.lessThan(0.1), constraints.lessThan(0.1)],
  ];
  for (const [constraint, expected] of cases) {
    const text = encodePlain(constraintData(constraint), 'constraint', () => 'none');
    const again = constraintOf(decodePlain(text, () => new Float32Array()));
    expect(sameStructure(again, expected)).toBe(true);
    expect(again.name).toBe(constraint.name);
  }
  for (const constant of [constraints.real, constraints.positive, constraints.realVector]) expect(constraintOf(constraintData(constant))).toBe(constant);
});

test('plain data come back as they were', () => {
  const leaf = fc.oneof(fc.double(), fc.constantFrom(NaN, -0, Infinity, -Infinity), fc.string(), fc.boolean(), fc.constant(null), fc.float32Array(), fc.float64Array());
  const { tree } = fc.letrec<{ tree: PlainData }>((tie) => ({
    tree: fc.oneof({ maxDepth: 4 }, leaf, fc.array(tie('tree')), fc.dictionary(fc.oneof(fc.string(), fc.constantFrom('__proto__', 'constructor', 'list')), tie('tree'))),
  }));
  fc.assert(
    fc.property(tree, (value) => {
      const kept: (Float32Array | Float64Array)[] = [];
      const text = encodePlain(value, 'value', (array) => String(kept.push(array) - 1));
      expect(decodePlain(text, (key) => kept[Number(key)]!)).toEqual(value);
    }),
    { seed: 1 },
  );
  const none = (): string => 'none';
  expect(encodePlain({ a: undefined, b: 1 }, 'x', none)).toBe('["record",["b",1]]');
  expect(() => encodePlain({ a: [() => 1] }, 'state', none)).toThrow(/^state\.a\[0\]: a value of type function cannot be written to a file$/);
  expect(() => encodePlain({ a: new Map() }, 'state', none)).toThrow(/^state\.a: an object of class Map cannot be written/);
  const circular: Record<string, unknown> = {};
  circular['self'] = circular;
  expect(() => encodePlain(circular, 'state', none)).toThrow(/nested too deeply, or in itself/);
  expect((({}) as Record<string, unknown>)['polluted']).toBeUndefined();
});
