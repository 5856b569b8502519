/** @file An image of a digit as a page shows it. */
import { crc32, deflateSync } from 'node:zlib';
import { PIXELS, SIDE, type Images } from './images.ts';

/** The image as a `data:` URL of a PNG file, in black ink on white paper. */
export function pictureOf({ pixels }: Images, which: number): string {
  const grey = pixels.slice(which * PIXELS, (which + 1) * PIXELS).map((ink) => 255 - ink);
  return `data:image/png;base64,${encodeGrey(grey, SIDE).toString('base64')}`;
}

const SIGNATURE = Buffer.from([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a]);

/** The smallest of PNG files (ISO/IEC 15948): eight bits of grey, no filters, one block of data. */
function encodeGrey(grey: Uint8Array, width: number): Buffer {
  const height = grey.length / width;
  const header = Buffer.alloc(13);
  header.writeUInt32BE(width, 0);
  header.writeUInt32BE(height, 4);
  header[8] = 8;
  // Each row begins with its filter, none.
  const rows = Array.from({ length: height }, (_, row) => [0, ...grey.subarray(row * width, (row + 1) * width)]);
  return Buffer.concat([SIGNATURE, chunk('IHDR', header), chunk('IDAT', deflateSync(Uint8Array.from(rows.flat()))), chunk('IEND', Buffer.alloc(0))]);
}

function chunk(type: string, data: Buffer): Buffer {
  const body = Buffer.concat([Buffer.from(type, 'latin1'), data]);
  const [length, checksum] = [Buffer.alloc(4), Buffer.alloc(4)];
  length.writeUInt32BE(data.length);
  checksum.writeUInt32BE(crc32(body));
  return Buffer.concat([length, body, checksum]);
}
