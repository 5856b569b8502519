/** @file Runs that are stopped and go on: with the very numbers of those that never stopped. */
import * as tf from '@tensorflow/tfjs-core';
import type { Tensor } from '@tensorflow/tfjs-core';
import { constraints, dist, getParamStore, guides, handlers, infer, optim, param, ParamStore, plate, ready, sample, setSeed } from '@tychejs/ppl';
import type { Engine, SviCheckpoint, SviResult, SviRunOptions } from '@tychejs/ppl';
import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expectNoLeak } from '../../helpers/leak.ts';

// Machines under load take several times as long as alone.
jest.setTimeout(60_000);

beforeAll(() => ready({ backend: 'cpu' }));
beforeEach(() => {
  getParamStore().clear();
  setSeed(7);
});

type Args = [Tensor?];

const model = (...[x]: Args): void => {
  const z = sample('z', dist.normal(tf.zeros([3]), 2).toEvent(1));
  const scale = sample('scale', dist.halfNormal(1));
  plate('data', 3, () => sample('x', dist.normal(z, scale), { obs: x ?? [1, 2, 3] }));
};

/** A process of its own: an SVI, a guide, an optimiser, a store, of which nothing is shared with another. */
class Trainer {
  readonly store = new ParamStore();
  readonly svi: InstanceType<typeof infer.SVI<Args>>;

  constructor(engine: Engine) {
    const decaying = optim.schedule(optim.adam({ lr: 0.05 }), { gamma: 0.99 });
    this.svi = new infer.SVI<Args>({ model, guide: new guides.AutoNormal(model), optim: decaying, loss: new infer.TraceELBO(), engine });
  }

  run(options: SviRunOptions<Args>, seed = 1): Promise<SviResult> {
    return handlers.paramStore({ store: this.store }).run(() => handlers.seed({ seed }).run(() => this.svi.run(options)));
  }

  get bits(): unknown {
    return this.store.names().map((name) => [name, ...new Uint32Array(this.store.variable(name).dataSync().slice().buffer)]);
  }

  end(): void {
    this.store.clear();
  }
}

/** Checkpoints of a whole run, by their steps, and what the run came to. */
async function whole(engine: Engine, options: SviRunOptions<Args>): Promise<{ result: SviResult; bits: unknown; checkpoints: Map<number, SviCheckpoint> }> {
  const trainer = new Trainer(engine);
  const checkpoints = new Map<number, SviCheckpoint>();
  const onCheckpoint = (checkpoint: SviCheckpoint): void => void checkpoints.set(checkpoint.step, checkpoint);
  const result = await trainer.run({ ...options, onCheckpoint });
  const { bits } = trainer;
  trainer.end();
  return { result, bits, checkpoints };
}

describe.each<Engine>(['eager', 'compiled'])('a run (%s) that goes on from', (engine) => {
  test('any checkpoint, in another process and under another seed, ends as if it had never stopped', async () => {
    const { result, bits, checkpoints } = await whole(engine, { steps: 9, checkpointEvery: 2 });
    expect([...checkpoints.keys()]).toEqual([2, 4, 6, 8, 9]);
    for (const [step, checkpoint] of checkpoints) {
      const other = new Trainer(engine);
      const bytes = await expectNoLeak(() => infer.sviCheckpointToBytes(checkpoint));
      const resume = await infer.loadSviCheckpoint(bytes);
      expect(resume).toEqual(checkpoint);
      const resumed = await other.run({ steps: 9, resume }, 100 + step);
      expect(resumed.losses).toEqual(result.losses);
      expect(other.bits).toEqual(bits);
      other.end();
    }
  });

  test('an abort', async () => {
    const plain = new Trainer(engine);
    const { losses } = await plain.run({ steps: 8 });
    const stopped = new Trainer(engine);
    const controller = new AbortController();
    const taken: SviCheckpoint[] = [];
    const onProgress = ({ step }: { step: number }): void => (step === 5 ? controller.abort() : undefined);
    const run = stopped.run({ steps: 8, signal: controller.signal, onProgress, onCheckpoint: (checkpoint) => void taken.push(checkpoint) });
    await expect(run).rejects.toMatchObject({ name: 'AbortError' });
    expect(taken.map(({ step }) => step)).toEqual([5]);
    // In the same process, whose parameters and optimiser have gone elsewhere meanwhile.
    await stopped.run({ steps: 3 }, 55);
    const { losses: resumed } = await stopped.run({ steps: 8, resume: taken[0]! });
    expect(resumed).toEqual(losses);
    expect(stopped.bits).toEqual(plain.bits);
    plain.end();
    stopped.end();
  });

  test('a step that failed', async () => {
    const trainer = new Trainer(engine);
    const good = tf.tensor([1, 2, 3]);
    const bad = tf.tensor([1, NaN, 3]);
    const taken: SviCheckpoint[] = [];
    const onCheckpoint = (checkpoint: SviCheckpoint): void => void taken.push(checkpoint);
    await expect(trainer.run({ steps: 4, batches: [[good], [good], [bad]], onCheckpoint })).rejects.toThrow(/the loss is NaN/);
    expect(taken.map(({ step, losses }) => [step, losses.length])).toEqual([[2, 2]]);
    const resumed = await trainer.run({ steps: 4, batches: [[good]], resume: taken[0]! });
    const plain = new Trainer(engine);
    expect(resumed.losses).toEqual((await plain.run({ steps: 4, batches: [[good]] })).losses);
    expect(trainer.bits).toEqual(plain.bits);
    tf.dispose([good, bad]);
    plain.end();
    trainer.end();
  });
});

