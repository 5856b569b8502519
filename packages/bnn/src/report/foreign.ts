/** @file Whether doubt tells foreign data from those of the network's own kind. */
import { areaUnderRoc } from '../metrics/areaUnderRoc.ts';
import { readClasses, likeliest } from '../metrics/classes.ts';
import { shown } from './format.ts';
import { histogram } from './histogram.ts';
import type { Markup } from './html.ts';
import { html } from './html.ts';
import type { Section } from './page.ts';
import { figures, note } from './page.ts';
import type { Predicted } from './predicted.ts';
import { table } from './table.ts';

/** A measure of doubt, for each datum. */
interface Doubt {
  readonly name: string;
  readonly unit: string;
  readonly of: (predicted: Predicted) => number[];
}

export function foreignSection(own: Predicted, foreign: Predicted, name: string): Section {
  const measures = (own.predictions.kind === 'classes' ? CLASS_DOUBTS : NUMBER_DOUBTS).map((doubt) => ({ ...doubt, own: doubt.of(own), foreign: doubt.of(foreign) }));
  const rows = measures.map((measure) => [measure.name, shown(separation(measure.own, measure.foreign))]);
  const drawn = measures.map((measure): Markup =>
    histogram(
      [{ name: 'own data', role: 'first', values: measure.own }, { name, role: 'second', values: measure.foreign }],
      { title: measure.name, label: measure.unit },
    ),
  );
  const caption = 'Area under the curve (AUROC) by measure of doubt';
  const explained = `How well doubt tells ${name} from the data of this report: 1 separates them, 0.5 is chance.`;
  return { id: 'foreign', title: 'Foreign data', body: html`${note(explained)}${table({ caption, columns: ['Measure', 'AUROC'], rows })}${figures(drawn)}` };
}

function separation(own: readonly number[], foreign: readonly number[]): number {
  return areaUnderRoc([...own, ...foreign], [...own.map(() => 0), ...foreign.map(() => 1)]);
}

const CLASS_DOUBTS: readonly Doubt[] = [
  { name: 'Entropy of the prediction', unit: 'nats', of: ({ uncertainty }) => uncertainty.total },
  { name: 'Epistemic uncertainty', unit: 'nats', of: ({ uncertainty }) => uncertainty.epistemic },
  { name: 'Lack of confidence', unit: '1 − probability of the likeliest class', of: lackOfConfidence },
];

const NUMBER_DOUBTS: readonly Doubt[] = [
  { name: 'Predicted standard deviation', unit: 'unit of the targets', of: ({ uncertainty }) => uncertainty.total.map(Math.sqrt) },
  { name: 'Epistemic uncertainty', unit: 'unit of the targets', of: ({ uncertainty }) => uncertainty.epistemic.map(Math.sqrt) },
];

function lackOfConfidence({ predictions }: Predicted): number[] {
  if (predictions.kind !== 'classes') return [];
  const read = readClasses('report', predictions.values, predictions.logits);
  return Array.from({ length: read.rows }, (_, row) => 1 - likeliest(read, row).confidence);
}
