/**
 * @file A generated family of small models: trees of statements whose parameters depend on earlier ones. A model is data;
 * {@link interpret} runs it in any "language" that knows the statements: the real primitives ({@link modelOf}), or plain
 * arithmetic on given values ({@link logProbs}, the oracle).
 */
import * as tf from '@tensorflow/tfjs-core';
import type { Tensor } from '@tensorflow/tfjs-core';
import fc from 'fast-check';
import { positive } from '../../src/constraints/interval.ts';
import { bernoulli } from '../../src/distributions/bernoulli.ts';
import type { Distribution } from '../../src/distributions/distribution.ts';
import { halfNormal } from '../../src/distributions/halfNormal.ts';
import { normal } from '../../src/distributions/normal.ts';
import { plate, subsample } from '../../src/plate.ts';
import { deterministic, factor, param, sample } from '../../src/primitives.ts';
import type { Trace } from '../../src/runtime/trace.ts';

/** `constant` + Σ `factor` · (the value called `name`). */
export interface Affine {
  readonly constant: number;
  readonly terms: readonly { readonly name: string; readonly factor: number }[];
}

export type Family = 'normal' | 'halfNormal' | 'bernoulli';

/** normal(location, w), halfNormal(w) with w = 0.5 + sigmoid(spread), or bernoulli with logits `location`. */
export interface SampleStatement {
  readonly kind: 'sample';
  readonly name: string;
  readonly family: Family;
  readonly location: Affine;
  readonly spread: Affine;
  /** Where the data begin, if this is an observation: see {@link datum}. */
  readonly observed: number | null;
}

export interface ParamStatement {
  readonly kind: 'param';
  readonly name: string;
  readonly value: number;
  readonly isPositive: boolean;
  /** One value for each element of the plates around it, rather than one for all. */
  readonly isPerElement: boolean;
}

export interface DeterministicStatement {
  readonly kind: 'deterministic';
  readonly name: string;
  readonly value: Affine;
}

/** Adds -(penalty)² / 10 to the log-density, so that it stays bounded. */
export interface FactorStatement {
  readonly kind: 'factor';
  readonly name: string;
  readonly penalty: Affine;
}

export interface PlateStatement {
  readonly kind: 'plate';
  readonly name: string;
  readonly size: number;
  readonly subsampleSize: number;
  readonly body: Model;
}

export type Statement = SampleStatement | ParamStatement | DeterministicStatement | FactorStatement | PlateStatement;
export type Model = readonly Statement[];

/** A plate around a statement; `element` is the one at hand in languages that loop, `null` where all are at once. */
export interface Place {
  readonly plate: PlateStatement;
  readonly element: number | null;
}

/** What a language makes of each statement; `V` is what its values are. `path` holds the plates, outermost first. */
export interface Language<V> {
  affine(constant: number, terms: readonly (readonly [V, number])[]): V;
  sample(statement: SampleStatement, location: V, spread: V, path: readonly Place[]): V;
  param(statement: ParamStatement, path: readonly Place[]): V;
  deterministic(statement: DeterministicStatement, value: V, path: readonly Place[]): void;
  factor(statement: FactorStatement, penalty: V, path: readonly Place[]): void;
  plate(statement: PlateStatement, body: (element: number | null) => void, path: readonly Place[]): void;
}

/** Runs `model`; returns the values that stand outside of all plates. */
export function interpret<V>(model: Model, language: Language<V>): Map<string, V> {
  const values = new Map<string, V>();
  runBody(model, language, values, []);
  return values;
}

function runBody<V>(model: Model, language: Language<V>, values: Map<string, V>, path: readonly Place[]): void {
  const affine = ({ constant, terms }: Affine): V => language.affine(constant, terms.map((t) => [values.get(t.name)!, t.factor] as const));
  for (const statement of model) {
    switch (statement.kind) {
      case 'sample':
        values.set(statement.name, language.sample(statement, affine(statement.location), affine(statement.spread), path));
        break;
      case 'param':
        values.set(statement.name, language.param(statement, path));
        break;
      case 'deterministic':
        values.set(statement.name, affine(statement.value));
        language.deterministic(statement, values.get(statement.name)!, path);
        break;
      case 'factor':
        language.factor(statement, affine(statement.penalty), path);
        break;
      case 'plate':
        language.plate(
          statement,
          (element) => runBody(statement.body, language, new Map(values), [...path, { plate: statement, element }]),
          path,
        );
    }
  }
}

