/**
 * @file The whole idea of this library in one file, on plain numbers. Read it first.
 *
 * A probabilistic program is an ordinary function that says `sample` where chance enters and `param` where something is to
 * be learned. Run by itself, it simulates. To *infer* with it, one must be able to ask more of the same function: what did
 * you draw, and how likely was it? Draw this instead. Pretend that you had seen that.
 *
 * The trick is that `sample` and `param` do nothing by themselves. They send a message, saying what they would like to be
 * told; and whoever calls the program installs *handlers* that read the message, change it, or answer it. Every question
 * above is a handler of a few lines, handlers combine freely, and inference algorithms are short programs on top of them.
 *
 * What the real library adds is tensors (a plate is a dimension there, not a loop), gradients by autodiff, and a hundred
 * cares. But its handlers are these, under the same names, and its tests hold them against this file.
 */
import { RandomStream } from './random/stream.ts';

// ---------------------------------------------------------------------------------------------------------------------
// Distributions. All that anybody asks of one is a draw, and the log-density (or log-probability) of a value.

export interface Distribution {
  draw(stream: RandomStream): number;
  logProb(value: number): number;
}

export function normal(loc: number, scale: number): Distribution {
  return {
    draw: (stream) => loc + scale * stream.normal(),
    logProb: (x) => -0.5 * ((x - loc) / scale) ** 2 - Math.log(scale) - 0.5 * Math.log(2 * Math.PI),
  };
}

/** 1 with probability 1 / (1 + exp(-logits)), else 0. */
export function bernoulli(logits: number): Distribution {
  return {
    draw: (stream) => (stream.uniform() < 1 / (1 + Math.exp(-logits)) ? 1 : 0),
    // log p(1) = -log(1 + exp(-logits)), log p(0) = -log(1 + exp(logits)).
    logProb: (x) => -Math.log1p(Math.exp(x === 1 ? -logits : logits)),
  };
}

// ---------------------------------------------------------------------------------------------------------------------
// Messages. A statement fills one in and sends it off; when it comes back, `value` is the answer.

export interface Message {
  readonly name: string;
  /** What a `sample` statement draws from; a `param` statement has none. */
  readonly distribution: Distribution | null;
  /** What happens when no handler has an answer. */
  readonly answer: (stream: RandomStream) => number;
  value: number | null;
  isObserved: boolean;
  /** Factor of the log-density. */
  scale: number;
  /** Where to draw from. */
  stream: RandomStream | null;
  /** Set by a handler that wants the handlers around it not to know. */
  stop: boolean;
}

/** What it takes to be a handler: a look at messages on their way out, and another on their way back. */
export interface Handler {
  process?(message: Message): void;
  postprocess?(message: Message): void;
}

/** The handlers in force, innermost last. */
const stack: Handler[] = [];

/** Runs `body` with `handler` in force. */
export function run<R>(handler: Handler, body: () => R): R {
  stack.push(handler);
  try {
    return body();
  } finally {
    stack.pop();
  }
}

/** This is the effect system, all of it. (That of the library, `runtime/stack.ts`, is not much longer.) */
function send(message: Message): number {
  const visited: Handler[] = [];
  for (const handler of stack.toReversed()) {
    visited.push(handler);
    handler.process?.(message);
    if (message.stop) break;
  }
  message.value ??= message.answer(message.stream ?? unseeded);
  for (const handler of visited.toReversed()) handler.postprocess?.(message);
  return message.value;
}

const unseeded = RandomStream.fromSeed(Date.now());

// ---------------------------------------------------------------------------------------------------------------------
// Statements.

/** A random choice; given `obs`, something that was seen. */
export function sample(name: string, distribution: Distribution, obs: number | null = null): number {
  const answer = (stream: RandomStream): number => distribution.draw(stream);
  return send({ name, distribution, answer, value: obs, isObserved: obs !== null, scale: 1, stream: null, stop: false });
}

/** The values of parameters outlive the runs that use them. */
export const params: Map<string, number> = new Map();

/** A number to learn; `init` is where it starts. */
export function param(name: string, init: number): number {
  const answer = (): number => {
    if (!params.has(name)) params.set(name, init);
    return params.get(name) ?? init;
  };
  return send({ name, distribution: null, answer, value: null, isObserved: false, scale: 1, stream: null, stop: false });
}

/**
 * Independent repetitions. With `subsample`, only some of them take place, and each stands for several: then the sum of the
 * log-densities is right on average over random subsamples, which is what makes mini-batches work.
 */
export function plate(size: number, body: (index: number) => void, subsample: readonly number[] = indices(size)): void {
  scale(() => subsample.forEach(body), size / subsample.length)();
}

function indices(size: number): number[] {
  return Array.from({ length: size }, (_, i) => i);
}

// ---------------------------------------------------------------------------------------------------------------------
// Handlers. Each takes a program and gives a program that differs in one way.

type Program<R = unknown> = () => R;

