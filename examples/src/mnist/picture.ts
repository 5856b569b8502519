/** @file An image of a digit as a page shows it. */
import { encode } from 'fast-png';
import { PIXELS, SIDE, type Images } from './images.ts';

/** The image as a `data:` URL of a PNG file, in black ink on white paper. */
export function pictureOf({ pixels }: Images, which: number): string {
  const data = pixels.slice(which * PIXELS, (which + 1) * PIXELS).map((ink) => 255 - ink);
  const png = encode({ width: SIDE, height: SIDE, channels: 1, depth: 8, data });
  return `data:image/png;base64,${Buffer.from(png).toString('base64')}`;
}
