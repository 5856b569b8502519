/** @file The picture of the example: how far from the evidence each guide is, step by step. */
import { lossCurves } from '../plots/lossCurves.ts';
import { onPaper } from '../plots/onPaper.ts';
import { lightTheme } from '../plots/theme.ts';
import { logEvidence, type Row } from './compare.ts';

/** Below this many nats the noise of the mean losses shows. */
const FLOOR = 0.05;

/** An SVG file's text. A point's loss has no entropy in it: its curve levels off far above. */
export function figure(rows: readonly Row[]): string {
  const fits = rows.filter(({ losses }) => losses.length > 0);
  const evidence = logEvidence(rows);
  const drawing = lossCurves(fits, {
    theme: lightTheme,
    alt: `Loss less the negative log evidence, ${(-evidence).toFixed(1)} nats, of ${fits.length} guides over their steps; all fall and level off.`,
    xLabel: 'step',
    yLabel: 'loss above -log evidence, nats',
    least: -evidence,
    floor: FLOOR,
  });
  return onPaper(drawing, lightTheme.paper);
}
