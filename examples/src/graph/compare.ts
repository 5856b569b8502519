/** @file Every way to train the network, over several choices of the labels. */
import { metrics } from '@tychejs/bnn';
import { meanOf, withSpread } from '../statistics.ts';
import type { Column } from '../table.ts';
import type { Graph } from './data.ts';
import { fit, ways, type Fit, type FitSettings } from './fit.ts';

export interface GraphSettings extends FitSettings {
  /** How many choices of labelled nodes. */
  readonly seeds: number;
}

/** What is measured on nodes without a label. */
export interface Score {
  readonly accuracy: number;
  /** Mean negative log-likelihood, nats. */
  readonly nll: number;
}

/** One way on one graph. */
export interface Row {
  readonly graph: Graph;
  readonly name: string;
  /** For each choice of labels. */
  readonly scores: readonly Score[];
  /** Expected calibration error, of the predictions for all choices together: those of one are too few. */
  readonly calibrationError: number;
  /** How well the entropy of predictions tells wrong ones from right ones, for all choices together. */
  readonly areaUnderRoc: number;
  readonly seconds: number;
  /** The fit to the first choice. */
  readonly first: Fit;
}

/** Bins of the calibration error. */
const BINS = 10;
const LOGITS = { logits: true } as const;

export async function compareOn(graph: Graph, settings: GraphSettings): Promise<Row[]> {
  const rows: Row[] = [];
  for (const way of ways) {
    const fits: Fit[] = [];
    for (let seed = 0; seed < settings.seeds; seed++) fits.push(await fit(way, graph, settings, seed));
    rows.push(rowOf(graph, way.name, fits));
  }
  return rows;
}

function rowOf(graph: Graph, name: string, fits: readonly Fit[]): Row {
  const [first] = fits;
  if (first === undefined) throw new RangeError('settings.seeds must be at least 1');
  const each = fits.map((one) => unlabelled(graph, one));
  const all = { logits: each.flatMap(({ logits }) => logits), labels: each.flatMap(({ labels }) => labels) };
  const wrong = all.logits.map((logits, i) => Number(likeliest(logits) !== all.labels[i]));
  const entropies = metrics.predictiveEntropy(all.logits, LOGITS);
  return {
    graph,
    name,
    scores: each.map(({ logits, labels }) => ({
      accuracy: logits.filter((its, i) => likeliest(its) === labels[i]).length / labels.length,
      nll: metrics.negativeLogLikelihood(logits, labels, LOGITS),
    })),
    calibrationError: metrics.expectedCalibrationError(all.logits, all.labels, { ...LOGITS, bins: BINS }),
    // Without an error, or without anything right, there is nothing to tell apart.
    areaUnderRoc: new Set(wrong).size < 2 ? Number.NaN : metrics.areaUnderRoc(entropies, wrong),
    seconds: meanOf(fits.map(({ seconds }) => seconds)),
    first,
  };
}

/** Predictions and classes of the nodes that have a class, of which the network was not told. */
function unlabelled({ classes }: Graph, { isLabelled, logits }: Fit): { logits: (readonly number[])[]; labels: number[] } {
  const nodes = classes.flatMap((label, i) => (label === null || isLabelled[i] === true ? [] : [{ label, logits: logits[i] ?? [] }]));
  return { logits: nodes.map((node) => node.logits), labels: nodes.map(({ label }) => label) };
}

/** The index of the greatest. */
export function likeliest(logits: readonly number[]): number {
  return logits.indexOf(Math.max(...logits));
}

export const columns: readonly Column<Row>[] = [
  { title: '', cell: ({ graph, name }) => `${graph.name}: ${name}` },
  { title: 'accuracy', cell: ({ scores }) => withSpread(scores.map(({ accuracy }) => 100 * accuracy), 1, ' %') },
  { title: 'NLL, nats', cell: ({ scores }) => withSpread(scores.map(({ nll }) => nll), 3) },
  { title: 'ECE', cell: ({ calibrationError }) => `${(100 * calibrationError).toFixed(1)} %` },
  { title: 'AUROC of errors', cell: ({ areaUnderRoc }) => (Number.isNaN(areaUnderRoc) ? '' : areaUnderRoc.toFixed(3)) },
  { title: 'seconds', cell: ({ seconds }) => seconds.toFixed(2) },
];
