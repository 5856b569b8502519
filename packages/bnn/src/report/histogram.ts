/** @file Histograms: shares of data by equal bins. */
import { domainOf } from './axis.ts';
import type { Bar, ChartOptions, Role } from './chart.ts';
import { bars, chart } from './chart.ts';
import { shown } from './format.ts';
import type { Markup } from './html.ts';

/** Numbers of one kind. */
export interface Sample {
  readonly name: string;
  readonly role: Role;
  readonly values: readonly number[];
}

export interface HistogramOptions {
  readonly title: string;
  readonly label: string;
  /** By default from the least to the largest value. */
  readonly domain?: readonly [number, number];
  readonly bins?: number;
}

/** The share of each sample that lies in each bin, one sample over the other. */
export function histogram(samples: readonly Sample[], { title, label, domain, bins = 20 }: HistogramOptions): Markup {
  const range = domain ?? domainOf(samples.flatMap(({ values }) => values));
  const all = samples.map((sample) => ({ ...sample, bars: binned(sample.values, range, bins) }));
  const highest = Math.max(...all.flatMap((sample) => sample.bars.map(({ height }) => height)), 1e-9);
  const options: ChartOptions = {
    title,
    description: all.map(({ name, values }) => `${name}: ${values.length} values, median ${shown(median(values))}`).join('; '),
    x: { label, domain: range },
    y: { label: 'share of data', domain: [0, highest * 1.05] },
    legend: samples.length > 1 ? all.map(({ role, name }) => [role, name] as const) : [],
  };
  const opacity = samples.length > 1 ? 0.55 : 0.8;
  return chart(options, (x, y) => all.map((sample) => bars(x, y, sample.bars, sample.role, opacity)));
}

/** The bar of each bin. Values outside of the range count to the bins at its ends. */
export function binned(values: readonly number[], [from, to]: readonly [number, number], bins: number): Bar[] {
  const width = (to - from) / bins;
  const counts = Array.from({ length: bins }, () => 0);
  for (const value of values) {
    const bin = Math.min(bins - 1, Math.max(0, Math.floor((value - from) / width)));
    counts[bin] = (counts[bin] ?? 0) + 1;
  }
  return counts.map((count, i) => ({ from: from + i * width, to: from + (i + 1) * width, height: count / Math.max(1, values.length) }));
}

function median(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[Math.floor((values.length - 1) / 2)] ?? Number.NaN;
}

