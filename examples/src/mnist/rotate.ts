/** @file Images turned around their centre. */
import { PIXELS, SIDE, type Images } from './images.ts';

const CENTRE = (SIDE - 1) / 2;

/**
 * All images turned counter-clockwise. Grey is interpolated between the four nearest pixels; what comes in from outside is paper.
 */
export function rotate({ count, pixels }: Images, degrees: number): Images {
  const turned = new Uint8Array(count * PIXELS);
  const [cos, sin] = [Math.cos((degrees * Math.PI) / 180), Math.sin((degrees * Math.PI) / 180)];
  for (let row = 0; row < SIDE; row++) {
    for (let column = 0; column < SIDE; column++) {
      // Where the pixel comes from: rows grow downwards.
      const [x, y] = [column - CENTRE, CENTRE - row];
      const sources = neighbours(CENTRE - (cos * y - sin * x), CENTRE + (cos * x + sin * y));
      for (let image = 0; image < count; image++) {
        const grey = sources.reduce((sum, { pixel, weight }) => sum + weight * (pixels[image * PIXELS + pixel] ?? 0), 0);
        turned[image * PIXELS + row * SIDE + column] = Math.round(grey);
      }
    }
  }
  return { count, pixels: turned };
}

/** The first of the images at each of the angles. */
export function turn(images: Images, angles: readonly number[]): Images {
  const first = { count: 1, pixels: images.pixels.subarray(0, PIXELS) };
  return { count: angles.length, pixels: Uint8Array.from(angles.flatMap((angle) => [...rotate(first, angle).pixels])) };
}

/** The pixels around a place, weighed by how near they are; those outside are left out. */
function neighbours(row: number, column: number): { readonly pixel: number; readonly weight: number }[] {
  const [top, left] = [Math.floor(row), Math.floor(column)];
  return [0, 1].flatMap((down) =>
    [0, 1].flatMap((right) => {
      const [r, c] = [top + down, left + right];
      if (r < 0 || r >= SIDE || c < 0 || c >= SIDE) return [];
      return { pixel: r * SIDE + c, weight: (1 - Math.abs(row - r)) * (1 - Math.abs(column - c)) };
    }),
  );
}
