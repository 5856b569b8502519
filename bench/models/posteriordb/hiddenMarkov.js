/** @file Hidden Markov models: the states are summed out by the forward algorithm. */
import * as tf from '@tensorflow/tfjs-core';
import { constraints, dist, factor, ops, plate, sample } from '@tychejs/ppl';
import { categorical, times } from './simulate.js';

/**
 * log p(observations), by the forward algorithm.
 *
 * @param emissions - log densities of the observations, by state: one tensor a time.
 * @param transition - probabilities [from, to].
 */
function forward([first, ...rest], transition) {
  const logTransition = tf.log(transition);
  let alpha = first;
  for (const emission of rest) alpha = tf.add(emission, tf.logSumExp(tf.add(tf.expandDims(alpha, 1), logTransition), 0));
  return tf.logSumExp(alpha);
}

/** The same as {@link forward}, of emissions [time, state] in one tensor, with a loop that is compiled as one. */
function forwardByScan(emissions, transition) {
  const [length, numStates] = emissions.shape;
  const logTransition = tf.log(transition);
  const step = (alpha, emission) => [tf.add(emission, tf.logSumExp(tf.add(tf.expandDims(alpha, 1), logTransition), 0)), null];
  const first = tf.reshape(tf.slice(emissions, [0, 0], [1, numStates]), [numStates]);
  const [alpha] = ops.scan(step, first, tf.slice(emissions, [1, 0], [length - 1, numStates]));
  return tf.logSumExp(alpha);
}

/** Two states, each kept with probability 0.8 and 0.7, and what each emits. */
function simulateStates(stream, length, emit) {
  let state = 0;
  return times(length, () => {
    state = categorical(stream, state === 0 ? [0.8, 0.2] : [0.3, 0.7]);
    return emit(state);
  });
}

/** hmm_example-hmm_example: y_t ~ N(μ_state, 1). */
export const hmmExample = {
  model({ K, y }) {
    const theta = plate('from', K, () => sample('theta', dist.dirichlet([1, 1])));
    const mu = sample('mu', dist.improperUniform(constraints.positiveOrdered, [], [K]));
    factor('prior of mu', dist.normal([3, 10], 1).logProb(mu));
    factor('y', forward(tf.unstack(dist.normal(mu, 1).logProb(tf.expandDims(y, 1))), theta));
  },
  data: (stream) => ({ N: 100, K: 2, y: simulateStates(stream, 100, (state) => [3, 9][state] + stream.normal()) }),
};

/** hmm_example-hmm_example with a loop that is compiled as one. */
export const hmmExampleByScan = {
  model({ K, y }) {
    const theta = plate('from', K, () => sample('theta', dist.dirichlet([1, 1])));
    const mu = sample('mu', dist.improperUniform(constraints.positiveOrdered, [], [K]));
    factor('prior of mu', dist.normal([3, 10], 1).logProb(mu));
    factor('y', forwardByScan(dist.normal(mu, 1).logProb(tf.expandDims(y, 1)), theta));
  },
  data: hmmExample.data,
};

/** bball_drive_event_0-hmm_drive_0: two exponential observations a time. */
export const hmmDrive0 = {
  model({ K, u, v, alpha }) {
    const theta = plate('from', K, () => sample('theta', dist.dirichlet(alpha)));
    const phi = sample('phi', dist.improperUniform(constraints.positiveOrdered, [], [K]));
    const lambda = sample('lambda', dist.improperUniform(constraints.positiveOrdered, [], [K]));
    factor('prior of phi', dist.normal([0, 3], 1).logProb(phi));
    factor('prior of lambda', dist.normal([0, 3], 1).logProb(lambda));
    const ofU = dist.exponential(phi).logProb(tf.expandDims(u, 1));
    const ofV = dist.exponential(lambda).logProb(tf.expandDims(v, 1));
    factor('observations', forward(tf.unstack(tf.add(ofU, ofV)), theta));
  },
  data: (stream) => {
    const pairs = simulateStates(stream, 150, (state) => [stream.exponential() / [0.5, 4][state], stream.exponential() / [1, 5][state]]);
    return { K: 2, u: pairs.map(([u]) => u), v: pairs.map(([, v]) => v), alpha: [[4.5, 1], [1, 3]] };
  },
};

/** bball_drive_event_1-hmm_drive_1: two normal observations a time, of known scales. */
export const hmmDrive1 = {
  model({ K, u, v, alpha, tau, rho }) {
    const theta = plate('from', K, () => sample('theta', dist.dirichlet(alpha)));
    const phi = sample('phi', dist.improperUniform(constraints.ordered, [], [K]));
    const lambda = sample('lambda', dist.improperUniform(constraints.ordered, [], [K]));
    factor('prior of phi', dist.normal([0, 3], 1).logProb(phi));
    factor('prior of lambda', dist.normal([0, 3], 1).logProb(lambda));
    const ofU = dist.normal(phi, tau).logProb(tf.expandDims(u, 1));
    const ofV = dist.normal(lambda, rho).logProb(tf.expandDims(v, 1));
    factor('observations', forward(tf.unstack(tf.add(ofU, ofV)), theta));
  },
  data: (stream) => {
    const pairs = simulateStates(stream, 150, (state) => [[0, 3][state] + stream.normal() * 0.5, [0.5, 2.5][state] + stream.normal() * 0.5]);
    return { K: 2, u: pairs.map(([u]) => u), v: pairs.map(([, v]) => v), alpha: [[4.5, 1], [1, 3]], tau: 0.5, rho: 0.5 };
  },
};

/** hmm_gaussian_simulated-hmm_gaussian: unknown scales and an unknown first state. */
export const hmmGaussian = {
  model({ K, y }) {
    const initial = sample('pi1', dist.dirichlet(tf.ones([K])));
    const transition = plate('from', K, () => sample('A', dist.dirichlet(tf.ones([K]))));
    const mu = sample('mu', dist.improperUniform(constraints.ordered, [], [K]));
    const sigma = plate('states', K, () => sample('sigma', dist.improperUniform(constraints.positive)));
    const emissions = tf.unstack(dist.normal(mu, sigma).logProb(tf.reshape(y, [-1, 1])));
    const withInitial = [tf.add(emissions[0], tf.log(initial)), ...emissions.slice(1)];
    factor('y', forward(withInitial, transition));
  },
  data: (stream) => ({ K: 2, y: simulateStates(stream, 200, (state) => [-2, 3][state] + [0.7, 1.2][state] * stream.normal()) }),
};
