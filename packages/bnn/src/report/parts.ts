/** @file The two parts of the uncertainty of numbers and counts. */
import type { Uncertainty } from '../metrics/uncertainty.ts';
import { histogram } from './histogram.ts';
import type { Markup } from './html.ts';

export function partsFigure({ aleatoric, epistemic }: Uncertainty): Markup {
  return histogram(
    [
      { name: 'aleatoric', role: 'first', values: aleatoric.map(Math.sqrt) },
      { name: 'epistemic', role: 'second', values: epistemic.map(Math.sqrt) },
    ],
    { title: 'Parts of the uncertainty', label: 'standard deviation' },
  );
}