/** The observation at the given elements of the plates around it, outermost first. */
export function datum({ family, observed }: SampleStatement, elements: readonly number[]): number {
  const step = elements.reduce((sum, element, depth) => sum + (depth + 1) * element, 0);
  if (family === 'bernoulli') return Math.abs(Math.round(observed!) + step) % 2;
  const value = observed! + 0.3 * step;
  return family === 'normal' ? value : Math.abs(value) + 0.1;
}

/** The initial value of a parameter at the given elements. */
export function initialValue({ value, isPositive, isPerElement }: ParamStatement, elements: readonly number[]): number {
  const step = isPerElement ? elements.reduce((sum, element, depth) => sum + (depth + 1) * element, 0) : 0;
  return (isPositive ? Math.abs(value) + 0.1 : value) + 0.2 * step;
}

// --- The real primitives, with vectorised plates ---------------------------------------------------------------------

/** `model` as a function to run: values are tensors, plates are dimensions (the outermost is -1). */
export function modelOf(model: Model): () => Record<string, Tensor> {
  return () => Object.fromEntries([...interpret(model, tensors)].map(([name, value]) => [name, tf.add(value, 0)]));
}

export function distributionOf(family: Family, location: Tensor | number, spread: Tensor | number): Distribution {
  if (family === 'bernoulli') return bernoulli({ logits: location });
  const width = typeof spread === 'number' ? 0.5 + 1 / (1 + Math.exp(-spread)) : tf.add(tf.sigmoid(spread), 0.5);
  return family === 'normal' ? normal(location, width) : halfNormal(width);
}

const tensors: Language<Tensor | number> = {
  affine: (constant, terms) => terms.reduce<Tensor | number>((sum, [value, times]) => tf.add(sum, tf.mul(value, times)), constant),
  sample: (statement, location, spread, path) => {
    const distribution = distributionOf(statement.family, location, spread);
    if (statement.observed === null) return sample(statement.name, distribution);
    return sample(statement.name, distribution, { obs: subsample(laidOut(path, (at) => datum(statement, at)), { eventDim: 0 }) });
  },
  param: (statement, path) => {
    const own = statement.isPerElement ? path : [];
    const init = (): Tensor => laidOut(own, (at) => initialValue(statement, at));
    const options = statement.isPerElement ? { eventDim: 0 } : {};
    return param(statement.name, init, statement.isPositive ? { ...options, constraint: positive } : options);
  },
  deterministic: ({ name }, value) => void deterministic(name, value),
  factor: ({ name }, penalty) => factor(name, tf.mul(tf.square(penalty), -0.1)),
  plate: ({ name, size, subsampleSize }, body) => plate(name, size, { subsampleSize }, () => body(null)),
};

/** A tensor of the plates' full sizes, innermost dimension first, filled by `at`. */
function laidOut(path: readonly Place[], at: (elements: number[]) => number): Tensor {
  const sizes = path.map(({ plate: { size } }) => size);
  const values = cells(sizes).map(at);
  return tf.tensor(values, [...sizes].reverse(), 'float32');
}

/** All tuples of indices below `sizes`, the first index running fastest. */
export function cells(sizes: readonly number[]): number[][] {
  return sizes.reduceRight<number[][]>(
    (inner, size) => inner.flatMap((rest) => Array.from({ length: size }, (_, i) => [i, ...rest])),
    [[]],
  );
}

// --- The oracle ------------------------------------------------------------------------------------------------------

export interface SiteLogProb {
  /** Unscaled, in row-major order of the site's batch shape. */
  readonly logProb: number[];
  /** The product of size / subsampleSize over the plates around the site. */
  readonly scale: number;
}

