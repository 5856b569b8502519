/** @file The data that a network is least sure of, and those that it is wrong about although it is sure. */
import type { Tensor } from '@tensorflow/tfjs-core';
import type { NetInput } from '../lift/net.ts';
import type { Uncertainty } from '../metrics/uncertainty.ts';
import { domainOf } from './axis.ts';
import { bitmapAddress } from './bitmap.ts';
import type { Case } from './classes.ts';
import { nameOf } from './classes.ts';
import { percent, shown } from './format.ts';
import type { Content, Markup } from './html.ts';
import { html } from './html.ts';
import type { Section } from './page.ts';
import { note, tables } from './page.ts';
import { largest } from './sampling.ts';
import { table } from './table.ts';

/** Height, width and number of channels. */
export type PictureShape = readonly [height: number, width: number, channels: number];

/** Draws the input of a datum; null if inputs are no pictures. */
export type DrawInput = ((index: number) => Markup) | null;

/** The sizes of inputs that are taken for pictures, unless their shape is said to be one. */
const [SMALLEST_PICTURE, LARGEST_PICTURE] = [4, 256];

export function classExamples(cases: readonly Case[], { total, epistemic }: Uncertainty, names: readonly string[], count: number, draw: DrawInput): Section {
  const mistaken = cases.map(({ truth, said, confidence }) => (truth === said ? -Infinity : confidence));
  const row = (i: number): Content[] => {
    const { truth = Number.NaN, said = Number.NaN, confidence = Number.NaN } = cases[i] ?? {};
    return [i, ...inputCell(draw, i), nameOf(names, truth), nameOf(names, said), percent(confidence), shown(total[i] ?? Number.NaN), shown(epistemic[i] ?? Number.NaN)];
  };
  const columns = ['Datum', ...inputColumn(draw), 'Truth', 'Said to be', 'Confidence', 'Entropy', 'Epistemic'];
  return section(
    examplesTable('Most confidently wrong', columns, largest(mistaken, count).map(row), 'No datum is of another class than it is said to be.'),
    examplesTable('Most doubtful', columns, largest(total, count).map(row), ''),
  );
}

/** @param means - of the predictions, as many as targets. */
export function numberExamples(means: ArrayLike<number>, targets: ArrayLike<number>, { total, epistemic }: Uncertainty, count: number, draw: DrawInput): Section {
  const at = (values: ArrayLike<number>, i: number): number => values[i] ?? Number.NaN;
  const off = total.map((_, i) => Math.abs(at(targets, i) - at(means, i)) / Math.sqrt(at(total, i)));
  const row = (i: number): Content[] => [i, ...inputCell(draw, i), shown(at(targets, i)), shown(at(means, i)), shown(Math.sqrt(at(total, i))), shown(Math.sqrt(at(epistemic, i))), shown(at(off, i))];
  const columns = ['Target', ...inputColumn(draw), 'Truth', 'Predicted', 'Deviation', 'Epistemic', 'Deviations off'];
  return section(
    examplesTable('Furthest off, in predicted standard deviations', columns, largest(off, count).map(row), ''),
    examplesTable('Most doubtful', columns, largest(total, count).map(row), ''),
  );
}

/**
 * How inputs are drawn: of shape [data, height, width, channels] with one channel or three, or of as many numbers as `shape` says.
 *
 * @param targetsPerDatum - a datum's targets are told apart by their index, and share its input.
 */
export function inputPictures(x: NetInput, shape: PictureShape | undefined, targetsPerDatum: number): DrawInput {
  if (Array.isArray(x)) return null;
  const [height, width, channels] = shape ?? pictureShapeOf(x);
  const size = height * width * channels;
  if (size === 0) return null;
  if (x.size !== size * (x.shape[0] ?? 0)) {
    throw new RangeError(`report: pictureShape [${[height, width, channels].join(', ')}] has ${size} numbers, but an input has ${x.size / (x.shape[0] ?? 1)}`);
  }
  const values = x.dataSync();
  const range = domainOf(values);
  return (index) => {
    const datum = Math.floor(index / targetsPerDatum);
    const picture = { height, width, channels, values: values.subarray(datum * size, (datum + 1) * size) };
    return html`<img alt="${`input ${datum}`}" width="${width}" height="${height}" src="${bitmapAddress(picture, range)}"/>`;
  };
}

/** Zeros for inputs that are no pictures. */
function pictureShapeOf({ shape }: Tensor): PictureShape {
  const [, height = 0, width = 0, channels = 0] = shape;
  const isSized = [height, width].every((side) => side >= SMALLEST_PICTURE && side <= LARGEST_PICTURE);
  return shape.length === 4 && isSized && (channels === 1 || channels === 3) ? [height, width, channels] : [0, 0, 0];
}

function section(...all: readonly Markup[]): Section {
  return { id: 'examples', title: 'Examples', body: html`${note('Data and targets are counted from 0, in the order in which they were given.')}${tables(all)}` };
}

function examplesTable(caption: string, columns: readonly string[], rows: readonly (readonly Content[])[], none: string): Markup {
  return rows.length === 0 ? html`<div>${note(`${caption}: ${none}`)}</div>` : table({ caption, columns, rows });
}

function inputColumn(draw: DrawInput): string[] {
  return draw === null ? [] : ['Input'];
}

function inputCell(draw: DrawInput, index: number): Markup[] {
  return draw === null ? [] : [draw(index)];
}
