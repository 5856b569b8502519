/** @file What a report says of the network itself. */
import type { NetDescription } from '../netDescription.ts';
import type { WeightSummary } from '../weightSummary.ts';
import type { Point } from './chart.ts';
import { chart, line } from './chart.ts';
import { domainOf } from './axis.ts';
import { percent, shown } from './format.ts';
import type { Markup } from './html.ts';
import { html, NOTHING } from './html.ts';
import type { Section } from './page.ts';
import { figures, note, scoreList } from './page.ts';
import { table } from './table.ts';

/** A network that knows what it is made of, as `VariationalBNN` does. */
export interface SummarisedNet {
  readonly description: NetDescription;
  weightSummary(): WeightSummary[];
}

/** Whether a network can be asked what it is made of. */
export function isSummarised(bnn: object): bnn is SummarisedNet {
  return 'description' in bnn && 'weightSummary' in bnn && typeof bnn.weightSummary === 'function';
}

/** @param losses - of the epochs; empty if they are not known. */
export function networkSections(bnn: object, losses: readonly number[]): Section[] {
  const training: Section[] = losses.length === 0 ? [] : [{ id: 'training', title: 'Training', body: lossFigure(losses) }];
  if (!isSummarised(bnn)) return training;
  return [...training, { id: 'network', title: 'The network', body: html`${facts(bnn.description)}${weights(bnn.weightSummary())}` }];
}

function facts({ weights: all, guide, likelihood }: NetDescription): Markup {
  const sizeOf = (chosen: readonly { readonly shape: readonly number[] }[]): number => chosen.reduce((sum, { shape }) => sum + shape.reduce((a, b) => a * b, 1), 0);
  return scoreList([
    { name: 'Weights', value: shown(sizeOf(all)), meaning: `of which ${shown(sizeOf(all.filter(({ prior }) => prior !== null)))} are random choices` },
    { name: 'Likelihood', value: likelihood, meaning: 'of the targets, given the outputs' },
    ...(guide === null ? [] : [{ name: 'Guide', value: guide, meaning: 'what the posterior is approximated by' }]),
  ]);
}

function weights(summary: readonly WeightSummary[]): Markup {
  const number = (value: number | null): string => (value === null ? '–' : shown(value));
  const rows = summary.map(({ name, shape, prior, priorSd, posteriorSd, lowSignal }) => [
    name,
    shape.join(' × ') || '1',
    prior ?? 'none',
    number(priorSd),
    number(posteriorSd),
    number(priorSd === null || posteriorSd === null ? null : posteriorSd / priorSd),
    lowSignal === null ? '–' : percent(lowSignal),
  ]);
  const columns = ['Weight', 'Shape', 'Prior', 'Prior sd', 'Posterior sd', 'Ratio', '|mean| < sd'];
  const explained = 'Standard deviations are means over a weight’s elements. A ratio near 1: the data say little of it. The last column: elements that could as well be zero.';
  return html`${note(explained)}${table({ caption: 'Weights, before and after', columns, rows })}`;
}

function lossFigure(losses: readonly number[]): Markup {
  const points = losses.map((loss, epoch): Point => [epoch + 1, loss]).filter(([, loss]) => Number.isFinite(loss));
  if (points.length === 0) return NOTHING;
  const drawn = chart(
    {
      title: 'Loss by epoch',
      description: `from ${shown(losses[0] ?? Number.NaN)} to ${shown(losses.at(-1) ?? Number.NaN)} in ${losses.length} epochs`,
      x: { label: 'epoch', domain: domainOf(points.map(([epoch]) => epoch)) },
      y: { label: 'loss (−ELBO)', domain: domainOf(points.map(([, loss]) => loss), 0.05) },
    },
    (x, y) => [line(x, y, points, 'first')],
  );
  return figures(drawn);
}
