/** @file Draws of a posterior, and what else a network is, in a file of the safetensors format, rounded to float32. */
import * as tf from '@tensorflow/tfjs-core';
import { ParamStore, readStoreWithData, saveStoreWithData, storeWithDataToBytes } from '@tychejs/ppl';
import type { FileSource, SampleArray } from '@tychejs/ppl';
import type { Shapes } from './fileShapes.ts';
import { checkShapes } from './fileShapes.ts';
import type { LayerState } from './layerState.ts';
import { assignLayerState, checkLayerState, isRecord, layerStateIn, layerStateOf } from './layerState.ts';
import type { LiftedNet } from './lift/net.ts';

/** Draws by site, of shape [draw, ...site shape]. */
type Samples = Readonly<Record<string, SampleArray>>;

/** A network, but for the weights that are drawn. */
export interface DrawnNet {
  readonly lifted: LiftedNet;
  /** The weights that have no prior. */
  readonly paramStore: ParamStore;
}

const DRAWS = 'draws.';
const PARAMS = 'params.';
const OTHER = 'it is of another network';
const KIND = 'draws';
const VERSION = 1;

/** The file: draws, and beside them weights without a prior and what layers keep. */
export async function drawsToBytes(samples: Samples, net: DrawnNet): Promise<Uint8Array<ArrayBuffer>> {
  return withContent(samples, net, storeWithDataToBytes);
}

/** Writes {@link drawsToBytes} to a file, in one step. */
export async function saveDraws(path: string, samples: Samples, net: DrawnNet): Promise<void> {
  await withContent(samples, net, (file, data) => saveStoreWithData(path, file, data));
}

/** Hands `body` what stands in the file. */
async function withContent<R>(samples: Samples, { lifted, paramStore }: DrawnNet, body: (file: ParamStore, data: unknown) => Promise<R>): Promise<R> {
  const file = new ParamStore();
  const state = layerStateOf(lifted);
  try {
    tf.tidy(() => {
      for (const [name, { data, shape }] of Object.entries(samples)) file.set(DRAWS + name, tf.tensor(Float32Array.from(data), shape));
      for (const name of paramStore.names()) file.set(PARAMS + name, paramStore.get(name));
    });
    return await body(file, state.then((layers) => ({ kind: KIND, version: VERSION, state: layers })));
  } finally {
    file.clear();
  }
}

/**
 * Reads what {@link saveDraws} wrote, and makes of `net` what it was then.
 *
 * @param shapes - those of the sites.
 * @throws Error, before anything is changed, when the file is damaged, or has not the same names and shapes.
 */
export async function loadDraws(source: FileSource, shapes: Shapes, net: DrawnNet): Promise<Samples> {
  const { lifted, paramStore } = net;
  return readStoreWithData(source, ({ params, run }) => {
    const state = stateIn(run);
    const found = new Map([...params].map(([name, { unconstrained }]) => [name, unconstrained.shape] as const));
    const [count = 0] = [...found].find(([name]) => name.startsWith(DRAWS))?.[1] ?? [];
    const wanted = new Map([
      ...[...shapes].map(([name, shape]) => [DRAWS + name, [count, ...shape]] as const),
      ...paramStore.names().map((name) => [PARAMS + name, shapeOf(paramStore, name)] as const),
    ]);
    checkShapes(OTHER, found, wanted);
    checkLayerState(OTHER, lifted, state);
    tf.tidy(() => {
      for (const name of paramStore.names()) {
        const { shape, values } = stored(PARAMS + name);
        paramStore.set(name, tf.tensor(values, [...shape]));
      }
    });
    assignLayerState(lifted, state);
    return Object.fromEntries([...shapes.keys()].map((name) => [name, samplesOf(stored(DRAWS + name))]));

    function stored(name: string): Numbers {
      return (params.get(name) as { readonly unconstrained: Numbers }).unconstrained;
    }
  });
}

function shapeOf(store: ParamStore, name: string): readonly number[] {
  const value = store.get(name);
  value.dispose();
  return value.shape;
}

interface Numbers {
  readonly shape: readonly number[];
  readonly values: Float32Array;
}

/** @throws Error when the file has no draws. */
function stateIn(data: unknown): LayerState {
  const { kind, version, state } = isRecord(data) ? data : {};
  if (kind !== KIND) throw new Error('it holds parameters, but no draws saved by McmcBNN');
  if (version !== VERSION) throw new Error(`it has version ${String(version)} of the format of draws; this is version ${VERSION}`);
  return layerStateIn(state);
}

function samplesOf({ values, shape }: Numbers): SampleArray {
  return { data: Float64Array.from(values), shape: [...shape] };
}
