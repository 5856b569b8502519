/**
 * @file A network's parameters, and what its layers keep besides (moving statistics, weights that are not trained), as one
 * safetensors file; and a folder with that and the topology.
 */
import * as tf from '@tensorflow/tfjs-core';
import { canReadSynchronously, readStoreWithData, storeWithDataToBytes, writeFolder } from '@tychejs/ppl';
import type { FileSource } from '@tychejs/ppl';
import type { Shapes } from './fileShapes.ts';
import { checkShapes } from './fileShapes.ts';
import type { LiftedNet, NetState } from './lift/net.ts';
import type { NetDescription } from './netDescription.ts';
import { checkDescription } from './netDescription.ts';
import type { NetParamStore } from './netParamStore.ts';

/** What is saved of a network. */
export interface SavedNet {
  readonly lifted: LiftedNet;
  readonly paramStore: NetParamStore;
  readonly description: NetDescription;
}

interface StoredState {
  readonly shape: readonly number[];
  readonly values: Float32Array;
}

const PARAMETERS = 'bnn.safetensors';
const TOPOLOGY = 'model.json';
const KIND = 'bnn';
const VERSION = 1;
/** Begins the names of what layers keep, in error messages. */
const STATE = 'state.';

/**
 * The safetensors file.
 *
 * @param training - how far it has come, as plain data; none by default.
 */
export async function netToBytes({ lifted, paramStore, description }: SavedNet, training?: unknown): Promise<Uint8Array<ArrayBuffer>> {
  // Reading begins before anything is waited for, since the network may be trained meanwhile.
  const state = Promise.all(lifted.state.map(async (each) => [each.name, await storedState(each)] as const));
  const content = state.then((entries) => ({ kind: KIND, version: VERSION, description, state: Object.fromEntries(entries), training }));
  return storeWithDataToBytes(paramStore, content);
}

/** Writes the folder. The file of parameters, which is all that {@link loadNet} reads, is written last. */
export async function saveNet(path: string, net: SavedNet): Promise<void> {
  const topology = topologyOf(net.lifted);
  await writeFolder(path, { [TOPOLOGY]: topology, [PARAMETERS]: await netToBytes(net) });
}

/**
 * Gives `net` what was saved.
 *
 * @param source - the folder's path, or the content of its safetensors file.
 * @throws Error, before anything is changed, when the file is damaged, or is not of a network like this.
 */
export async function loadNet(source: FileSource, net: SavedNet): Promise<void> {
  const file = typeof source === 'string' ? `${source}/${PARAMETERS}` : source;
  await loadNetWith(file, net, () => undefined);
}

/**
 * Gives `net` what was saved in a safetensors file, and `resume` the training.
 *
 * @param resume - changes nothing when it throws, and nothing else is changed then.
 * @returns what `resume` does.
 * @throws Error, before anything is changed, as {@link loadNet} does.
 */
export async function loadNetWith<R>(file: FileSource, net: SavedNet, resume: (training: unknown) => R): Promise<R> {
  return readStoreWithData(file, ({ params, run }) => {
    const { description, state, training } = contentOf(run);
    if (description !== undefined) checkDescription(description, net.description);
    const results: R[] = [];
    net.paramStore.restore(params, false, () => {
      checkState(net.lifted, state);
      results.push(resume(training));
      tf.tidy(() => net.lifted.state.forEach((each) => assignState(each, state)));
    });
    return results[0] as R;
  });
}

async function storedState({ shape, value }: NetState): Promise<StoredState> {
  const tensor = value();
  const values = canReadSynchronously() ? tensor.dataSync() : await tensor.data();
  return { shape, values: Float32Array.from(values) };
}

function assignState({ name, value, assign }: NetState, state: ReadonlyMap<string, StoredState>): void {
  const { shape, values } = state.get(name) as StoredState;
  assign(tf.tensor(values, [...shape], value().dtype));
}

function topologyOf(lifted: LiftedNet): string {
  try {
    return lifted.topology() ?? 'null';
  } catch (cause) {
    const why = cause instanceof Error ? cause.message : String(cause);
    throw new Error(`bnn.save: the net does not say how it is built (${why}); give its layers getConfig(), or keep the content of bnn.toBytes()`, { cause });
  }
}

/** @throws Error unless names and shapes are those of what the layers keep. */
function checkState(lifted: LiftedNet, state: ReadonlyMap<string, StoredState>): void {
  const found: Shapes = new Map([...state].map(([name, { shape }]) => [STATE + name, shape]));
  const wanted: Shapes = new Map(lifted.state.map(({ name, shape }) => [STATE + name, shape]));
  checkShapes('it is of another network', found, wanted);
}

interface Content {
  readonly description: NetDescription | undefined;
  readonly state: ReadonlyMap<string, StoredState>;
  readonly training: unknown;
}

/** What the file holds beside parameters. @throws Error when it is no file of a network. */
function contentOf(data: unknown): Content {
  const { kind, version, description, state, training } = isRecord(data) ? data : {};
  if (kind !== KIND) throw new Error('it holds parameters, but not a network saved by bnn.save or bnn.toBytes (bnn.paramStore.load takes parameters alone)');
  if (version !== VERSION) throw new Error(`it has version ${String(version)} of the format of networks; this is version ${VERSION}`);
  if (!isRecord(state)) throw new Error('it does not say what the layers keep');
  if (description !== undefined && !(isRecord(description) && Array.isArray(description['weights']))) {
    throw new Error('what it says of its network is not whole');
  }
  const entries = Object.entries(state).map(([name, stored]): [string, StoredState] => {
    if (!isStoredState(stored)) throw new Error(`"${STATE}${name}" is no array of its shape`);
    return [name, stored];
  });
  return { description: description as NetDescription | undefined, state: new Map(entries), training };
}

function isStoredState(value: unknown): value is StoredState {
  if (!isRecord(value)) return false;
  const { shape, values } = value;
  if (!Array.isArray(shape) || !shape.every((size) => Number.isSafeInteger(size) && size >= 0)) return false;
  return values instanceof Float32Array && values.length === shape.reduce((count: number, size: number) => count * size, 1);
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
