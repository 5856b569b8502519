/** @file One graph, a few labels, one fit: what is predicted for all nodes. */
import * as tf from '@tensorflow/tfjs-core';
import { dist, guides as autoguides, handlers as effects, optim, RandomStream } from '@tychejs/ppl';
import { guides, handlers, likelihoods, priors, VariationalBNN, type VariationalBNNOptions } from '@tychejs/bnn';
import { normalisedAdjacency } from './adjacency.ts';
import type { Graph } from './data.ts';
import { network } from './network.ts';

export interface FitSettings {
  readonly hidden: number;
  readonly epochs: number;
  readonly lr: number;
  /** How many nodes of each class have a label to be trained on. */
  readonly labelled: number;
  /** What the divergence from the prior counts beside the few labels, where it does not count in full. */
  readonly temperature: number;
  /** Draws of the weights to predict by. */
  readonly predictions: number;
}

/** A way to train the weights. */
export interface Way {
  readonly name: string;
  readonly guide: VariationalBNNOptions<tf.Tensor>['guide'];
  /** Whether the prior counts for less than in full: a "cold posterior". */
  readonly isCold: boolean;
}

const meanField = guides.autoNormal({ initScale: 0.05 });

export const ways: readonly Way[] = [
  { name: 'maximum likelihood', guide: null, isCold: false },
  { name: 'MAP, cold', guide: autoguides.AutoDelta, isCold: true },
  { name: 'mean-field', guide: meanField, isCold: false },
  { name: 'mean-field, cold', guide: meanField, isCold: true },
];

/**
 * A node is averaged with its neighbours, by weights whose squares sum to less than a half: kernels of standard deviation 3 make
 * of that inputs of size one to the hidden units.
 */
const prior = priors.dictionary({
  'hidden.kernel': dist.normal(0, 3),
  'hidden.bias': dist.normal(0, 0.3),
  'logits.kernel': dist.normal(0, 1),
  'logits.bias': dist.normal(0, 0.3),
});

export interface Fit {
  /** Whether each node's label was trained on. */
  readonly isLabelled: readonly boolean[];
  /** `[node][class]`, the logarithms of probabilities. */
  readonly logits: readonly (readonly number[])[];
  readonly seconds: number;
}

/** Some nodes of each class, by the seed. */
export function chooseLabelled({ classes, numClasses }: Graph, each: number, seed: number): boolean[] {
  const stream = RandomStream.fromSeed(seed);
  const chosen = Array.from({ length: numClasses }, (_, label) => {
    const members = classes.flatMap((its, i) => (its === label ? [i] : []));
    return Array.from(stream.fold(String(label)).choose(members.length, each), (k) => members[k]);
  });
  const all = new Set(chosen.flat());
  return classes.map((_, i) => all.has(i));
}

/**
 * Trains the network on the whole graph, with the likelihood of nodes without a label masked.
 *
 * A node's only feature is which one it is, so that all that is known of it is whom it is tied to.
 */
export async function fit({ guide, isCold }: Way, graph: Graph, settings: FitSettings, seed: number): Promise<Fit> {
  const { hidden, epochs, lr, labelled, temperature, predictions } = settings;
  const isLabelled = chooseLabelled(graph, labelled, seed);
  const count = graph.nodes.length;
  const x = [tf.eye(count), normalisedAdjacency(graph)];
  const y = tf.tensor1d(graph.classes.map((label) => label ?? 0), 'int32');
  const mask = tf.tensor1d(isLabelled, 'bool');
  const net = network({ nodes: count, features: count, hidden, classes: graph.numClasses }, seed);
  const began = performance.now();
  const bnn = new VariationalBNN({ net, prior, likelihood: likelihoods.categorical(), guide });
  try {
    return await effects.seed({ seed }).run(async () => {
      const train = () =>
        handlers
          .selectiveMask({ mask, expose: ['likelihood.data'] })
          .run(() => bnn.fit({ x, y }, { optim: optim.adam({ lr }), epochs, progressBar: false }));
      await (isCold ? handlers.selectiveScale({ scale: temperature, hide: ['likelihood.data'] }).run(train) : train());
      const logits = tf.tidy(() => tf.logSoftmax(bnn.predict(x, { numSamples: predictions })).arraySync() as number[][]);
      return { isLabelled, logits, seconds: (performance.now() - began) / 1000 };
    });
  } finally {
    bnn.dispose();
    net.dispose();
    tf.dispose([x, y, mask]);
  }
}