/** What a run did: every message by name, in the order in which they were answered. */
export type Trace = ReadonlyMap<string, Message & { readonly value: number }>;

/** A first useful handler: it changes nothing, and remembers everything. */
export function trace(program: Program): Trace {
  const sites = new Map<string, Message & { readonly value: number }>();
  const remember = (message: Message): void => {
    if (sites.has(message.name) && message.distribution !== null) throw new Error(`site "${message.name}" is there twice`);
    sites.set(message.name, { ...message, value: message.value ?? NaN });
  };
  run({ postprocess: remember }, program);
  return sites;
}

/** log p(everything that happened): the one number that inference is about. */
export function logProbSum(sites: Trace): number {
  let sum = 0;
  for (const { distribution, value, scale: weight } of sites.values()) sum += weight * (distribution?.logProb(value) ?? 0);
  return sum;
}

/** Let what happened in `source` happen again: its latent values are taken instead of drawn. */
export function replay<R>(program: Program<R>, source: Trace): Program<R> {
  const process = (message: Message): void => {
    if (message.distribution !== null && !message.isObserved) message.value = source.get(message.name)?.value ?? message.value;
  };
  return () => run({ process }, program);
}

/** Pretend to have seen `data`. It looks like `replay`, and differs in one word: the site counts as evidence now. */
export function condition<R>(program: Program<R>, data: Readonly<Record<string, number>>): Program<R> {
  const process = (message: Message): void => {
    const datum = data[message.name];
    if (message.distribution === null || datum === undefined) return;
    message.value = datum;
    message.isObserved = true;
  };
  return () => run({ process }, program);
}

/** Let the handlers outside know nothing of the sites that `hides` picks. */
export function block<R>(program: Program<R>, hides: (message: Message) => boolean = () => true): Program<R> {
  const process = (message: Message): void => {
    message.stop = hides(message);
  };
  return () => run({ process }, program);
}

/** Count what happens inside `factor` times. */
export function scale<R>(program: Program<R>, factor: number): Program<R> {
  const process = (message: Message): void => {
    message.scale *= factor;
  };
  return () => run({ process }, program);
}

/**
 * Make chance repeatable. The draw at a site depends on the seed, on the site's name, and on how often the name was met, but
 * not on which other sites there are: so a change to one part of a program leaves the rest of a simulation as it was.
 */
export function seed<R>(program: Program<R>, source: number | RandomStream): Program<R> {
  const root = typeof source === 'number' ? RandomStream.fromSeed(source) : source;
  return () => {
    const met = new Map<string, number>();
    const process = (message: Message): void => {
      const times = met.get(message.name) ?? 0;
      met.set(message.name, times + 1);
      message.stream ??= root.fold(message.name).fold(times);
    };
    return run({ process }, program);
  };
}

// ---------------------------------------------------------------------------------------------------------------------
// Inference. The posterior of a model's latent sites is wanted; a *guide* is a second program with the same latent sites, and
// with parameters to make it like the posterior. The evidence lower bound says how alike the two are: let the guide make a
// proposal, replay the model with it, and see which of them thinks it likelier.

/** log p(data, z) - log q(z) for one z from the guide. Its mean is at most log p(data), and equals it for a perfect guide. */
export function elbo(model: Program, guide: Program): number {
  const proposal = trace(guide);
  const outcome = trace(replay(model, proposal));
  return logProbSum(outcome) - logProbSum(proposal);
}

/**
 * The gradient of {@link elbo} in the parameters, by central differences. Chance seems to forbid that, for two runs of a
 * random function differ by more than their parameters; but `seed` makes of it an ordinary function, differentiable where
 * draws are (as loc + scale · noise is, and 0 or 1 is not). This is the reparameterisation trick without the calculus, and
 * what the library's autodiff computes at one go.
 */
export function gradient(model: Program, guide: Program, noise: number | RandomStream, step = 1e-4): Map<string, number> {
  const bound = seed(() => elbo(model, guide), noise);
  const slopes = new Map<string, number>();
  for (const [name, at] of params) {
    const [above, below] = [at + step, at - step].map((x) => {
      params.set(name, x);
      return bound();
    });
    params.set(name, at);
    slopes.set(name, ((above ?? NaN) - (below ?? NaN)) / (2 * step));
  }
  return slopes;
}

/**
 * Stochastic variational inference: climbs the bound until the guide is close to the posterior.
 *
 * @returns the bound at each step, a noisy estimate of the log evidence from below.
 */
export function svi(
  model: Program,
  guide: Program,
  { steps, learningRate, seed: root }: { steps: number; learningRate: number; seed: number },
): number[] {
  const stream = RandomStream.fromSeed(root);
  return Array.from({ length: steps }, () => {
    const noise = stream.split();
    const bound = seed(() => elbo(model, guide), noise)(); // the first one also creates the parameters
    for (const [name, slope] of gradient(model, guide, noise)) {
      params.set(name, (params.get(name) ?? NaN) + learningRate * slope);
    }
    return bound;
  });
}
