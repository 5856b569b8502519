/** @file The picture of the example: four measures of each way, side by side. */
import { dotRows } from '../plots/dotRows.ts';
import { onPaper } from '../plots/onPaper.ts';
import { panels } from '../plots/panels.ts';
import { lightTheme as theme } from '../plots/theme.ts';
import type { Row } from './compare.ts';
import type { Scores } from './scores.ts';

interface Measure {
  readonly title: string;
  readonly label: string;
  readonly of: (scores: Scores) => number;
  /** The axis is no shorter: what is less than a tenth of it is noise of the test. */
  readonly span: number;
}

const MEASURES: readonly Measure[] = [
  { title: 'Photographs taken for something else', label: 'share of errors', of: ({ error }) => error, span: 0.05 },
  { title: 'Surprise at the right class', label: 'negative log-likelihood, nats', of: ({ negativeLogLikelihood }) => negativeLogLikelihood, span: 0.05 },
  { title: 'Confidence that is not borne out', label: 'expected calibration error', of: ({ calibrationError }) => calibrationError, span: 0.05 },
  { title: 'Classes never seen, told by doubt', label: 'area under the ROC', of: ({ detection }) => detection, span: 0.05 },
];

const WIDTH = 480;

/** An SVG file's text. */
export function figure(rows: readonly Row[]): string {
  const names = rows.map(({ way }) => way);
  const drawings = MEASURES.map(({ title, label, of, span }) => {
    const values = rows.map(({ scores }) => of(scores));
    const alt = `${title}: ${label}, a dot for each way of training`;
    const series = [{ label, filled: true, colour: theme.accent, values }];
    return { title, drawing: dotRows(names, series, { theme, alt, xLabel: label, xDomain: around(values, span), width: WIDTH }) };
  });
  return onPaper(panels(drawings, { theme, alt: 'A residual network on photographs, treated in several ways: four measures', columns: 2 }), theme.paper);
}

/** An interval around all values, of this length at least, with some room on both sides. */
function around(values: readonly number[], span: number): [number, number] {
  const [least, most] = [Math.min(...values), Math.max(...values)];
  const half = 0.6 * Math.max(most - least, span);
  const middle = Math.max(half, (least + most) / 2);
  return [middle - half, middle + half];
}
