/** @file Which pixels the network is to see. */
import { RandomStream } from '@tychejs/ppl';
import type { GreyImage } from './photograph.ts';

/** What a pixel is to the network. */
export type Role = 'seen' | 'scattered' | 'hole';

/** A rectangle of pixels: from the left and top edges, inclusive, to the right and bottom ones, exclusive. */
export interface Hole {
  readonly left: number;
  readonly top: number;
  readonly right: number;
  readonly bottom: number;
}

/**
 * The role of each pixel: those in the hole are hidden, and of the others a random part, scattered all over.
 *
 * @param scattered - the fraction of pixels outside of the hole to hide.
 */
export function roles({ width, height }: Pick<GreyImage, 'width' | 'height'>, hole: Hole, scattered: number, seed: number): Role[] {
  const isInHole = (i: number): boolean => {
    const [x, y] = [i % width, Math.floor(i / width)];
    return x >= hole.left && x < hole.right && y >= hole.top && y < hole.bottom;
  };
  const outside = Array.from({ length: width * height }, (_, i) => i).filter((i) => !isInHole(i));
  const chosen = RandomStream.fromSeed(seed).choose(outside.length, Math.round(scattered * outside.length));
  const hidden = new Set(Array.from(chosen, (k) => outside[k]));
  return Array.from({ length: width * height }, (_, i) => (isInHole(i) ? 'hole' : hidden.has(i) ? 'scattered' : 'seen'));
}
