/** @file Photographs: files, classes, inputs and batches, on tiny ones made here. */
import '../helpers/pngForJest.ts';
import { mkdtemp, readFile, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import * as tf from '@tensorflow/tfjs-core';
import { encode } from 'fast-png';
import { ready } from '@tychejs/ppl';
import { expectNoLeak } from '../helpers/leak.ts';
import { batchesOf, batchesPerEpoch } from '../../src/resnet/batches.ts';
import { CLASSES, readCifar } from '../../src/resnet/cifar.ts';
import { makeTask } from '../../src/resnet/classes.ts';
import { inputsOf, labelsOf, NUMBERS, pick, type Photographs } from '../../src/resnet/images.ts';

beforeAll(() => ready({ backend: 'cpu' }));

/** Photographs, each of a colour that is its place. */
function plain(labels: readonly number[], offset = 0): Photographs {
  const pixels = Uint8Array.from({ length: labels.length * NUMBERS }, (_, k) => offset + Math.floor(k / NUMBERS));
  return { count: labels.length, pixels, labels: Uint8Array.from(labels) };
}

const placesIn = ({ pixels, count }: Photographs): number[] => Array.from({ length: count }, (_, i) => pixels[i * NUMBERS]!);

describe('files', () => {
  let path: string;
  const folder = () => pathToFileURL(join(path, '/'));

  async function write(name: string, rows: number, offset: number, width = 1024): Promise<void> {
    const data = Uint8Array.from({ length: rows * width * 3 }, (_, k) => (offset + Math.floor(k / (width * 3)) + (k % 3)) % 256);
    await writeFile(join(path, `${name}.png`), encode({ width, height: rows, channels: 3, depth: 8, data }));
  }

  beforeEach(async () => {
    path = await mkdtemp(join(tmpdir(), 'cifar-'));
    for (const batch of [1, 2, 3, 4, 5]) await write(`data_batch_${batch}`, 2, 10 * batch);
    await write('test_batch', 3, 100);
    await writeFile(join(path, 'train_lables.json'), JSON.stringify([0, 1, 2, 3, 4, 5, 6, 7, 8, 9]));
    await writeFile(join(path, 'test_lables.json'), JSON.stringify([3, 3, 9]));
  });
  afterEach(() => rm(path, { recursive: true }));

  test('are read in order, red, green and blue for each pixel; what is unpacked is kept', async () => {
    const { train, test: tested } = await readCifar(folder());
    expect([train.count, tested.count]).toEqual([10, 3]);
    expect(placesIn(train)).toEqual([10, 11, 20, 21, 30, 31, 40, 41, 50, 51]);
    expect([...tested.pixels.subarray(2 * NUMBERS, 2 * NUMBERS + 6)]).toEqual([102, 103, 104, 102, 103, 104]);
    expect([...train.labels]).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8, 9]);
    expect([...tested.labels]).toEqual([3, 3, 9]);
    const kept = (await readdir(path)).filter((name) => name.endsWith('.raw'));
    expect(kept).toHaveLength(6);
    expect((await readFile(join(path, 'test_batch.raw'))).equals(Buffer.from(tested.pixels))).toBe(true);
    await Promise.all((await readdir(path)).filter((name) => name.endsWith('.png')).map((name) => rm(join(path, name))));
    expect(placesIn((await readCifar(folder())).train)).toEqual(placesIn(train));
  });

  test('with labels that are not one for each photograph, or none of the classes, are refused', async () => {
    await writeFile(join(path, 'test_lables.json'), JSON.stringify([3, 3]));
    await expect(readCifar(folder())).rejects.toThrow('test_lables.json: expected 3 labels from 0 to 9, one for each photograph');
    await writeFile(join(path, 'test_lables.json'), JSON.stringify([3, 3, 10]));
    await expect(readCifar(folder())).rejects.toThrow('test_lables.json');
  });

  test('with pictures of another size are refused', async () => {
    await write('data_batch_4', 2, 0, 512);
    await expect(readCifar(folder())).rejects.toThrow('data_batch_4.png: each row must be a photograph of 3072 numbers of 8 bits, these are 1536 of 8');
  });
});

