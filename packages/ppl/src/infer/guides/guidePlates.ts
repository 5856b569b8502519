/** @file The plates of the model, opened again in its guide. */
import { plate, PlateHandler } from '../../plate.ts';
import type { PlateOptions } from '../../plate.ts';
import type { PlateFrame } from '../../runtime/message.ts';
import { currentStack } from '../../runtime/stack.ts';

/** Which elements subsampled plates take, by the plate's name. */
export type Subsamples = Readonly<Record<string, NonNullable<PlateOptions['subsample']>>>;

/** The plates of one run of a guide: however often one is opened, it has the same elements. */
export class GuidePlates {
  private readonly chosen = new Map<string, NonNullable<PlateOptions['subsample']>>();

  /** @param given - elements that were chosen outside; the other plates draw theirs. */
  constructor(given: Subsamples = {}) {
    for (const [name, elements] of Object.entries(given)) this.chosen.set(name, elements);
  }

  /** Runs `body` inside of `frames`, the first outermost. */
  within<R>(frames: readonly PlateFrame[], body: () => R): R {
    const [frame, ...inner] = frames;
    if (frame === undefined) return body();
    const { name, size, subsampleSize, dim } = frame;
    if (dim === null) return this.within(inner, body);
    const known = this.chosen.get(name);
    const isWhole = known === undefined && size === subsampleSize;
    const elements: PlateOptions = known === undefined ? { subsampleSize } : { subsample: known };
    return plate(name, size, { dim, ...elements }, () => {
      const innermost = currentStack()?.handler;
      if (!isWhole && known === undefined && innermost instanceof PlateHandler) this.chosen.set(name, innermost.indices);
      return this.within(inner, body);
    });
  }
}
