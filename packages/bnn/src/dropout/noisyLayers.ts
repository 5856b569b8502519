/** @file Which layers of a network draw random numbers in training. */
import type { LayersModel } from '@tensorflow/tfjs-layers';
import { seededCall } from '../lift/dropout.ts';
import type { Layer } from '../lift/net.ts';
import { computesLike } from '../lift/operations/operation.ts';
import { CELL_OPERATIONS } from '../lift/operations/recurrent.ts';
import { placedLayers } from '../lift/placedLayers.ts';

/** What says how much a layer drops, or how wide its noise is. */
interface Strengths {
  readonly rate?: number;
  readonly stddev?: number;
  readonly dropout?: number;
  readonly recurrentDropout?: number;
}

/** The paths of the layers that drop, or add noise; those with a rate of zero do not. */
export function noisyLayers(net: LayersModel): string[] {
  return placedLayers(net).filter(({ layer }) => isNoisy(layer)).map(({ path }) => path);
}

function isNoisy(layer: Layer): boolean {
  const { rate = 0, stddev = 0, dropout = 0, recurrentDropout = 0 } = layer as Strengths;
  if (CELL_OPERATIONS.some(({ className }) => computesLike(layer, className))) return Math.max(dropout, recurrentDropout) > 0;
  return seededCall(layer, '') !== null && Math.max(rate, stddev) > 0;
}
