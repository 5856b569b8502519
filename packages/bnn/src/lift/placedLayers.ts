/** @file The layers of a model, those inside of other layers too, each with its place. */
import type { LayerVariable, LayersModel } from '@tensorflow/tfjs-layers';
import { nameLayers } from './layerNames.ts';
import type { Layer } from './net.ts';

export interface PlacedLayer {
  readonly layer: Layer;
  /** `encoder.dense1`; empty for the model itself. */
  readonly path: string;
  /** The layer and the layers around it, innermost first, without the model itself. */
  readonly chain: readonly Layer[];
  /** The weights that belong to it and to none of the layers inside of it. */
  readonly ownWeights: readonly LayerVariable[];
}

/** What the layers of tfjs-layers that hold other layers call them. */
interface Holder {
  readonly layers?: readonly Layer[];
  readonly forwardLayer?: Layer;
  readonly backwardLayer?: Layer;
  readonly cells?: readonly Layer[];
  readonly cell?: Layer;
  readonly layer?: Layer;
}

/** All layers of `model`, outer ones before those inside of them; one that is used at several places comes once. */
export function placedLayers(model: LayersModel): PlacedLayer[] {
  const placed: PlacedLayer[] = [];
  place(model as unknown as Layer, '', [], placed, new Set());
  return placed;
}

function place(layer: Layer, path: string, chain: readonly Layer[], placed: PlacedLayer[], seen: Set<Layer>): void {
  if (seen.has(layer)) return;
  seen.add(layer);
  const inside = childrenOf(layer);
  const theirs = new Set(inside.flatMap(([, child]) => child.weights));
  const ownWeights = layer.weights.filter((weight) => !theirs.has(weight));
  placed.push({ layer, path, chain, ownWeights });
  for (const [segment, child] of inside) {
    const childPath = [path, segment].filter((part) => part !== '').join('.');
    place(child, childPath, [child, ...chain], placed, seen);
  }
}

/** The layers directly inside of `layer`, each with its name there; a recurrent layer's only cell shares the layer's. */
function childrenOf(layer: Layer): [segment: string, child: Layer][] {
  const holder = layer as Holder;
  if (Array.isArray(holder.layers)) return [...nameLayers(holder.layers)].map(([child, name]) => [name, child]);
  if (holder.forwardLayer && holder.backwardLayer) {
    return [['forward', holder.forwardLayer], ['backward', holder.backwardLayer]];
  }
  if (Array.isArray(holder.cells)) return holder.cells.map((cell: Layer, i) => [`cell${i + 1}`, cell]);
  if (holder.cell) return [['', holder.cell]];
  if (holder.layer) return [...nameLayers([holder.layer])].map(([child, name]) => [name, child]);
  return keptLayers(layer);
}

/** The layers that a custom layer keeps in its properties, alone or in arrays, and whose weights it counts as its own. */
function keptLayers(layer: Layer): [segment: string, child: Layer][] {
  return Object.entries(layer).flatMap(([key, value]: [string, unknown]) => {
    if (!Array.isArray(value)) return isPartOf(layer, value) ? [[key, value]] : [];
    return value.flatMap((each: unknown, i): [string, Layer][] => (isPartOf(layer, each) ? [[`${key}${i + 1}`, each]] : []));
  });
}

function isPartOf(layer: Layer, value: unknown): value is Layer {
  const child = value as Partial<Layer> | null | undefined;
  if (typeof child !== 'object' || child === null || typeof child.call !== 'function' || typeof child.getClassName !== 'function') return false;
  return Array.isArray(child.weights) && child.weights.every((weight) => layer.weights.includes(weight));
}
