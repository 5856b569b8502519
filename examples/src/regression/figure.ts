/** @file The picture of the example: what each fit makes of the same data, on four panels. */
import { onPaper } from '../plots/onPaper.ts';
import { panels } from '../plots/panels.ts';
import { posteriorBands } from '../plots/posteriorBands.ts';
import { lightTheme as theme } from '../plots/theme.ts';
import type { Comparison } from './compare.ts';
import { patientWay } from './fits.ts';

/** An SVG file's text. */
export function figure({ rows }: Comparison): string {
  const shown = rows.filter(({ name }) => name !== patientWay.name);
  const drawings = shown.map(({ name, plot }) => ({
    title: name,
    drawing: posteriorBands(plot, { theme, alt: `Data in two clusters, the mean of the fit by ${name}, its bands and functions.`, yDomain: [-2.4, 2.4] }),
  }));
  const alt = `${shown.map(({ name }) => name).join('; ')}: one panel each, with data, mean, bands of 1, 2 and 3 sd, and functions.`;
  return onPaper(panels(drawings, { theme, alt, columns: 2 }), theme.paper);
}
