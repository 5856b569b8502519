/** @file Draws of a posterior in a file of the safetensors format, rounded to float32. */
import * as tf from '@tensorflow/tfjs-core';
import { ParamStore } from '@tychejs/ppl';
import type { FileSource, SampleArray } from '@tychejs/ppl';
import type { Shapes } from './fileShapes.ts';
import { checkShapes } from './fileShapes.ts';

/** Draws by site, of shape [draw, ...site shape]. */
type Samples = Readonly<Record<string, SampleArray>>;

const DRAWS = 'draws.';
const PARAMS = 'params.';

/** Writes draws, and the values of `params` beside them. */
export async function saveDraws(path: string, samples: Samples, params: ParamStore): Promise<void> {
  const file = new ParamStore();
  try {
    tf.tidy(() => {
      for (const [name, { data, shape }] of Object.entries(samples)) file.set(DRAWS + name, tf.tensor(Float32Array.from(data), shape));
      for (const name of params.names()) file.set(PARAMS + name, params.get(name));
    });
    await file.save(path);
  } finally {
    file.clear();
  }
}

/**
 * Reads what {@link saveDraws} wrote, and gives `params` their values.
 *
 * @param shapes - those of the sites.
 * @throws Error, before anything is changed, when the file is damaged, or has not the same names and shapes.
 */
export async function loadDraws(where: string, source: FileSource, shapes: Shapes, params: ParamStore): Promise<Samples> {
  const file = new ParamStore();
  try {
    await file.load(source);
    const state = file.getState();
    const [count = 0] = Object.entries(state).find(([name]) => name.startsWith(DRAWS))?.[1].shape ?? [];
    const wanted = new Map([
      ...[...shapes].map(([name, shape]) => [DRAWS + name, [count, ...shape]] as const),
      ...Object.entries(params.getState()).map(([name, { shape }]) => [PARAMS + name, shape] as const),
    ]);
    checkShapes(where, new Map(Object.entries(state).map(([name, { shape }]) => [name, shape])), wanted);
    tf.tidy(() => {
      for (const name of params.names()) params.set(name, file.get(PARAMS + name));
    });
    return Object.fromEntries([...shapes.keys()].map((name) => [name, samplesOf(state[DRAWS + name])]));
  } finally {
    file.clear();
  }
}

function samplesOf(found: { readonly shape: readonly number[]; readonly value: Float32Array } | undefined): SampleArray {
  return { data: Float64Array.from(found?.value ?? []), shape: [...(found?.shape ?? [])] };
}
