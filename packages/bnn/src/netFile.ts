/**
 * @file A network's parameters, and what its layers keep besides (moving statistics, weights that are not trained), as one
 * safetensors file; and a folder with that and the topology.
 */
import { readStoreWithData, storeWithDataToBytes, writeFolder } from '@tychejs/ppl';
import type { FileSource } from '@tychejs/ppl';
import type { LayerState } from './layerState.ts';
import { assignLayerState, checkLayerState, isRecord, layerStateIn, layerStateOf } from './layerState.ts';
import type { LiftedNet } from './lift/net.ts';
import type { NetDescription } from './netDescription.ts';
import { checkDescription } from './netDescription.ts';
import type { NetParamStore } from './netParamStore.ts';

/** What is saved of a network. */
export interface SavedNet {
  readonly lifted: LiftedNet;
  readonly paramStore: NetParamStore;
  readonly description: NetDescription;
}

const PARAMETERS = 'bnn.safetensors';
const TOPOLOGY = 'model.json';
const KIND = 'bnn';
const VERSION = 1;

/**
 * The safetensors file.
 *
 * @param training - how far it has come, as plain data; none by default.
 */
export async function netToBytes({ lifted, paramStore, description }: SavedNet, training?: unknown): Promise<Uint8Array<ArrayBuffer>> {
  // Reading begins before anything is waited for, since the network may be trained meanwhile.
  const content = layerStateOf(lifted).then((state) => ({ kind: KIND, version: VERSION, description, state, training }));
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
      checkLayerState('it is of another network', net.lifted, state);
      results.push(resume(training));
      assignLayerState(net.lifted, state);
    });
    return results[0] as R;
  });
}

function topologyOf(lifted: LiftedNet): string {
  try {
    return lifted.topology() ?? 'null';
  } catch (cause) {
    const why = cause instanceof Error ? cause.message : String(cause);
    throw new Error(`bnn.save: the net does not say how it is built (${why}); give its layers getConfig(), or keep the content of bnn.toBytes()`, { cause });
  }
}

interface Content {
  readonly description: NetDescription | undefined;
  readonly state: LayerState;
  readonly training: unknown;
}

/** What the file holds beside parameters. @throws Error when it is no file of a network. */
function contentOf(data: unknown): Content {
  const { kind, version, description, state, training } = isRecord(data) ? data : {};
  if (kind !== KIND) throw new Error('it holds parameters, but not a network saved by bnn.save or bnn.toBytes (bnn.paramStore.load takes parameters alone)');
  if (version !== VERSION) throw new Error(`it has version ${String(version)} of the format of networks; this is version ${VERSION}`);
  const layers = layerStateIn(state);
  if (description !== undefined && !(isRecord(description) && Array.isArray(description['weights']))) {
    throw new Error('what it says of its network is not whole');
  }
  return { description: description as NetDescription | undefined, state: layers, training };
}
