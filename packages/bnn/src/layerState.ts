/** @file What layers keep besides trained weights (moving statistics, weights that are not trained), as plain data for files. */
import * as tf from '@tensorflow/tfjs-core';
import { canReadSynchronously } from '@tychejs/ppl';
import type { Shapes } from './fileShapes.ts';
import { checkShapes } from './fileShapes.ts';
import type { LiftedNet, NetState } from './lift/net.ts';

interface StoredState {
  readonly shape: readonly number[];
  readonly values: Float32Array;
}

/** By names. */
export type LayerState = ReadonlyMap<string, StoredState>;

/** Begins the names of what layers keep, in error messages. */
const STATE = 'state.';

/** What the layers keep now, for a file. Reading begins at once. */
export async function layerStateOf({ state }: LiftedNet): Promise<Record<string, StoredState>> {
  return Object.fromEntries(await Promise.all(state.map(async (each) => [each.name, await storedState(each)] as const)));
}

/** What a file says that layers keep. @throws Error when that is no {@link layerStateOf}. */
export function layerStateIn(data: unknown): LayerState {
  if (!isRecord(data)) throw new Error('it does not say what the layers keep');
  const entries = Object.entries(data).map(([name, stored]): [string, StoredState] => {
    if (!isStoredState(stored)) throw new Error(`"${STATE}${name}" is no array of its shape`);
    return [name, stored];
  });
  return new Map(entries);
}

/** @throws Error, which begins with `where`, unless names and shapes are those of what the layers keep. */
export function checkLayerState(where: string, lifted: LiftedNet, state: LayerState): void {
  const found: Shapes = new Map([...state].map(([name, { shape }]) => [STATE + name, shape]));
  const wanted: Shapes = new Map(lifted.state.map(({ name, shape }) => [STATE + name, shape]));
  checkShapes(where, found, wanted);
}

/** Gives the layers what was checked to be theirs. */
export function assignLayerState(lifted: LiftedNet, state: LayerState): void {
  tf.tidy(() => {
    for (const { name, value, assign } of lifted.state) {
      const { shape, values } = state.get(name) as StoredState;
      assign(tf.tensor(values, [...shape], value().dtype));
    }
  });
}

async function storedState({ shape, value }: NetState): Promise<StoredState> {
  const tensor = value();
  const values = canReadSynchronously() ? tensor.dataSync() : await tensor.data();
  return { shape, values: Float32Array.from(values) };
}

function isStoredState(value: unknown): value is StoredState {
  if (!isRecord(value)) return false;
  const { shape, values } = value;
  if (!Array.isArray(shape) || !shape.every((size) => Number.isSafeInteger(size) && size >= 0)) return false;
  return values instanceof Float32Array && values.length === shape.reduce((count: number, size: number) => count * size, 1);
}

/** Whether it is an object of named entries. */
export function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
