/** @file What a report says of real numbers. */
import type { Tensor } from '@tensorflow/tfjs-core';
import type { CentredPredictions } from '../likelihoods/centredLikelihood.ts';
import { continuousRankedProbabilityScore } from '../metrics/crps.ts';
import { rootMeanSquaredError, sharpness } from '../metrics/errors.ts';
import type { GaussianNumbers } from '../metrics/gaussian.ts';
import type { IntervalCalibration } from '../metrics/intervals.ts';
import { intervalCalibration } from '../metrics/intervals.ts';
import { negativeLogLikelihood } from '../metrics/negativeLogLikelihood.ts';
import { pitHistogram } from '../metrics/pit.ts';
import type { Uncertainty } from '../metrics/uncertainty.ts';
import { domainOf } from './axis.ts';
import type { Point } from './chart.ts';
import { bars, chart, dots, line } from './chart.ts';
import { percent, shown } from './format.ts';
import type { Markup } from './html.ts';
import { html } from './html.ts';
import type { Section } from './page.ts';
import { figures, note, scoreList } from './page.ts';
import { partsFigure } from './parts.ts';
import { evenly } from './sampling.ts';
import { table } from './table.ts';

/** Numbers that were predicted, and what they were. */
export interface NumberResults {
  readonly values: GaussianNumbers & CentredPredictions;
  readonly targets: Tensor;
  readonly uncertainty: Uncertainty;
}

/** Levels of central intervals in the table. */
const LEVELS: readonly number[] = [0.5, 0.8, 0.9, 0.95, 0.99];

/** More dots are more than can be seen. */
const MOST_DOTS = 1500;

export function numberSections(results: NumberResults): Section[] {
  const { values, targets } = results;
  const curve = intervalCalibration(values, targets);
  return [
    { id: 'scores', title: 'Scores', body: scores(results, curve) },
    { id: 'calibration', title: 'Calibration', body: calibration(results, curve) },
    { id: 'uncertainty', title: 'Uncertainty', body: uncertaintyFigures(results) },
  ];
}

function scores({ values, targets }: NumberResults, { calibrationError }: IntervalCalibration): Markup {
  return scoreList([
    { name: 'Root mean squared error', value: shown(rootMeanSquaredError(values, targets)), meaning: 'in the unit of the targets; less is better' },
    { name: 'Negative log-likelihood', value: shown(negativeLogLikelihood(values, targets)), meaning: 'nats for a datum, of its predicted distribution; less is better' },
    { name: 'Ranked probability score', value: shown(continuousRankedProbabilityScore(values, targets)), meaning: 'continuous (CRPS), in the unit of the targets; less is better' },
    { name: 'Sharpness', value: shown(sharpness(values)), meaning: 'mean predicted standard deviation; like the error above, if calibrated' },
    { name: 'Calibration error', value: percent(calibrationError), meaning: 'mean |coverage − level| of central intervals' },
  ]);
}

function calibration({ values, targets }: NumberResults, { intervals }: IntervalCalibration): Markup {
  const points: Point[] = [[0, 0], ...intervals.map(({ level, coverage }): Point => [level, coverage]), [1, 1]];
  const curve = chart(
    {
      title: 'Coverage of central intervals',
      description: intervals.map(({ level, coverage }) => `level ${percent(level)}, coverage ${percent(coverage)}`).join('; '),
      x: { label: 'level', domain: [0, 1] },
      y: { label: 'share of targets inside', domain: [0, 1] },
      legend: [['first', 'coverage'], ['ideal', 'calibrated']],
    },
    (x, y) => [line(x, y, [[0, 0], [1, 1]], 'ideal', '5 4'), line(x, y, points, 'first')],
  );
  const rows = intervalCalibration(values, targets, { levels: LEVELS }).intervals.map(({ level, coverage }) => [percent(level), percent(coverage)]);
  const coverage = table({ caption: 'Coverage of central intervals', columns: ['Level', 'Targets inside'], rows });
  return html`${note('Below the dashed line: intervals are too narrow. A transform that is heaped at both ends says the same; heaped in the middle, that they are too wide.')}${figures(curve, pitFigure(pitHistogram(values, targets)))}${coverage}`;
}

/** @param densities - of equal bins. */
export function pitFigure(densities: readonly number[]): Markup {
  const bins = densities.length;
  const highest = Math.max(1.5, ...densities) * 1.05;
  return chart(
    {
      title: 'Probability integral transform',
      description: `densities ${densities.map(shown).join(', ')}`,
      x: { label: 'P(Y ≤ y)', domain: [0, 1] },
      y: { label: 'density', domain: [0, highest] },
      legend: [['first', 'targets'], ['ideal', 'calibrated']],
    },
    (x, y) => [
      bars(x, y, densities.map((height, i) => ({ from: i / bins, to: (i + 1) / bins, height })), 'first'),
      line(x, y, [[0, 1], [1, 1]], 'ideal', '5 4'),
    ],
  );
}

function uncertaintyFigures({ values, targets, uncertainty }: NumberResults): Markup {
  const mean = values.mean.dataSync();
  const total = uncertainty.total.map(Math.sqrt);
  const residuals = Array.from(targets.dataSync(), (y, i) => y - (mean[i] ?? Number.NaN));
  const shownDots = evenly(residuals.length, MOST_DOTS).map((i): Point => [total[i] ?? Number.NaN, residuals[i] ?? Number.NaN]);
  const [from, to] = domainOf(shownDots.map(([sd]) => sd), 0.05);
  const largest = Math.max(...shownDots.map(([, residual]) => Math.abs(residual)), 2 * to);
  const scatter = chart(
    {
      title: 'Residuals against predicted standard deviations',
      description: `${shownDots.length} targets`,
      x: { label: 'predicted standard deviation', domain: [from, to] },
      y: { label: 'target − predicted mean', domain: [-1.05 * largest, 1.05 * largest] },
      legend: [['first', 'data'], ['ideal', '± 2 standard deviations']],
    },
    (x, y) => [
      dots(x, y, shownDots, 'first'),
      ...[-2, 2].map((factor) => line(x, y, [[from, factor * from], [to, factor * to]], 'ideal', '5 4')),
    ],
  );
  return html`${note('Aleatoric: noise that every draw of the weights expects. Epistemic: the spread of the draws’ means, which more data would narrow.')}${figures(scatter, partsFigure(uncertainty))}`;
}
