/** @file Small pictures as data of a page: in the format BMP, which needs no compression. */

const FILE_HEADER = 14;
const HEADER = 40;

/** Numbers of shape [height, width, channels]; one channel is grey, three are red, green and blue. */
export interface Picture {
  readonly height: number;
  readonly width: number;
  readonly channels: number;
  readonly values: ArrayLike<number>;
}

/**
 * The address of a picture that holds all of its data.
 *
 * @param range - the values that are black and full.
 */
export function bitmapAddress({ height, width, channels, values }: Picture, [black, full]: readonly [number, number]): string {
  const rowBytes = Math.ceil((3 * width) / 4) * 4;
  const bytes = new Uint8Array(FILE_HEADER + HEADER + rowBytes * height);
  const view = new DataView(bytes.buffer);
  bytes.set([0x42, 0x4d]);
  view.setUint32(2, bytes.length, true);
  view.setUint32(10, FILE_HEADER + HEADER, true);
  view.setUint32(14, HEADER, true);
  view.setInt32(18, width, true);
  // Negative: rows from the top downwards.
  view.setInt32(22, -height, true);
  view.setUint16(26, 1, true);
  view.setUint16(28, 24, true);
  view.setUint32(34, rowBytes * height, true);
  const level = (value: number): number => Math.round(255 * Math.min(1, Math.max(0, (value - black) / (full - black || 1))));
  for (let row = 0; row < height; row++) {
    for (let column = 0; column < width; column++) {
      for (let colour = 0; colour < 3; colour++) {
        const channel = channels === 1 ? 0 : 2 - colour;
        const value = values[(row * width + column) * channels + channel] ?? 0;
        bytes[FILE_HEADER + HEADER + row * rowBytes + 3 * column + colour] = level(value);
      }
    }
  }
  return `data:image/bmp;base64,${btoa(Array.from(bytes, (byte) => String.fromCharCode(byte)).join(''))}`;
}