/** The log-densities of all sample sites and factors at the values and subsamples of `trace`, by plain arithmetic. */
export function logProbs(model: Model, trace: Trace): Record<string, SiteLogProb> {
  const chosen = (name: string): ArrayLike<number> => (trace.nodes.get(name) as { value: Int32Array }).value;
  const result: Record<string, SiteLogProb> = {};
  const record = (name: string, path: readonly Place[], logProb: number): void => {
    const scale = path.reduce((product, { plate: { size, subsampleSize } }) => (product * size) / subsampleSize, 1);
    const site = (result[name] ??= { logProb: [], scale });
    site.logProb[offsetOf(path)] = logProb;
  };
  // Here the element of a place is its position in the subsample.
  const elements = (path: readonly Place[]): number[] => path.map(({ plate: { name }, element }) => chosen(name)[element!]!);
  interpret<number>(model, {
    affine: (constant, terms) => terms.reduce((sum, [value, times]) => sum + value * times, constant),
    sample: (statement, location, spread, path) => {
      const value = valueAt(trace.nodes.get(statement.name)!.value as Tensor, path);
      record(statement.name, path, density(statement.family, location, spread, value));
      return value;
    },
    param: (statement, path) => {
      const { value } = trace.nodes.get(statement.name) as { value: Tensor };
      // Sites hold parameters whole.
      return statement.isPerElement ? value.dataSync()[fullOffsetOf(path, elements(path))]! : value.dataSync()[0]!;
    },
    deterministic: () => {},
    factor: ({ name }, penalty, path) => record(name, path, -0.1 * penalty ** 2),
    plate: ({ subsampleSize }, body) => {
      for (let i = 0; i < subsampleSize; i++) body(i);
    },
  });
  return result;
}

/** The sum of all scaled log-densities. */
export function logJoint(model: Model, trace: Trace): number {
  let sum = 0;
  for (const { logProb, scale } of Object.values(logProbs(model, trace))) sum += scale * logProb.reduce((a, b) => a + b, 0);
  return sum;
}

/** log p(value) of one element. */
export function density(family: Family, location: number, spread: number, value: number): number {
  if (family === 'bernoulli') return -Math.log1p(Math.exp(value === 1 ? -location : location));
  const width = 0.5 + 1 / (1 + Math.exp(-spread));
  const logNormal = (x: number): number => -0.5 * (x / width) ** 2 - Math.log(width) - 0.5 * Math.log(2 * Math.PI);
  return family === 'normal' ? logNormal(value - location) : logNormal(value) + Math.LN2;
}

/** Where an element stands in a tensor with one dimension a plate, the outermost plate's last. */
function offsetOf(path: readonly Place[]): number {
  return path.reduceRight((offset, { plate: { subsampleSize }, element }) => offset * subsampleSize + element!, 0);
}

function fullOffsetOf(path: readonly Place[], elements: readonly number[]): number {
  return path.reduceRight((offset, { plate: { size } }, depth) => offset * size + elements[depth]!, 0);
}

/** The element of `value` at a place; dimensions that `value` lacks or has at size 1 are broadcast. */
function valueAt(value: Tensor, path: readonly Place[]): number {
  let offset = 0;
  for (let depth = path.length - 1; depth >= 0; depth--) {
    const size = value.shape[value.rank - 1 - depth] ?? 1;
    offset = offset * size + (size === 1 ? 0 : path[depth]!.element!);
  }
  return value.dataSync()[offset]!;
}

// --- Generation ------------------------------------------------------------------------------------------------------

export interface ModelOptions {
  /** Depth to which plates may nest; default 2. */
  readonly plates?: number;
  /** Whether plates may subsample; default true. */
  readonly subsampling?: boolean;
  /** Whether there may be discrete latent sites; default true. */
  readonly discrete?: boolean;
  /** Whether there may be parameters; default true. */
  readonly params?: boolean;
}

interface RawAffine {
  readonly constant: number;
  readonly terms: readonly { readonly pick: number; readonly factor: number }[];
}

type Raw =
  | { kind: 'sample'; family: Family; location: RawAffine; spread: RawAffine; observed: number | null }
  | { kind: 'param'; value: number; isPositive: boolean; isPerElement: boolean }
  | { kind: 'deterministic'; value: RawAffine }
  | { kind: 'factor'; penalty: RawAffine }
  | { kind: 'plate'; size: number; leftOut: number; body: Raw[] };

