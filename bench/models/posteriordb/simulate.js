/** @file Small random data: the data sets that posteriordb has for these models are not copied here. */

/** `length` values of `make(i)`. */
export const times = (length, make) => Array.from({ length }, (_, i) => make(i));

export const logistic = (x) => 1 / (1 + Math.exp(-x));

export const bernoulli = (stream, probability) => (stream.uniform() < probability ? 1 : 0);

export const binomial = (stream, count, probability) => {
  let successes = 0;
  for (let i = 0; i < count; i++) successes += bernoulli(stream, probability);
  return successes;
};

/** By products of uniform numbers (Knuth): for small rates. */
export const poisson = (stream, rate) => {
  let count = -1;
  for (let product = 1; product > Math.exp(-rate); product *= stream.uniform()) count++;
  return count;
};

/** An index, with these probabilities. */
export const categorical = (stream, probabilities) => {
  let rest = stream.uniform();
  const chosen = probabilities.findIndex((p) => (rest -= p) < 0);
  return chosen === -1 ? probabilities.length - 1 : chosen;
};
