/** @file Images that stand in for digits: each class has a bar of ink at a place of its own, in noise. */
import { PIXELS, SIDE, type LabelledImages } from '../../src/mnist/images.ts';

/** `count` images, whose classes go round: 0, 1, ..., 9, 0, ... */
export function barCodes(count: number): LabelledImages {
  let state = 1;
  const noise = (): number => (state = (state * 16807) % 2147483647) % 40;
  const pixels = Uint8Array.from({ length: count * PIXELS }, (_, i) => {
    const [row, column] = [Math.floor((i % PIXELS) / SIDE), i % SIDE];
    const label = Math.floor(i / PIXELS) % 10;
    return noise() + (row > 3 && row < 24 && Math.floor((column - 4) / 2) === label ? 200 : 0);
  });
  return { count, pixels, labels: Uint8Array.from({ length: count }, (_, i) => i % 10) };
}
