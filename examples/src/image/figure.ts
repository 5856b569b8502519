/** @file The picture of the example: what the network saw, what it made of that, and how unsure it is. */
import { grey, heat, imagePlot, type Colour } from '../plots/imagePlot.ts';
import { onPaper } from '../plots/onPaper.ts';
import { panels } from '../plots/panels.ts';
import { lightTheme as theme } from '../plots/theme.ts';
import type { Comparison } from './compare.ts';
import type { Hole } from './hide.ts';

/** Hidden pixels, where it is shown what was seen. */
const HIDDEN: Colour = [235, 214, 205];

/** An SVG file's text: four panels. */
export function figure({ image, roles, rows }: Comparison, hole: Hole): string {
  const show = (title: string, colours: readonly Colour[]) => ({
    title,
    drawing: imagePlot(colours, { theme, alt: title, columns: image.width, outline: hole }),
  });
  const seen = image.brightness.map((value, i) => (roles[i] === 'seen' ? grey(value) : HIDDEN));
  const [point, bayesian] = rows;
  if (!point || !bayesian) throw new Error('the picture is of two rows');
  // Half a percent of the pixels are as light as it gets.
  const most = bayesian.drawn.sd.toSorted((a, b) => a - b)[Math.floor(0.995 * bayesian.drawn.sd.length)] ?? 1;
  const drawings = [
    show('what the network saw', seen),
    show(point.name, point.drawn.mean.map(grey)),
    show(`${bayesian.name}: mean`, bayesian.drawn.mean.map(grey)),
    show(`${bayesian.name}: sd, from 0 (dark) to ${most.toFixed(2)} (light)`, bayesian.drawn.sd.map((sd) => heat(sd / most))),
  ];
  const alt = 'A photograph of the Alps with hidden pixels; a network’s reconstructions; where it is unsure, which is in the hole.';
  return onPaper(panels(drawings, { theme, alt, columns: 2 }), theme.paper);
}
