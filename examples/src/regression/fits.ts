/** @file Four ways to fit the network: by maximum likelihood, by a mean-field guide in two ways, by NUTS. */
import { handlers as effects, infer, optim } from '@tychejs/ppl';
import { guides, handlers, McmcBNN, VariationalBNN } from '@tychejs/bnn';
import type { RegressionData } from './data.ts';
import { assumptions, network } from './network.ts';

export interface TrainSettings {
  /** Steps of Adam, and their size. */
  readonly steps: number;
  readonly lr: number;
  /** Whether steps shrink, to nothing in the end. */
  readonly isCooled: boolean;
}

/** A way of variational inference. */
export interface Way {
  readonly name: string;
  /** Whether the weights have a guide, or are trained as they are. */
  readonly isBayesian: boolean;
  readonly isLocal: boolean;
}

const LOCAL = 'mean-field, local reparameterisation';

export const ways: readonly Way[] = [
  { name: 'maximum likelihood', isBayesian: false, isLocal: false },
  { name: 'mean-field', isBayesian: true, isLocal: false },
  { name: LOCAL, isBayesian: true, isLocal: true },
];

/** What more patience makes of the last of {@link ways}. */
export const patientWay: Way = { name: `${LOCAL}, long`, isBayesian: true, isLocal: true };

/** How many of the last losses are averaged: their noise is a hundred times what is left to be learnt in as many steps. */
const LAST = 200;

export interface Trained {
  readonly bnn: VariationalBNN<Gaussian>;
  /** Frees the network and its parameters. */
  readonly dispose: () => void;
  /** Mean of the last losses, in nats. */
  readonly loss: number;
  readonly seconds: number;
}

type Gaussian = ReturnType<ReturnType<typeof assumptions>['likelihood']['stack']>;

/** Trains on all data at once; guides begin as TyXe's do, at medians of 15 draws from the prior. */
export async function train({ isBayesian, isLocal }: Way, { x, y }: RegressionData, { steps, lr, isCooled }: TrainSettings, seed: number): Promise<Trained> {
  const net = network(seed);
  const meanField = guides.autoNormal({ initLoc: infer.initToMedian(15), initScale: 0.01 });
  return effects.seed({ seed }).run(async () => {
    const bnn = new VariationalBNN({ net, ...assumptions(), guide: isBayesian ? meanField : null });
    const adam = isCooled ? optim.schedule(optim.adam({ lr }), { decaySteps: steps }) : optim.adam({ lr });
    const fit = () => bnn.fit({ x, y }, { optim: adam, epochs: steps, progressBar: false });
    const began = performance.now();
    const { losses } = await (isLocal ? handlers.localReparameterization().run(fit) : fit());
    const seconds = (performance.now() - began) / 1000;
    const last = losses.slice(-LAST);
    return { bnn, loss: last.reduce((sum, loss) => sum + loss, 0) / last.length, seconds, dispose: disposer(bnn, net) };
  });
}

export interface NutsSettings {
  readonly numChains: number;
  readonly numWarmup: number;
  readonly numSamples: number;
  readonly maxTreeDepth: number;
  readonly seed: number;
}

export interface Sampled {
  readonly bnn: McmcBNN<Gaussian>;
  /** Frees the network and its draws. */
  readonly dispose: () => void;
  readonly seconds: number;
}

/** Draws the weights from their posterior. */
export async function sample({ x, y }: RegressionData, { maxTreeDepth, ...settings }: NutsSettings): Promise<Sampled> {
  const net = network(0);
  const bnn = new McmcBNN({ net, ...assumptions(), kernel: (model) => new infer.NUTS(model, { maxTreeDepth }) });
  const began = performance.now();
  await bnn.fit({ x, y }, { ...settings, progressBar: false });
  return { bnn, seconds: (performance.now() - began) / 1000, dispose: disposer(bnn, net) };
}

function disposer(bnn: { dispose(): void }, net: { dispose(): unknown }): () => void {
  return () => {
    bnn.dispose();
    net.dispose();
  };
}
