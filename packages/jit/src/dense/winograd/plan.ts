/** @file Where minimal filtering takes less time, and the tiles that an image is cut into. */
import { at, sizeOf } from '../../graph/shape.ts';
import type { Precision } from '../../wasm/lanes/lanes.ts';
import { elementSize } from '../kernel.ts';
import { VECTOR_BYTES } from '../kernelWriter.ts';
import { partsOf } from '../product/parts.ts';
import type { Correlation, Image } from '../window/correlation.ts';
import { imageOf } from '../window/correlation.ts';
import { ENTRIES, OUTPUTS, POINTS } from './form.ts';

/** Points of a tile. */
export const TILE_POINTS: number = POINTS * POINTS;

/** Fewer channels than this on a side are not worth transforming. */
const FEWEST_CHANNELS = 8;

/** Whether a correlation is computed by minimal filtering: 3×3 in steps of 1 over many channels, in float32. */
export function isWinograd(correlation: Correlation, precision: Precision): boolean {
  const { window, strides, dilations, spacing, groups, inPerGroup, outPerGroup, target } = correlation;
  const isSquare = window.length === 2 && window.every((n) => n === ENTRIES);
  const isDense = [...strides, ...dilations, ...spacing, ...target.spacing].every((n) => n === 1) && groups === 1;
  const lanes = VECTOR_BYTES / elementSize(precision);
  const isWide = [inPerGroup, outPerGroup].every((n) => n >= FEWEST_CHANNELS && n % lanes === 0);
  return precision === 'float32' && isSquare && isDense && isWide && sizeOf(correlation.output) > 0;
}

/** Bytes of a line of a cache. */
const LINE_BYTES = 64;

/**
 * Bytes from the array of a point to that of the next, of so many bytes each: an odd number of lines, for arrays that are
 * written side by side at distances of a power of two take each other's places in a cache.
 */
export function pointStepOf(bytes: number): number {
  return (Math.ceil(bytes / LINE_BYTES) | 1) * LINE_BYTES;
}

/** Some rows of tiles, and how often; tiles of the last row of an odd number of pixels are cut off. */
export interface Block {
  readonly rows: number;
  readonly count: number;
  readonly height: 1 | 2;
}

/** An image cut into tiles. */
export interface TilePlan {
  /** What whole tiles read. */
  readonly image: Image;
  readonly widened: Correlation;
  /** Tiles of a row. */
  readonly tiles: number;
  readonly blocks: readonly Block[];
  /** Tiles of the largest block. */
  readonly mostTiles: number;
}

/** Points of a block, of image and outputs together, take so many bytes at most: a part of a second cache. */
const BLOCK_BYTES = 2 ** 17;

/** The tiles of a correlation that {@link isWinograd}. */
export function tilesOf(correlation: Correlation, size: number): TilePlan {
  const { output, inPerGroup, outPerGroup } = correlation;
  const [height, width] = [at(output, 0), at(output, 1)];
  const tiles = Math.ceil(width / OUTPUTS);
  const widened = { ...correlation, output: output.map((n) => Math.ceil(n / OUTPUTS) * OUTPUTS) };
  const rowBytes = tiles * TILE_POINTS * (inPerGroup + outPerGroup) * size;
  const whole = Math.floor(height / OUTPUTS);
  const numBlocks = Math.ceil(whole / Math.max(1, Math.floor(BLOCK_BYTES / rowBytes)));
  const rows = Math.ceil(whole / Math.max(1, numBlocks));
  const blocks: Block[] = rows === 0 ? [] : partsOf(whole, rows).map((part) => ({ rows: part.size, count: part.count, height: OUTPUTS }));
  if (height % OUTPUTS > 0) blocks.push({ rows: 1, count: 1, height: 1 });
  return { image: imageOf(widened, size), widened, tiles, blocks, mostTiles: tiles * Math.max(1, rows) };
}