test('batches go on where they were', async () => {
  const data = [0, 1, 2].map((i) => tf.tensor([i, i + 1, i + 2]));
  // Shuffled by a state of its own, as tf.data shuffles: it comes out the same only if no pass is left out.
  const shuffled = (): { iterator(): Promise<{ next(): Promise<{ value: unknown; done: boolean }> }> } => {
    let state = 1;
    return {
      iterator: () => {
        let left = 3;
        const next = (): Promise<{ value: unknown; done: boolean }> => {
          state = (state * 5 + 3) % 16;
          return Promise.resolve(left-- > 0 ? { value: [tf.clone(data[state % 3]!)], done: false } : { value: null, done: true });
        };
        return Promise.resolve({ next });
      },
    };
  };
  for (const batches of [() => data.map((x): Args => [x]), shuffled]) {
    const { result, bits, checkpoints } = await whole('eager', { steps: 8, checkpointEvery: 4, batches: batches() });
    const other = new Trainer('eager');
    const resumed = await expectNoLeak(() => other.run({ steps: 8, batches: batches(), resume: checkpoints.get(4)! }), 4);
    expect(resumed.losses).toEqual(result.losses);
    expect(other.bits).toEqual(bits);
    other.end();
  }
  tf.dispose(data);
});

test('early stopping goes on where it was', async () => {
  const stopWhen = infer.stopWhenFlat({ window: 5, patience: 8 });
  const { result, checkpoints } = await whole('eager', { steps: 400, checkpointEvery: 6, stopWhen });
  expect(result.stopped).toBe('early');
  for (const step of [6, 12, result.steps]) {
    const other = new Trainer('eager');
    const resumed = await other.run({ steps: 400, stopWhen, resume: checkpoints.get(step)! });
    expect([resumed.stopped, resumed.losses]).toEqual(['early', result.losses]);
    other.end();
  }
});

test('skipped steps stay skipped', async () => {
  const [good, bad] = [tf.tensor([1, 2, 3]), tf.tensor([1, NaN, 3])];
  const { result, checkpoints } = await whole('eager', { steps: 4, stableUpdate: true, batches: [[good], [bad]], checkpointEvery: 2 });
  expect(result.skipped).toBe(2);
  const other = new Trainer('eager');
  const resume = await infer.loadSviCheckpoint(await infer.sviCheckpointToBytes(checkpoints.get(2)!));
  const resumed = await other.run({ steps: 4, stableUpdate: true, batches: [[good], [bad]], resume });
  expect([resumed.losses, resumed.skipped]).toEqual([result.losses, 2]);
  other.end();
  tf.dispose([good, bad]);
});

test('a checkpoint is of the parameters of its run, and leaves the others alone', async () => {
  getParamStore().set('others', 1);
  const trained = (): unknown => sample('x', dist.normal(param('loc', tf.scalar(0)), 1), { obs: 1 });
  const svi = new infer.SVI<[]>({ model: trained, guide: () => undefined, optim: optim.sgd(), loss: new infer.TraceELBO(), engine: 'eager' });
  const taken: SviCheckpoint[] = [];
  await svi.run({ steps: 2, onCheckpoint: (checkpoint) => void taken.push(checkpoint) });
  expect([...taken[0]!.params.keys()]).toEqual(['loc']);
  getParamStore().set('others', 2);
  await svi.run({ steps: 2, resume: taken[0]! });
  expect(getParamStore().variable('others').dataSync()[0]).toBe(2);
  // Nothing was done, so there is nothing to save.
  await svi.run({ steps: 2, resume: taken[0]!, onCheckpoint: () => taken.pop() });
  expect(taken).toHaveLength(1);
});

test('parameters that are read now and then are in every checkpoint', async () => {
  const observing = (which: string): void => {
    sample('x', dist.normal(param(which, tf.scalar(0)), 1), { obs: 1 });
  };
  const taken: SviCheckpoint[] = [];
  const make = (): InstanceType<typeof infer.SVI<[string]>> =>
    new infer.SVI<[string]>({ model: observing, guide: () => undefined, optim: optim.sgd(), loss: new infer.TraceELBO(), engine: 'eager' });
  const options = { batches: [['a'], ['b'], ['b']] as [string][], checkpointEvery: 1, onCheckpoint: (checkpoint: SviCheckpoint) => void taken.push(checkpoint) };
  await make().run({ ...options, steps: 2 });
  await make().run({ ...options, steps: 3, resume: taken[1]! });
  expect(taken.map(({ params }) => [...params.keys()])).toEqual([['a'], ['a', 'b'], ['a', 'b']]);
});

