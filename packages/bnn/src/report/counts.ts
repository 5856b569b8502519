/** @file What a report says of counts. */
import type { Tensor } from '@tensorflow/tfjs-core';
import { rootMeanSquaredError } from '../metrics/errors.ts';
import { negativeLogLikelihood } from '../metrics/negativeLogLikelihood.ts';
import { pitHistogram } from '../metrics/pit.ts';
import type { Uncertainty } from '../metrics/uncertainty.ts';
import { domainOf } from './axis.ts';
import type { Point } from './chart.ts';
import { chart, dots, line } from './chart.ts';
import { shown } from './format.ts';
import { html } from './html.ts';
import { pitFigure } from './numbers.ts';
import type { Section } from './page.ts';
import { figures, note, scoreList } from './page.ts';
import { partsFigure } from './parts.ts';
import { evenly } from './sampling.ts';

/** Rates that were predicted, and what was counted. */
export interface CountResults {
  readonly values: { readonly rate: Tensor };
  readonly targets: Tensor;
  readonly uncertainty: Uncertainty;
}

/** More dots are more than can be seen. */
const MOST_DOTS = 1500;

export function countSections({ values, targets, uncertainty }: CountResults): Section[] {
  const scores = scoreList([
    { name: 'Root mean squared error', value: shown(rootMeanSquaredError(values, targets)), meaning: 'of the predicted rates; less is better' },
    { name: 'Negative log-likelihood', value: shown(negativeLogLikelihood(values, targets)), meaning: 'nats for a datum; less is better' },
  ]);
  const rates = values.rate.dataSync();
  const counts = targets.dataSync();
  const points = evenly(counts.length, MOST_DOTS).map((i): Point => [rates[i] ?? Number.NaN, counts[i] ?? Number.NaN]);
  const domain = domainOf(points.flat(), 0.05);
  const scatter = chart(
    {
      title: 'Counts against predicted rates',
      description: `${points.length} counts`,
      x: { label: 'predicted rate', domain },
      y: { label: 'count', domain },
      legend: [['first', 'data'], ['ideal', 'count = rate']],
    },
    (x, y) => [dots(x, y, points, 'first'), line(x, y, [[domain[0], domain[0]], [domain[1], domain[1]]], 'ideal', '5 4')],
  );
  return [
    { id: 'scores', title: 'Scores', body: scores },
    { id: 'calibration', title: 'Calibration', body: html`${note('Predictions are Poisson, with the mean of the draws’ rates. A transform that is heaped at both ends says that counts vary more than that: by doubt about the rates, or by themselves.')}${figures(pitFigure(pitHistogram(values, targets)), scatter)}` },
    { id: 'uncertainty', title: 'Uncertainty', body: html`${note('Aleatoric: the noise of counting. Epistemic: the spread of the draws’ rates.')}${figures(partsFigure(uncertainty))}` },
  ];
}
