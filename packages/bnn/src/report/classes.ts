/** @file What a report says of classes, and of yes or no. */
import type { Tensor } from '@tensorflow/tfjs-core';
import { brier } from '../metrics/brier.ts';
import type { ReliabilityDiagram } from '../metrics/calibration.ts';
import { expectedCalibrationError, reliabilityDiagram } from '../metrics/calibration.ts';
import type { ClassPredictions } from '../metrics/classes.ts';
import { likeliest, readClasses } from '../metrics/classes.ts';
import { confusionMatrix } from '../metrics/confusionMatrix.ts';
import { negativeLogLikelihood } from '../metrics/negativeLogLikelihood.ts';
import type { Uncertainty } from '../metrics/uncertainty.ts';
import { bars, chart, line } from './chart.ts';
import { percent, shown } from './format.ts';
import { histogram } from './histogram.ts';
import type { Markup } from './html.ts';
import { html } from './html.ts';
import type { Score, Section } from './page.ts';
import { figures, note, scoreList } from './page.ts';
import { table } from './table.ts';

/** Classes that were predicted, and what they were. */
export interface ClassResults {
  readonly values: Tensor;
  readonly labels: Tensor;
  readonly logits: boolean;
  readonly uncertainty: Uncertainty;
  readonly names: readonly string[];
  /** Of reliability diagrams. */
  readonly bins: number;
}

/** One datum as a report speaks of it. */
export interface Case {
  readonly truth: number;
  readonly said: number;
  readonly confidence: number;
}

/** Larger matrices are told by their largest entries. */
const LARGEST_MATRIX = 25;

export function classSections(results: ClassResults): Section[] {
  const { values, labels, logits, bins, uncertainty } = results;
  const diagram = reliabilityDiagram(values, labels, { logits, bins });
  const cases = casesOf(results);
  return [
    { id: 'scores', title: 'Scores', body: scoreList(scores(results, diagram)) },
    { id: 'calibration', title: 'Calibration', body: calibration(diagram, cases) },
    { id: 'confusion', title: 'Confusion', body: confusion(results) },
    { id: 'uncertainty', title: 'Uncertainty', body: uncertaintyFigures(uncertainty, cases) },
  ];
}

/** The likeliest class of each datum. */
export function casesOf({ values, labels, logits }: Pick<ClassResults, 'values' | 'labels' | 'logits'>): Case[] {
  const read = readClasses('report', values, logits);
  return Array.from(labels.dataSync(), (truth, row) => caseOf(read, row, truth));
}

function caseOf(read: ClassPredictions, row: number, truth: number): Case {
  const { label, confidence } = likeliest(read, row);
  return { truth, said: label, confidence };
}

function scores({ values, labels, logits, bins }: ClassResults, diagram: ReliabilityDiagram): Score[] {
  const options = { logits };
  return [
    { name: 'Accuracy', value: percent(diagram.accuracy), meaning: 'share of data whose likeliest class is the right one' },
    { name: 'Confidence', value: percent(diagram.confidence), meaning: 'mean probability of the likeliest class; like the accuracy, if calibrated' },
    { name: 'Negative log-likelihood', value: shown(negativeLogLikelihood(values, labels, options)), meaning: 'nats for a datum; less is better' },
    { name: 'Brier score', value: shown(brier(values, labels, options)), meaning: 'mean squared distance of the probabilities from the truth; less is better' },
    { name: 'Calibration error', value: percent(diagram.expectedCalibrationError), meaning: `mean |accuracy − confidence|, by ${bins} bins of equal width` },
    {
      name: 'Calibration error, equal counts',
      value: percent(expectedCalibrationError(values, labels, { logits, bins, binning: 'count' })),
      meaning: `the same, by up to ${bins} bins with as many data in each`,
    },
  ];
}

