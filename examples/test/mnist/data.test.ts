/** @file Readers of digits and clothes, on small files made here; turning of images. */
import '../helpers/pngForJest.ts';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import * as tf from '@tensorflow/tfjs-core';
import { ready } from '@tychejs/ppl';
import * as fc from 'fast-check';
import { decode } from 'fast-png';
import { readClothes } from '../../src/mnist/clothes.ts';
import { readDigits } from '../../src/mnist/digits.ts';
import { readIdx } from '../../src/mnist/idx.ts';
import { inputsOf, labelsOf, pick, PIXELS, SIDE } from '../../src/mnist/images.ts';
import { pictureOf } from '../../src/mnist/picture.ts';
import { rotate, turn } from '../../src/mnist/rotate.ts';
import { barCodes } from '../helpers/digits.ts';

let folder: string;
const url = (): URL => pathToFileURL(join(folder, '/'));
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'mnist-'));
});
afterEach(() => rm(folder, { recursive: true, force: true }));

const idx = (shape: readonly number[], data: Uint8Array): Uint8Array =>
  Uint8Array.from([0, 0, 8, shape.length, ...shape.flatMap((n) => [n >>> 24, (n >>> 16) & 255, (n >>> 8) & 255, n & 255]), ...data]);

test('IDX files are read as they were written', () => {
  fc.assert(
    fc.property(fc.oneof(fc.constant([260, 2]), fc.array(fc.integer({ min: 1, max: 5 }), { maxLength: 3 })), (shape) => {
      const data = Uint8Array.from({ length: shape.reduce((a, b) => a * b, 1) }, (_, i) => i % 251);
      // A file may lie anywhere in a buffer.
      const bytes = Uint8Array.from([9, ...idx(shape, data)]).subarray(1);
      expect(readIdx(bytes)).toEqual({ shape, data });
    }),
    { numRuns: 20 },
  );
  const whole = idx([2, 3], Uint8Array.of(1, 2, 3, 4, 5, 6));
  expect(() => readIdx(whole.subarray(0, 15))).toThrow('shape [2, 3] has 18 bytes, but there are 15');
  expect(() => readIdx(whole.subarray(0, 7))).toThrow('not an IDX file');
  expect(() => readIdx(Uint8Array.of(0, 0, 13, 0))).toThrow('it begins with 0 0 13 0');
  expect(() => readIdx(Uint8Array.of())).toThrow('it begins with nothing');
});

test('digits are read from the four files of MNIST', async () => {
  const [train, test] = [barCodes(3), barCodes(2)];
  const write = async (name: string, { count, pixels, labels }: typeof train, side = SIDE) => {
    await writeFile(join(folder, `${name}-images-idx3-ubyte`), idx([count, side, PIXELS / side], pixels));
    await writeFile(join(folder, `${name}-labels-idx1-ubyte`), idx([labels.length], labels));
  };
  await write('train', train);
  await write('t10k', test);
  expect(await readDigits(url())).toEqual({ train, test });
  await write('t10k', test, 14);
  await expect(readDigits(url())).rejects.toThrow('t10k: images must be 28 by 28 pixels, these are 14 by 56');
  await write('t10k', { ...test, labels: train.labels });
  await expect(readDigits(url())).rejects.toThrow('t10k: there are 2 images, but labels for 3');
});

test('the first pictures of each kind of clothes are read', async () => {
  const images = barCodes(30);
  const ofKind = (kind: number, count = 3) =>
    Array.from({ length: count }, (_, i) => [...images.pixels.subarray((kind * 3 + i) * PIXELS, (kind * 3 + i + 1) * PIXELS)]);
  for (let kind = 0; kind < 10; kind++) await writeFile(join(folder, `${kind}.json`), JSON.stringify({ data: ofKind(kind) }));
  for (const perKind of [1, 2, 3]) {
    const { count, pixels, labels } = await readClothes(url(), perKind);
    expect(count).toBe(10 * perKind);
    expect([...labels]).toEqual(Array.from({ length: count }, (_, i) => Math.floor(i / perKind)));
    expect(pixels).toEqual(Uint8Array.from(Array.from({ length: 10 }, (_, kind) => ofKind(kind, perKind).flat()).flat()));
  }
  await expect(readClothes(url(), 4)).rejects.toThrow('0.json: expected 4 images of 784 pixels, found 3 of them');
  await writeFile(join(folder, '7.json'), JSON.stringify({ data: [[1, 2, 3]] }));
  await expect(readClothes(url(), 1)).rejects.toThrow('7.json: expected 1 images of 784 pixels, found one of 3');
});

