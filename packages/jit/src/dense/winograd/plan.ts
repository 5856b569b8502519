/** @file Which minimal filtering takes the least time, and the tiles that an image is cut into. */
import { at, sizeOf } from '../../graph/shape.ts';
import type { Precision } from '../../wasm/lanes/lanes.ts';
import { elementSize } from '../kernel.ts';
import { VECTOR_BYTES } from '../kernelWriter.ts';
import { partsOf } from '../product/parts.ts';
import type { Correlation, Image } from '../window/correlation.ts';
import { imageOf } from '../window/correlation.ts';
import { F2 } from './f2.ts';
import { F4 } from './f4.ts';
import type { Filtering } from './filtering.ts';
import { ENTRIES } from './filtering.ts';

/** Nanoseconds of a product with its sum, when four are done at a time: of a direct convolution as of products of matrices. */
const PRODUCT_COST = 0.046;

const FILTERINGS: readonly Filtering[] = [F2, F4];

/** The filtering by which a correlation takes the least time; null for sums of products as they stand. */
export function filteringOf(correlation: Correlation, precision: Precision): Filtering | null {
  if (!isFilterable(correlation, precision)) return null;
  const { batch, output, inPerGroup, outPerGroup } = correlation;
  let [best, least]: [Filtering | null, number] = [null, batch * sizeOf(output) * ENTRIES ** 2 * inPerGroup * outPerGroup * PRODUCT_COST];
  for (const filtering of FILTERINGS) {
    const { outputs, points, costs } = filtering;
    const tiles = batch * output.reduce((product, n) => product * Math.ceil(n / outputs), 1);
    const products = tiles * points ** 2 * inPerGroup * outPerGroup * PRODUCT_COST;
    const transforms = tiles * (inPerGroup * costs.image + outPerGroup * costs.outputs) + inPerGroup * outPerGroup * costs.filter;
    const cost = products + transforms / (VECTOR_BYTES / elementSize(precision));
    if (cost < least) [best, least] = [filtering, cost];
  }
  return best;
}

/**
 * Whether minimal filtering is possible: 3×3 in steps of 1, whole vectors of channels; in float32, for its errors. (A number that
 * is not finite makes all outputs of its tile NaN.)
 */
function isFilterable({ window, strides, dilations, spacing, groups, inPerGroup, outPerGroup, target }: Correlation, precision: Precision): boolean {
  const isSquare = window.length === 2 && window.every((n) => n === ENTRIES);
  const isDense = [...strides, ...dilations, ...spacing, ...target.spacing].every((n) => n === 1) && groups === 1;
  const lanes = VECTOR_BYTES / elementSize(precision);
  return precision === 'float32' && isSquare && isDense && inPerGroup % lanes === 0 && outPerGroup % lanes === 0;
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

/** Some rows of tiles, how often, and how many rows of pixels there are of each: the last tiles of an image may be cut off. */
export interface Block {
  readonly rows: number;
  readonly count: number;
  readonly height: number;
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

/** The tiles of a correlation. */
export function tilesOf(correlation: Correlation, { outputs, points }: Filtering, size: number): TilePlan {
  const { output, inPerGroup, outPerGroup } = correlation;
  const [height, width] = [at(output, 0), at(output, 1)];
  const tiles = Math.ceil(width / outputs);
  const widened = { ...correlation, output: output.map((n) => Math.ceil(n / outputs) * outputs) };
  const rowBytes = tiles * points * points * (inPerGroup + outPerGroup) * size;
  const whole = Math.floor(height / outputs);
  const numBlocks = Math.ceil(whole / Math.max(1, Math.floor(BLOCK_BYTES / rowBytes)));
  const rows = Math.max(1, Math.ceil(whole / Math.max(1, numBlocks)));
  const blocks: Block[] = partsOf(whole, rows).map((part) => ({ rows: part.size, count: part.count, height: outputs }));
  if (height % outputs > 0) blocks.push({ rows: 1, count: 1, height: height % outputs });
  return { image: imageOf(widened, size), widened, tiles, blocks, mostTiles: tiles * rows };
}