function calibration(diagram: ReliabilityDiagram, cases: readonly Case[]): Markup {
  const { bins } = diagram;
  const filled = bins.filter(({ count }) => count > 0);
  const reliability = chart(
    {
      title: 'Reliability',
      description: filled.map(({ confidence, accuracy }) => `confidence ${percent(confidence)}, accuracy ${percent(accuracy)}`).join('; '),
      x: { label: 'confidence', domain: [0, 1] },
      y: { label: 'accuracy', domain: [0, 1] },
      legend: [['first', 'accuracy'], ['second', 'mean confidence'], ['ideal', 'calibrated']],
    },
    (x, y) => [
      bars(x, y, filled.map(({ lower, upper, accuracy }) => ({ from: lower, to: upper, height: accuracy })), 'first'),
      bars(x, y, filled.map(({ lower, upper, confidence }) => ({ from: lower, to: upper, height: confidence + 0.006, base: confidence - 0.006 })), 'second', 1),
      line(x, y, [[0, 0], [1, 1]], 'ideal', '5 4'),
    ],
  );
  const by = (isRight: boolean): number[] => cases.filter(({ truth, said }) => (truth === said) === isRight).map(({ confidence }) => confidence);
  const confidences = histogram(
    [{ name: 'right', role: 'first', values: by(true) }, { name: 'wrong', role: 'second', values: by(false) }],
    { title: 'Confidence of right and of wrong answers', label: 'confidence', domain: [0, 1] },
  );
  const rows = filled.map(({ lower, upper, count, confidence, accuracy }) => [`${shown(lower)} – ${shown(upper)}`, count, percent(confidence), percent(accuracy)]);
  const numbers = table({ caption: 'Reliability by bins of confidence', columns: ['Bin', 'Data', 'Mean confidence', 'Accuracy'], rows });
  return html`${note('Bars below the dashed line: more sure than right. Bins with few data are noisy.')}${figures(reliability, confidences)}<details><summary>The numbers</summary>${numbers}</details>
`;
}

function confusion({ values, labels, logits, names }: ClassResults): Markup {
  const matrix = confusionMatrix(values, labels, { logits });
  if (matrix.length > LARGEST_MATRIX) return commonMistakes(matrix, names);
  const rows = matrix.map((counts, truth) => {
    const total = counts.reduce((a, b) => a + b, 0);
    return [nameOf(names, truth), ...counts.map((count, said) => cell(count, total, truth === said)), percent((counts[truth] ?? 0) / total)];
  });
  const columns = ['Truth', ...matrix.map((_, said) => nameOf(names, said)), 'Right'];
  return html`${note('Rows: what data are. Columns: what they are said to be.')}${table({ caption: 'Confusion matrix', columns, rows })}`;
}

/** A count, marked where it stands for more than a tenth of its row. */
function cell(count: number, total: number, isRight: boolean): Markup {
  const kind = isRight ? 'right' : 'wrong';
  return count > 0.1 * total ? html`<span class="${kind}">${count}</span>` : html`${count}`;
}

function commonMistakes(matrix: readonly (readonly number[])[], names: readonly string[]): Markup {
  const mistakes = matrix.flatMap((counts, truth) => counts.map((count, said) => ({ truth, said, count }))).filter(({ truth, said, count }) => truth !== said && count > 0);
  const rows = mistakes.toSorted((a, b) => b.count - a.count).slice(0, LARGEST_MATRIX).map(({ truth, said, count }) => [nameOf(names, truth), nameOf(names, said), count]);
  return table({ caption: 'The commonest mistakes', columns: ['Truth', 'Said to be', 'Data'], rows });
}

function uncertaintyFigures({ aleatoric, epistemic }: Uncertainty, cases: readonly Case[]): Markup {
  const split = (values: readonly number[], isRight: boolean): number[] => values.filter((_, i) => (cases[i]?.truth === cases[i]?.said) === isRight);
  const of = (title: string, label: string, values: readonly number[]): Markup =>
    histogram([{ name: 'right', role: 'first', values: split(values, true) }, { name: 'wrong', role: 'second', values: split(values, false) }], { title, label });
  return html`${note('Aleatoric: noise in the data, which every draw of the weights sees. Epistemic: draws disagree, and more data would help.')}${figures(
    of('Aleatoric uncertainty', 'mean entropy of the draws (nats)', aleatoric),
    of('Epistemic uncertainty', 'mutual information of class and weights (nats)', epistemic),
  )}`;
}

/** @param names - of the classes; numbers where there is none. */
export function nameOf(names: readonly string[], label: number): string {
  return names[label] ?? String(label);
}
