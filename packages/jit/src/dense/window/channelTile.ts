/** @file Sums of products channel by channel: what convolutions of single channels are made of. */
import { at } from '../../graph/shape.ts';
import type { DenseContext } from '../denseKernel.ts';
import { kernel } from '../kernel.ts';
import { VECTOR_BYTES } from '../kernelWriter.ts';
import type { Reduction } from '../product/sum.ts';
import { writeLoops } from '../product/sum.ts';
import type { Update } from '../product/tile.ts';
import type { TileOfPlaces } from './tiles.ts';

/** `c[i, :] (=, +=) Σ_k a[i + k, :] b[k, :]` over channels; steps in bytes. */
export interface ChannelTile extends TileOfPlaces {
  readonly channels: number;
  readonly update: Exclude<Update, 'subtract'>;
  readonly sum: readonly Reduction[];
}

/** The kernel (a, b, c) of a tile. */
export function channelTileKernel(context: DenseContext, tile: ChannelTile): number {
  const { rows, aRow, cRow, channels, update, sum } = tile;
  return kernel(context, `channelTile ${JSON.stringify(tile)}`, 3, (w, a, b, c) => {
    const [left, right, factor] = [w.f.local('i32'), w.f.local('i32'), w.f.local('v128')];
    const vector = (lanes: number): void => {
      const sums = Array.from({ length: rows }, () => w.variable());
      w.assign(left, a);
      w.assign(right, b);
      const write = (aOffset: number, bOffset: number): void => {
        w.loadInto(factor, right, bOffset);
        for (let i = 0; i < rows; i++) w.accumulate(at(sums, i), w.vector.load(left, aOffset + i * aRow), factor);
      };
      writeLoops(w, sum, { a: left, b: right, inRow: 1, write });
      sums.forEach((own, i) => {
        if (update === 'add') w.into(own, 'add', w.vector.load(c, i * cRow), own);
        w.storePart(c, i * cRow, own, lanes);
      });
      for (const pointer of [a, b, c]) w.move(pointer, VECTOR_BYTES);
    };
    w.times(Math.floor(channels / w.count), () => w.f.scoped(() => vector(w.count)));
    if (channels % w.count > 0) vector(channels % w.count);
  });
}
