/** @file A photograph in grey, as numbers and as a file. */
import { readFileSync } from 'node:fs';
import { decode } from 'fast-png';

/** Brightness of pixels, row by row; 0 is the darkest there is in the picture, 1 the brightest. */
export interface GreyImage {
  readonly width: number;
  readonly height: number;
  readonly brightness: readonly number[];
}

/** The Alps of `examples/data`. */
export function loadPhotograph(): GreyImage {
  return readGrey(readFileSync(new URL('../../data/alps.png', import.meta.url)));
}

/** The image in a PNG file of one channel, stretched to the full range. @throws Error for other files, or where all is of one shade. */
export function readGrey(file: Uint8Array): GreyImage {
  const { width, height, channels, data } = decode(file);
  if (channels !== 1) throw new Error(`a grey image has one channel; this file has ${channels}`);
  const [least, most] = [Math.min(...data), Math.max(...data)];
  if (!(most > least)) throw new Error('the image is of one shade');
  return { width, height, brightness: Array.from(data, (value) => (value - least) / (most - least)) };
}
