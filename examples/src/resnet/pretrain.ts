/** @file The network trained by maximum likelihood, where all ways begin. */
import { access, mkdir } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import type { LayersModel } from '@tensorflow/tfjs-layers';
import { handlers, optim } from '@tychejs/ppl';
import { batchesOf, batchesPerEpoch } from './batches.ts';
import type { Task } from './classes.ts';
import { resNet, type NetworkSettings } from './network.ts';
import { plainNet } from './ways.ts';

export interface TrainSettings {
  readonly epochs: number;
  readonly batchSize: number;
  /** The highest learning rate of Adam. */
  readonly lr: number;
}

export interface PretrainSettings {
  readonly network: NetworkSettings;
  readonly train: TrainSettings;
  readonly seed: number;
  readonly progressBar: boolean;
}

export interface Pretrained {
  readonly net: LayersModel;
  /** What training took; `null` if the weights were there already. */
  readonly seconds: number | null;
}

export interface Keeping {
  /** Where weights are kept from run to run. */
  readonly folder: URL;
  /** Whether to train even if there are weights. */
  readonly retrain: boolean;
}

/** Trains the network, or takes its weights from an earlier run with the same settings. */
export async function pretrain(task: Task, settings: PretrainSettings, { folder, retrain }: Keeping): Promise<Pretrained> {
  const net = resNet(settings.network, task.classes.length, settings.seed);
  const bnn = plainNet(net, task.train.count);
  const kept = fileURLToPath(new URL(nameOf(task, settings), folder));
  try {
    if (!retrain && (await exists(kept))) {
      await bnn.load(kept);
      bnn.copyTo(net);
      return { net, seconds: null };
    }
    const began = performance.now();
    await train(bnn, task, settings);
    const seconds = (performance.now() - began) / 1000;
    await mkdir(folder, { recursive: true });
    await bnn.save(kept);
    bnn.copyTo(net);
    return { net, seconds };
  } catch (error) {
    net.dispose();
    throw error;
  } finally {
    bnn.dispose();
  }
}

async function train(bnn: ReturnType<typeof plainNet>, { train: photographs }: Task, { train: { epochs, batchSize, lr }, seed, progressBar }: PretrainSettings): Promise<void> {
  const schedule = { cycleSteps: epochs * batchesPerEpoch(photographs, batchSize) };
  const fit = () => bnn.fit(batchesOf(photographs, batchSize, seed), { optim: optim.schedule(optim.adam({ lr }), schedule), epochs, progressBar });
  await handlers.seed({ seed }).run(fit);
}

/** All that weights depend on, as the name of a folder. */
function nameOf({ classes, train }: Task, { network, train: { epochs, batchSize, lr }, seed }: PretrainSettings): string {
  return ['resnet', network.depth, network.filters, ...classes, train.count, epochs, batchSize, lr, seed].join('-');
}

async function exists(folder: string): Promise<boolean> {
  return access(folder).then(
    () => true,
    () => false,
  );
}
