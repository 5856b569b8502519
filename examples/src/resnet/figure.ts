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
}

const MEASURES: readonly Measure[] = [
  { title: 'Photographs taken for something else', label: 'share of errors', of: ({ error }) => error },
  { title: 'Surprise at the right class', label: 'negative log-likelihood, nats', of: ({ negativeLogLikelihood }) => negativeLogLikelihood },
  { title: 'Confidence that is not borne out', label: 'expected calibration error', of: ({ calibrationError }) => calibrationError },
  { title: 'Classes never seen, told by doubt', label: 'area under the ROC', of: ({ detection }) => detection },
];

const WIDTH = 480;

/** An SVG file's text. */
export function figure(rows: readonly Row[]): string {
  const names = rows.map(({ way }) => way);
  const drawings = MEASURES.map(({ title, label, of }) => {
    const values = rows.map(({ scores }) => of(scores));
    const alt = `${title}: ${label}, a dot for each way of training`;
    const series = [{ label, filled: true, colour: theme.accent, values }];
    return { title, drawing: dotRows(names, series, { theme, alt, xLabel: label, xDomain: around(values), width: WIDTH }) };
  });
  return onPaper(panels(drawings, { theme, alt: 'A residual network on photographs, treated in several ways: four measures', columns: 2 }), theme.paper);
}

/** An interval with all values, and some room on both sides. */
function around(values: readonly number[]): [number, number] {
  const [least, most] = [Math.min(...values), Math.max(...values)];
  const room = Math.max(0.1 * (most - least), 1e-3);
  return [least - room, most + room];
}