test('a store that the model opens itself cannot be put back, and is refused', async () => {
  const store = new ParamStore();
  const inner = handlers.paramStore(() => sample('x', dist.normal(param('loc', tf.scalar(0)), 1), { obs: 1 }), { store });
  const svi = new infer.SVI<[]>({ model: inner, guide: () => undefined, optim: optim.sgd(), loss: new infer.TraceELBO(), engine: 'eager' });
  await svi.run({ steps: 1 });
  await expect(svi.run({ steps: 1, onCheckpoint: () => undefined })).rejects.toThrow(/param "loc" lives in a store that the model or guide opens itself/);
  store.clear();
});

test('what happens while a checkpoint is saved', async () => {
  const trainer = new Trainer('eager');
  let saving = 0;
  const seen: number[] = [];
  const onCheckpoint = async ({ step }: SviCheckpoint): Promise<void> => {
    saving++;
    await new Promise((go) => setTimeout(go, 5));
    saving--;
    seen.push(step);
  };
  await trainer.run({ steps: 4, checkpointEvery: 2, onCheckpoint, onProgress: () => expect(saving).toBe(0) });
  expect(seen).toEqual([2, 4]);
  let calls = 0;
  const full = (): Promise<void> => {
    calls++;
    return Promise.reject(new Error('disk full'));
  };
  await expect(trainer.run({ steps: 4, checkpointEvery: 2, onCheckpoint: full })).rejects.toThrow('disk full');
  expect(calls).toBe(1);
  const warned = jest.spyOn(console, 'warn').mockImplementation(() => undefined);
  const abort = new AbortController();
  const run = trainer.run({ steps: 4, onCheckpoint: full, onProgress: () => abort.abort(), signal: abort.signal });
  await expect(run).rejects.toMatchObject({ name: 'AbortError' });
  expect(warned.mock.calls.join()).toMatch(/the run has failed, and so has its last checkpoint: disk full/);
  warned.mockRestore();
  trainer.end();
});

describe('files', () => {
  let folder = '';
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'tyche-'));
  });
  afterEach(() => rm(folder, { recursive: true }));

  test('of checkpoints are files of parameters too', async () => {
    const path = join(folder, 'run.safetensors');
    const trainer = new Trainer('eager');
    await trainer.run({ steps: 3, checkpointEvery: 1, onCheckpoint: (checkpoint) => infer.saveSviCheckpoint(path, checkpoint) });
    expect(await readdir(folder)).toEqual(['run.safetensors']);
    expect((await infer.loadSviCheckpoint(path)).step).toBe(3);
    const store = new ParamStore();
    await store.load(path);
    expect(store.names()).toEqual(trainer.store.names());
    expect(store.names().map((name) => [...store.variable(name).dataSync()])).toEqual(store.names().map((name) => [...trainer.store.variable(name).dataSync()]));
    const names = store.names().filter((name) => name.includes('scales'));
    for (const name of names) expect(store.constraint(name)).toBe(constraints.positive);
    await store.save(path);
    await expect(infer.loadSviCheckpoint(path)).rejects.toThrow(`cannot load "${path}", and nothing was changed: it holds parameters, but no run of svi.run`);
    store.clear();
    trainer.end();
  });
});

describe('a checkpoint that is none changes nothing:', () => {
  const state = { version: 1, step: 1, losses: Float64Array.of(1), stream: { key: [1, 2], counter: 0, children: 0, spareNormal: null }, params: new Map() };

  test.each<[string, unknown, RegExp]>([
    ['null', null, /it must be an object, got null/],
    ['another version', { ...state, version: 7 }, /a checkpoint of version 7; this library reads version 1/],
    ['no step', { ...state, step: -1 }, /step must be an integer of at least 0, got -1/],
    ['losses of other steps', { ...state, step: 2 }, /losses must be a Float64Array with the losses of 2 steps, got Float64Array/],
    ['no stream', { ...state, stream: { ...state.stream, key: [1] } }, /stream\.key must be two integers, got Array/],
    ['no params', { ...state, params: {} }, /params must be a Map, got Object/],
    ['no optimiser', state, /optim must be an object, got undefined/],
    ['another optimiser', { ...state, optim: optim.sgd().getState() }, /optim\.schedule: the state given was saved from an optimiser without it/],
  ])('%s', async (_, resume, message) => {
    const trainer = new Trainer('eager');
    await trainer.run({ steps: 1 });
    const before = trainer.bits;
    await expect(trainer.run({ steps: 2, resume: resume as SviCheckpoint })).rejects.toThrow(message);
    await expect(trainer.run({ steps: 2, resume: resume as SviCheckpoint })).rejects.toThrow(/^svi\.run: cannot resume, and nothing was changed: /);
    expect(trainer.bits).toEqual(before);
    trainer.end();
  });
});
