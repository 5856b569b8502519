/** @file The function that was learnt, of one input, with bands of doubt. */
import * as tf from '@tensorflow/tfjs-core';
import type { Tensor } from '@tensorflow/tfjs-core';
import type { ProbabilisticNet } from '../probabilisticNet.ts';
import { domainOf } from './axis.ts';
import type { Point } from './chart.ts';
import { band, chart, dots, line } from './chart.ts';
import { html } from './html.ts';
import type { Section } from './page.ts';
import { figures, note } from './page.ts';
import type { PredictionOptions } from './predicted.ts';
import { predictAll } from './predicted.ts';
import { evenly } from './sampling.ts';

const GRID = 120;
/** More dots are more than can be seen. */
const MOST_DOTS = 800;

/** To be called in a `tidy`. @param x - of shape [data, 1]. @param y - one number for each. */
export function functionSection<P>(bnn: ProbabilisticNet<P>, x: Tensor, y: Tensor, options: PredictionOptions): Section | null {
  const [inputs, targets] = [x.dataSync(), y.dataSync()];
  const [from, to] = domainOf(inputs, 0.15);
  const at = Array.from({ length: GRID }, (_, i) => from + (i / (GRID - 1)) * (to - from));
  const { predictions, uncertainty } = predictAll(bnn, tf.tensor(at, [GRID, ...x.shape.slice(1)]), options);
  if (predictions.kind !== 'numbers') return null;
  const mean = predictions.values.mean.dataSync();
  const edge = (variances: readonly number[], factor: number): Point[] => at.map((value, i) => [value, (mean[i] ?? Number.NaN) + factor * Math.sqrt(variances[i] ?? Number.NaN)]);
  const { total, epistemic } = uncertainty;
  const data = evenly(inputs.length, MOST_DOTS).map((i): Point => [inputs[i] ?? Number.NaN, targets[i] ?? Number.NaN]);
  const heights = [...edge(total, -2), ...edge(total, 2), ...data].map(([, height]) => height);
  const drawn = chart(
    {
      title: 'The function, with two standard deviations',
      description: `predicted means and bands from ${from.toPrecision(3)} to ${to.toPrecision(3)}, and ${data.length} data`,
      x: { label: 'input', domain: [from, to] },
      y: { label: 'target', domain: domainOf(heights, 0.03) },
      legend: [['first', 'mean; epistemic and all uncertainty'], ['second', 'data']],
    },
    (px, py) => [
      band(px, py, edge(total, -2), edge(total, 2), 'first', 0.18),
      band(px, py, edge(epistemic, -2), edge(epistemic, 2), 'first', 0.3),
      dots(px, py, data, 'second'),
      line(px, py, edge(total, 0), 'first'),
    ],
  );
  return { id: 'function', title: 'The function', body: html`${note('Where data end, the inner band, which is doubt about the weights, should widen.')}${figures(drawn)}` };
}