test('classes that are kept away come in the test alone, and the others are labelled anew', () => {
  const [cat, ship, truck] = ['cat', 'ship', 'truck'].map((name) => CLASSES.indexOf(name)) as [number, number, number];
  const cifar = { train: plain([truck, cat, ship, cat, truck, cat]), test: plain([ship, truck, cat, truck, cat], 50) };
  const { classes, train, test: tested, foreign } = makeTask(cifar, { trainOn: 3, testOn: 4, heldOut: ['truck', 'bird'] });
  expect(classes).toEqual(['airplane', 'automobile', 'cat', 'deer', 'dog', 'frog', 'horse', 'ship']);
  expect(placesIn(train)).toEqual([1, 2, 3]);
  expect([...train.labels].map((label) => classes[label])).toEqual(['cat', 'ship', 'cat']);
  expect(placesIn(tested)).toEqual([50, 52]);
  expect([...tested.labels].map((label) => classes[label])).toEqual(['ship', 'cat']);
  expect(placesIn(foreign)).toEqual([51, 53]);
  expect(() => makeTask(cifar, { trainOn: 1, testOn: 1, heldOut: ['lorry'] })).toThrow('there is no class "lorry"; there are airplane');
  expect(() => makeTask(cifar, { trainOn: 5, testOn: 1, heldOut: ['truck'] })).toThrow('5 photographs are asked for, but there are 4');
});

test('inputs are standardised by channel; mirrored ones have left and right exchanged, not colours, not up and down', () => {
  const pixels = Uint8Array.from({ length: 2 * NUMBERS }, (_, k) => (k * 7919) % 251);
  const photographs = { count: 2, pixels, labels: Uint8Array.of(4, 2) };
  expectNoLeak(() => {
    const [as, mirrored] = [inputsOf(photographs, [1, 0]), inputsOf(photographs, [1, 0], (i) => i === 1)];
    expect(as.shape).toEqual([2, 32, 32, 3]);
    const [, first] = as.arraySync();
    // By hand: the third column of the second row of the first photograph, in blue.
    expect(first![1]![2]![2]).toBeCloseTo((pixels[(32 + 2) * 3 + 2]! - 113.9) / 66.7, 5);
    const exchanged = tf.tidy(() => tf.concat([tf.slice(as, 0, 1), tf.reverse(tf.slice(as, 1, 1), 2)]).dataSync());
    expect(mirrored.dataSync()).toEqual(exchanged);
    expect(exchanged).not.toEqual(as.dataSync());
    const labels = labelsOf(photographs, [1, 0]);
    expect([...labels.dataSync()]).toEqual([2, 4]);
    tf.dispose([as, mirrored, labels]);
  });
  expect([...pick(photographs, [1]).pixels]).toEqual([...pixels.subarray(NUMBERS)]);
});

test('batches of an epoch are all of one size, each photograph in one at most; epochs differ, seeds repeat', () => {
  const photographs = plain(Array.from({ length: 10 }, (_, i) => i));
  const labels = (seed: number): number[][] => {
    const next = batchesOf(photographs, 4, seed);
    const ofEpoch = (): number[] => {
      const seen: number[] = [];
      for (const [x, y] of next()) {
        expect(x.shape).toEqual([4, 32, 32, 3]);
        seen.push(...y.dataSync());
      }
      return seen;
    };
    return [ofEpoch(), ofEpoch()];
  };
  const [first, second] = expectNoLeak(() => labels(7));
  expect(new Set(first).size).toBe(8);
  expect(second).not.toEqual(first);
  expect(labels(7)).toEqual([first, second]);
  expect(labels(8)[0]).not.toEqual(first);
  expect(batchesPerEpoch(photographs, 4)).toBe(2);
  expect(() => batchesOf(photographs, 11, 0)).toThrow('a batch of 11 is asked for, but there are 10 photographs');
});

test('every other photograph is mirrored, anew in each epoch', () => {
  const count = 100;
  // White at the left, black at the right.
  const pixels = Uint8Array.from({ length: count * NUMBERS }, (_, k) => (Math.floor(k / 3) % 32 < 16 ? 255 : 0));
  const next = batchesOf({ count, pixels, labels: new Uint8Array(count) }, count, 3);
  const mirrored = (): number[] => {
    const seen: number[] = [];
    for (const [x] of next()) {
      const numbers = x.dataSync();
      for (let i = 0; i < count; i++) seen.push(numbers[i * NUMBERS]! < 0 ? 1 : 0);
    }
    return seen;
  };
  const [first, second] = [mirrored(), mirrored()];
  // A share of 100 has a standard deviation of 0.05 around 1/2; 4.5 of them.
  expect(Math.abs(first.reduce((a, b) => a + b, 0) / count - 0.5)).toBeLessThan(0.225);
  expect(second).not.toEqual(first);
});
