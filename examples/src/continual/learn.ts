/** @file The tasks one after the other, and after each how much of all so far is still known. */
import * as tf from '@tensorflow/tfjs-core';
import { handlers as pplHandlers, optim } from '@tychejs/ppl';
import { handlers, type VariationalBNN } from '@tychejs/bnn';
import type { Learner, LearnerSettings } from './learners.ts';
import { network } from './network.ts';
import { tensorsOf, type Task } from './tasks.ts';

/** How much faster standard deviations learn: they have a long way to go, and those too small keep the next task from learning. */
const FASTER = 10;

export interface LearnSettings extends LearnerSettings {
  readonly seed: number;
  /** Of the network's two shared layers. */
  readonly units: number;
  /** How often to go through the data of each task. */
  readonly epochs: number;
  readonly batchSize: number;
  /** The learning rate of Adam, which falls to nothing in each task. */
  readonly lr: number;
  /** How many draws of the weights predictions are made from. */
  readonly numSamples: number;
  readonly progressBar: boolean;
}

export interface Progress {
  readonly name: string;
  /** `[task learnt last][task]`: the share of right answers on each task so far. */
  readonly accuracy: readonly (readonly number[])[];
  /** Of compiling and training. */
  readonly seconds: number;
}

/** @param onTask - is told of the accuracies after each task. */
export async function learn(
  learner: Learner,
  tasks: readonly Task[],
  settings: LearnSettings,
  onTask: (accuracy: readonly number[]) => void = () => undefined,
): Promise<Progress> {
  const net = network(settings.units, settings.seed);
  const bnn = learner.make(net, settings);
  const tests = tasks.map((task) => tensorsOf(task, task.test));
  const accuracy: number[][] = [];
  let seconds = 0;
  await pplHandlers.seed({ seed: settings.seed }).run(async () => {
    for (const [index, task] of tasks.entries()) {
      const began = performance.now();
      await learnTask(learner, bnn, task, settings);
      seconds += (performance.now() - began) / 1000;
      const numSamples = learner.isPoint ? 1 : settings.numSamples;
      const known = tests.slice(0, index + 1).map(({ x, y }) => 1 - bnn.evaluate(x, y, { numSamples }).error);
      accuracy.push(known);
      onTask(known);
    }
  });
  tf.dispose(tests as never);
  bnn.dispose();
  net.dispose();
  return { name: learner.name, accuracy, seconds };
}

async function learnTask(learner: Learner, bnn: VariationalBNN<tf.Tensor>, task: Task, settings: LearnSettings): Promise<void> {
  const { epochs, batchSize, lr, progressBar } = settings;
  const data = tensorsOf(task, task.train);
  const steps = epochs * Math.ceil(task.train.count / batchSize);
  const rates = (name: string) => ({ lr: name.includes('.scales.') ? FASTER * lr : lr });
  const adam = optim.schedule(optim.adam(rates), { decaySteps: steps });
  const fit = () => bnn.fit(data, { optim: adam, epochs, batchSize, progressBar });
  await (learner.isPoint ? fit() : handlers.localReparameterization().run(fit));
  learner.conclude(bnn);
  tf.dispose(data as never);
}
