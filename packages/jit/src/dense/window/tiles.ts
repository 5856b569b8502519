/** @file Walking over places in tiles of neighbours, and the loops of the sums that tiles are. */
import type { Shape } from '../../graph/node.ts';
import { at, stridesOf } from '../../graph/shape.ts';
import type { KernelWriter } from '../kernelWriter.ts';
import type { Walker } from '../loops.ts';
import { forEachIndex, mergeAxes } from '../loops.ts';
import { partsOf } from '../product/parts.ts';
import type { Reduction } from '../product/sum.ts';

/** Places of a tile. */
export const TILE_ROWS = 4;

/** A tile of neighbouring places: how many, and how many bytes lie between them for either walker. */
export interface TileOfPlaces {
  readonly rows: number;
  readonly aRow: number;
  readonly cRow: number;
}

/** Runs `body` for columns of so many tiles of neighbours until every index within `shape` was in one; pointers end where they began. */
export function forEachColumn(w: KernelWriter, shape: Shape, a: Walker, c: Walker, body: (tile: TileOfPlaces, count: number) => void): void {
  const axes = mergeAxes(shape, [a.steps, c.steps]);
  const row = axes.at(-1) ?? { count: 1, steps: [0, 0] };
  const [aRow, cRow] = [at(row.steps, 0), at(row.steps, 1)];
  const outer = axes.slice(0, -1);
  const walkers = [a, c].map(({ pointer }, i) => ({ pointer, steps: outer.map(({ steps }) => at(steps, i)) }));
  forEachIndex(w.f, outer.map(({ count }) => count), walkers, () => {
    for (const part of partsOf(row.count, TILE_ROWS)) {
      body({ rows: part.size, aRow, cRow }, part.count);
      w.move(a.pointer, part.count * part.size * aRow);
      w.move(c.pointer, part.count * part.size * cRow);
    }
    w.move(a.pointer, -row.count * aRow);
    w.move(c.pointer, -row.count * cRow);
  });
}

/** Runs `body` for tile after tile, the pointers moved along; they end where they began. */
export function forEachTile(w: KernelWriter, shape: Shape, a: Walker, c: Walker, body: (tile: TileOfPlaces) => void): void {
  forEachColumn(w, shape, a, c, (tile, count) => {
    const [aTile, cTile] = [tile.rows * tile.aRow, tile.rows * tile.cRow];
    w.times(count, () => {
      body(tile);
      w.move(a.pointer, aTile);
      w.move(c.pointer, cTile);
    });
    w.move(a.pointer, -count * aTile);
    w.move(c.pointer, -count * cTile);
  });
}

/** The loops of a sum over `shape`: the first factor moves by `aSteps`, the second by `bStep` from each term to the next. */
export function sumOver(shape: Shape, aSteps: readonly number[], bStep: number): Reduction[] {
  const loops = mergeAxes(shape, [aSteps, stridesOf(shape).map((stride) => stride * bStep)]);
  if (loops.length === 0) return [{ count: 1, aStep: 0, bStep }];
  return loops.map(({ count, steps }) => ({ count, aStep: at(steps, 0), bStep: at(steps, 1) }));
}