test('images are picked, and become the inputs of networks', async () => {
  await ready({ backend: 'cpu' });
  const images = barCodes(12);
  const some = pick(images, [11, 3]);
  expect([...some.labels]).toEqual([1, 3]);
  expect(some.pixels.subarray(PIXELS)).toEqual(images.pixels.subarray(3 * PIXELS, 4 * PIXELS));
  const [inputs, labels] = [inputsOf({ count: 1, pixels: new Uint8Array(PIXELS).fill(126) }, [SIDE, SIDE, 1]), labelsOf(some)];
  expect(inputs.shape).toEqual([1, SIDE, SIDE, 1]);
  expect(tf.max(tf.abs(tf.sub(inputs, 1))).dataSync()[0]).toBeLessThan(1e-6);
  expect([...labels.dataSync()]).toEqual([1, 3]);
  tf.dispose([inputs, labels]);
});

test('four quarter turns are none, and a quarter turns to the left', () => {
  const images = barCodes(4);
  let turned = rotate(images, 90);
  const at = (row: number, column: number) => PIXELS + row * SIDE + column;
  // The right column becomes the top row.
  for (let i = 0; i < SIDE; i++) expect(turned.pixels[at(0, i)]).toBe(images.pixels[at(i, SIDE - 1)]);
  for (let i = 1; i < 4; i++) turned = rotate(turned, 90);
  expect(turned.pixels).toEqual(images.pixels);
  expect(rotate(images, 0).pixels).toEqual(images.pixels);
});

test('turning keeps the ink that stays inside, and interpolates', () => {
  const spot = { count: 1, pixels: new Uint8Array(PIXELS) };
  for (const [row, column] of [[8, 16], [9, 16], [8, 17], [9, 17]] as const) spot.pixels[row * SIDE + column] = 200;
  for (const degrees of [10, 33, 45, 130, 271]) {
    const { pixels } = rotate(spot, degrees);
    const total = pixels.reduce((sum, ink) => sum + ink, 0);
    // Weights of one source pixel add up to one only on average over places.
    expect(Math.abs(total / 800 - 1)).toBeLessThan(0.1);
    const centre = (of: (i: number) => number) => pixels.reduce((sum, ink, i) => sum + ink * of(i), 0) / total - 13.5;
    const [x, y] = [centre((i) => i % SIDE), -centre((i) => Math.floor(i / SIDE))];
    const angle = (degrees * Math.PI) / 180;
    // The spot was at (3, 5), upwards counted positive.
    expect(Math.hypot(x - (3 * Math.cos(angle) - 5 * Math.sin(angle)), y - (3 * Math.sin(angle) + 5 * Math.cos(angle)))).toBeLessThan(0.15);
  }
});

test('one image at several angles', () => {
  const images = barCodes(2);
  const { count, pixels } = turn(images, [0, 90]);
  const first = pick(images, [0]);
  expect(count).toBe(2);
  expect([...pixels]).toEqual([...first.pixels, ...rotate(first, 90).pixels]);
});

test('a picture shows ink black', () => {
  const images = barCodes(2);
  const { width, height, channels, data } = decode(Buffer.from(pictureOf(images, 1).replace('data:image/png;base64,', ''), 'base64'));
  expect([width, height, channels]).toEqual([SIDE, SIDE, 1]);
  expect([...data]).toEqual([...images.pixels.subarray(PIXELS)].map((ink) => 255 - ink));
});
