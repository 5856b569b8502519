/** @file The picture of the example: doubt about a digit that turns, and how well doubt tells foreign images from digits. */
import { dotRows, type DotSeries } from '../plots/dotRows.ts';
import { namedLines } from '../plots/namedLines.ts';
import { onPaper } from '../plots/onPaper.ts';
import { panels } from '../plots/panels.ts';
import { lightTheme as theme } from '../plots/theme.ts';
import type { Row } from './compare.ts';
import type { LabelledImages } from './images.ts';
import { pictureOf } from './picture.ts';
import { turn } from './rotate.ts';

/** Degrees between the pictures of the digit. */
const PICTURE_EVERY = 30;

export interface FigureData {
  readonly rows: readonly Row[];
  readonly angles: readonly number[];
  /** The digit that turns. */
  readonly digit: LabelledImages;
}

/** An SVG file's text; the digit is that of the networks that come first. */
export function figure({ rows, angles, digit }: FigureData): string {
  const first = rows.filter(({ network }) => network === rows[0]?.network);
  const shown = angles.filter((angle) => angle % PICTURE_EVERY === 0);
  const turned = turn(digit, shown);
  const turning = namedLines(
    angles,
    first.map(({ way, scores }) => ({ name: way, values: scores.entropyByAngle })),
    {
      theme,
      alt: `Entropy of the prediction for a ${digit.labels[0]} against the angle by which it is turned, a line for each way of training`,
      xLabel: 'degrees',
      yLabel: 'entropy, nats',
      // No prediction of ten classes has more.
      yDomain: [0, Math.log(10)],
      xTicks: shown,
      pictures: shown.map((x, i) => ({ x, source: pictureOf(turned, i) })),
      height: 400,
    },
  );
  const dotsOf = (foreign: 'clothes' | 'turned', name: string, colour: string): DotSeries[] => [
    { label: `${name}, by entropy`, filled: true, colour, values: rows.map(({ scores }) => scores.detection[foreign].entropy) },
    { label: `${name}, by mutual information`, filled: false, colour, values: rows.map(({ scores }) => scores.detection[foreign].mutualInformation) },
  ];
  const detection = dotRows(
    rows.map(({ network, way }) => `${network}, ${way}`),
    [...dotsOf('clothes', 'clothes', theme.accent), ...dotsOf('turned', 'turned digits', theme.contrast)],
    {
      theme,
      alt: 'Areas under the ROC for telling clothes and turned digits from digits, a row for each network and way of training',
      xLabel: 'area under the ROC',
      xDomain: [0.5, 1],
    },
  );
  const sheet = panels(
    [
      { title: `A digit that turns (${rows[0]?.network ?? ''})`, drawing: turning },
      { title: 'Foreign images told from digits', drawing: detection },
    ],
    { theme, alt: 'Doubt about digits that are turned, and about clothes', columns: 2 },
  );
  return onPaper(sheet, theme.paper);
}
