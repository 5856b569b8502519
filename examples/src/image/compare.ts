/** @file The network with and without uncertainty, on the pixels that it saw and on those that it did not. */
import * as tf from '@tensorflow/tfjs-core';
import { dist, handlers as effects } from '@tychejs/ppl';
import { DropInBNN, guides, priors, type DropInBNNOptions } from '@tychejs/bnn';
import { meanOf, rootMeanSquare } from '../statistics.ts';
import type { Column } from '../table.ts';
import { drawImage, type Drawn } from './draw.ts';
import { featureGrid } from './featureGrid.ts';
import { roles, type Hole, type Role } from './hide.ts';
import { network } from './network.ts';
import type { GreyImage } from './photograph.ts';
import { train, type TrainSettings } from './train.ts';

export interface ImageSettings {
  readonly hole: Hole;
  /** The fraction of pixels outside of the hole that are hidden, too. */
  readonly scattered: number;
  /** Pixels from node to node of each grid. */
  readonly spacings: readonly number[];
  readonly hidden: number;
  readonly train: TrainSettings;
  /** Draws of the weights to look at. */
  readonly draws: number;
  readonly seed: number;
}

/** Pixels of one role: how far the mean is off, root mean square, and the mean standard deviation. */
export interface Score {
  readonly error: number;
  readonly sd: number;
}

export interface Row {
  readonly name: string;
  readonly drawn: Drawn;
  readonly scores: Readonly<Record<Role, Score>>;
  /** Between standard deviation and error, over the hidden pixels; not a number where nothing deviates. */
  readonly correlation: number;
  readonly losses: readonly number[];
  readonly seconds: number;
}

export interface Comparison {
  readonly image: GreyImage;
  readonly roles: readonly Role[];
  readonly rows: readonly Row[];
}

/** A node's features are of size one, all else is as wide as keeps it so. */
const prior = priors.lambda((name, _layer, { shape }) => {
  const isTable = name.startsWith('first.');
  return dist.normal(0, isTable || name.endsWith('.bias') ? 1 : 1 / Math.sqrt(shape[0] ?? 1));
});

const ways = [
  { name: 'maximum likelihood', isLocal: false, guide: null },
  { name: 'mean-field', isLocal: true, guide: guides.autoNormal({ initScale: 0.02 }) },
] as const satisfies readonly { readonly guide: DropInBNNOptions['guide']; readonly name: string; readonly isLocal: boolean }[];

export async function compare(image: GreyImage, settings: ImageSettings): Promise<Comparison> {
  const its = roles(image, settings.hole, settings.scattered, settings.seed);
  const features = featureGrid(image, settings.spacings);
  const seen = its.flatMap((role, i) => (role === 'seen' ? [i] : []));
  const pixels = {
    features: tf.gather(features, seen),
    brightness: tf.tensor2d(seen.map((i) => [image.brightness[i] ?? Number.NaN])),
  };
  const rows: Row[] = [];
  for (const { name, guide, isLocal } of ways) {
    const { seed } = settings;
    const net = network(features.shape[1], settings.hidden, seed);
    const bnn = new DropInBNN({ net, prior, guide });
    rows.push(
      await effects.seed({ seed }).run(async () => {
        const began = performance.now();
        const losses = await train(bnn, pixels, { ...settings.train, isLocal }, seed);
        const seconds = (performance.now() - began) / 1000;
        const drawn = drawImage(bnn, features, guide === null ? 1 : settings.draws);
        return { name, drawn, losses, seconds, ...judge(drawn, image, its) };
      }),
    );
    bnn.dispose();
    net.dispose();
  }
  tf.dispose([features, pixels]);
  return { image, roles: its, rows };
}

/** How far the means are off, and whether the standard deviations know it. */
export function judge({ mean, sd }: Drawn, { brightness }: GreyImage, its: readonly Role[]): Pick<Row, 'scores' | 'correlation'> {
  const errors = mean.map((value, i) => Math.abs(value - (brightness[i] ?? Number.NaN)));
  const of = (values: readonly number[], isWanted: (role: Role) => boolean) => values.filter((_, i) => isWanted(its[i] ?? 'seen'));
  const score = (role: Role): Score => ({
    error: rootMeanSquare(of(errors, (one) => one === role)),
    sd: meanOf(of(sd, (one) => one === role)),
  });
  const isHidden = (role: Role): boolean => role !== 'seen';
  return {
    scores: { seen: score('seen'), scattered: score('scattered'), hole: score('hole') },
    correlation: correlation(of(sd, isHidden), of(errors, isHidden)),
  };
}

function correlation(a: readonly number[], b: readonly number[]): number {
  const [meanA, meanB] = [meanOf(a), meanOf(b)];
  const covariance = (x: readonly number[], y: readonly number[], mx: number, my: number) => meanOf(x.map((value, i) => (value - mx) * ((y[i] ?? Number.NaN) - my)));
  return covariance(a, b, meanA, meanB) / Math.sqrt(covariance(a, a, meanA, meanA) * covariance(b, b, meanB, meanB));
}

const both = ({ error, sd }: Score): string => `${error.toFixed(3)} / ${sd.toFixed(3)}`;

/** What is shown of a row: errors and standard deviations, of brightness from 0 to 1. */
export const columns: readonly Column<Row>[] = [
  { title: 'error / sd', cell: ({ name }) => name },
  { title: 'seen', cell: ({ scores }) => both(scores.seen) },
  { title: 'hidden, scattered', cell: ({ scores }) => both(scores.scattered) },
  { title: 'hidden, hole', cell: ({ scores }) => both(scores.hole) },
  { title: 'sd, hole to seen', cell: ({ scores }) => (scores.seen.sd > 0 ? (scores.hole.sd / scores.seen.sd).toFixed(1) : '') },
  { title: 'sd with error', cell: ({ correlation: r }) => (Number.isNaN(r) ? '' : r.toFixed(2)) },
  { title: 'seconds', cell: ({ seconds }) => seconds.toFixed(1) },
];