/** Models of one to five statements, and as many in each plate; at least one of them is a latent site. */
export function arbitraryModel(options: ModelOptions = {}): fc.Arbitrary<Model> {
  const { plates = 2, subsampling = true, discrete = true, params = true } = options;
  const number = fc.integer({ min: -20, max: 20 }).map((n) => n / 10);
  const term = fc.record({ pick: fc.nat(50), factor: number });
  const affine = fc.record({ constant: number, terms: fc.array(term, { maxLength: 2 }) });
  const family = fc.constantFrom<Family>('normal', 'halfNormal', 'bernoulli');
  const latentFamily = discrete ? family : fc.constantFrom<Family>('normal', 'halfNormal');
  const kind = <K extends string>(k: K): fc.Arbitrary<K> => fc.constant(k);
  const latent = fc.record({ kind: kind('sample'), family: latentFamily, location: affine, spread: affine, observed: fc.constant(null) });
  const leaves: fc.MaybeWeightedArbitrary<Raw>[] = [
    { weight: 4, arbitrary: latent },
    { weight: 3, arbitrary: fc.record({ kind: kind('sample'), family, location: affine, spread: affine, observed: number }) },
    { weight: 1, arbitrary: fc.record({ kind: kind('deterministic'), value: affine }) },
    { weight: 1, arbitrary: fc.record({ kind: kind('factor'), penalty: affine }) },
  ];
  const parameter = fc.record({ kind: kind('param'), value: number, isPositive: fc.boolean(), isPerElement: fc.boolean() });
  if (params) leaves.push({ weight: 2, arbitrary: parameter });
  const body = (depth: number): fc.Arbitrary<Raw[]> => {
    const choices = [...leaves];
    if (depth > 0) {
      const leftOut = subsampling ? fc.nat(2) : fc.constant(0);
      choices.push({
        weight: 3,
        arbitrary: fc.record({ kind: kind('plate'), size: fc.integer({ min: 1, max: 3 }), leftOut, body: body(depth - 1) }),
      });
    }
    return fc.array(fc.oneof(...choices), { minLength: 1, maxLength: 5 });
  };
  return fc.tuple(latent, body(plates)).map(([first, rest]) => resolve([first, ...rest], [], { next: 0 }, 0));
}

/** Names the statements, and turns each pick into one of the names in sight. */
function resolve(raw: readonly Raw[], outer: readonly string[], names: { next: number }, depth: number): Model {
  const inSight = [...outer];
  const affine = ({ constant, terms }: RawAffine): Affine => ({
    constant,
    terms: inSight.length === 0 ? [] : terms.map(({ pick, factor: times }) => ({ name: inSight[pick % inSight.length]!, factor: times })),
  });
  return raw.map((statement): Statement => {
    const name = `${statement.kind}${names.next++}`;
    switch (statement.kind) {
      case 'sample': {
        const result = { ...statement, name, location: affine(statement.location), spread: affine(statement.spread) };
        inSight.push(name);
        return result;
      }
      case 'param':
        inSight.push(name);
        return { ...statement, name, isPerElement: statement.isPerElement && depth > 0 };
      case 'deterministic': {
        const result = { kind: statement.kind, name, value: affine(statement.value) };
        inSight.push(name);
        return result;
      }
      case 'factor':
        return { kind: statement.kind, name, penalty: affine(statement.penalty) };
      case 'plate': {
        const { kind, size, leftOut, body } = statement;
        return { kind, name, size, subsampleSize: Math.max(1, size - leftOut), body: resolve(body, inSight, names, depth + 1) };
      }
    }
  });
}

/** Every statement of `model`, those inside of plates included. */
export function* statementsOf(model: Model): Generator<Statement> {
  for (const statement of model) {
    yield statement;
    if (statement.kind === 'plate') yield* statementsOf(statement.body);
  }
}

/** The names of the latent sites of `model`. */
export function latentNames(model: Model): string[] {
  return [...statementsOf(model)].filter((s) => s.kind === 'sample' && s.observed === null).map((s) => s.name);
}
