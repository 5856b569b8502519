/**
 * @file Parameters, and what belongs to them, as one safetensors file.
 *
 * The array `param/NAME` is the value as models see it, for other tools to read; `unconstrained/NAME` is what it was made
 * of, left out where it is the same. What else there is to say stands in the metadata, as JSON: the constraint of each
 * parameter, the state of the optimiser, whatever more the writer has. Its arrays are called `state/0`, `state/1`, ...
 */
import { real } from '../constraints/real.ts';
import type { OptimizerState } from '../optim/optimizer.ts';
import { biject } from '../transforms/biject.ts';
import { format, sameShape } from '../util/shape.ts';
import { VERSION } from '../util/version.ts';
import { constraintData, constraintOf } from './constraintData.ts';
import type { ExactParam, ExactParams, Numbers } from './exactParams.ts';
import { constrainedValue } from './exactParams.ts';
import type { PlainData } from './plainData.ts';
import { decodePlain, encodePlain } from './plainData.ts';
import type { StoredArray } from './safetensors.ts';
import { decodeSealed, encodeSealed } from './sealed.ts';
import { storedFloats, toFloat32 } from './storedFloats.ts';

/** What a file holds. */
export interface StoreContent {
  readonly params: ExactParams;
  /** `null` if the file has none. */
  readonly optim: OptimizerState | null;
  /** Whatever else was saved with them, such as how far a run had come; `null` for nothing. */
  readonly run: unknown;
}

const FORMAT = 'tyche';
const FORMAT_VERSION = '1';
const VALUE = 'param/';
const UNCONSTRAINED = 'unconstrained/';
const STATE = 'state/';

/**
 * The bytes of the file that holds `content`.
 *
 * @throws Error for a constraint that a file cannot hold, naming the parameter; TypeError for a state that is no plain data.
 */
export async function encodeStoreFile({ params, optim, run }: StoreContent): Promise<Uint8Array<ArrayBuffer>> {
  const arrays = new Map<string, StoredArray>();
  const constraints: [string, PlainData][] = [];
  for (const [name, param] of params) {
    constraints.push([name, at(name, () => constraintData(param.constraint))]);
    const { unconstrained } = param;
    const value = await constrainedValue(param);
    arrays.set(VALUE + name, storedFloats(value.shape, value.values));
    if (!same(value, unconstrained)) arrays.set(UNCONSTRAINED + name, storedFloats(unconstrained.shape, unconstrained.values));
  }
  let states = 0;
  const keep = (values: Float32Array | Float64Array): string => {
    const name = `${STATE}${states++}`;
    arrays.set(name, storedFloats([values.length], values));
    return name;
  };
  const described = { params: Object.fromEntries(constraints), optim, run };
  const content = encodePlain(described, 'a file of parameters', keep);
  const metadata = new Map([['format', FORMAT], ['formatVersion', FORMAT_VERSION], ['version', VERSION], ['content', content]]);
  return encodeSealed({ metadata, arrays });
}

export interface DecodeOptions {
  /** Whether a file that another tool wrote will do: all of its arrays are then unconstrained parameters. */
  readonly foreign: boolean;
}

/**
 * What a file holds.
 *
 * @throws Error that says what is wrong with it.
 */
export function decodeStoreFile(bytes: Uint8Array, { foreign }: DecodeOptions): StoreContent {
  const { metadata, arrays, isSealed } = decodeSealed(bytes);
  if (!isSealed || metadata.get('format') !== FORMAT) {
    if (foreign) return { params: foreignParams(arrays), optim: null, run: null };
    throw new Error(
      'it is a safetensors file, but holds no parameters saved by Tyche; with { foreign: true } its arrays are taken as ' +
        'parameters without constraints',
    );
  }
  const formatVersion = metadata.get('formatVersion');
  if (formatVersion !== FORMAT_VERSION) {
    throw new Error(
      `it has version ${formatVersion} of the format, written by Tyche ${metadata.get('version')}; this is Tyche ${VERSION}, which ` +
        `reads version ${FORMAT_VERSION}`,
    );
  }
  const find = (name: string): Float32Array | Float64Array => {
    const array = arrays.get(name);
    if (array === undefined) throw new Error(`it has no array ${JSON.stringify(name)}`);
    return array.dtype === 'F64' ? new Float64Array(array.bytes.slice().buffer) : toFloat32(array);
  };
  const content = decodePlain(metadata.get('content') ?? 'null', find);
  const { params: constraints, optim = null, run = null } = isRecord(content) ? content : {};
  if (!isRecord(constraints)) throw new Error('it does not say which parameters it holds');
  const params = Object.entries(constraints).map(
    ([name, data]) => [name, at(name, () => storedParam(name, data, arrays))] as const,
  );
  // Whether it is one that the optimiser can go on from, the optimiser says.
  return { params: new Map(params), optim: optim as OptimizerState | null, run };
}

function storedParam(name: string, data: PlainData, arrays: ReadonlyMap<string, StoredArray>): ExactParam {
  const constraint = constraintOf(data);
  const value = arrays.get(VALUE + name);
  if (value === undefined) throw new Error(`the file lacks its array ${JSON.stringify(VALUE + name)}`);
  const source = arrays.get(UNCONSTRAINED + name) ?? value;
  const shape = biject(constraint).forwardShape(source.shape);
  if (!sameShape(shape, value.shape)) {
    throw new Error(`it is ${constraint.name} of shape ${format(value.shape)}, but its unconstrained shape is ${format(source.shape)}`);
  }
  return { constraint, unconstrained: numbersOf(source) };
}

function foreignParams(arrays: ReadonlyMap<string, StoredArray>): ExactParams {
  return new Map([...arrays].map(([name, array]) => [name, at(name, () => ({ constraint: real, unconstrained: numbersOf(array) }))]));
}

function numbersOf(array: StoredArray): Numbers {
  return { shape: array.shape, values: toFloat32(array) };
}

/** Whether two arrays are the same, bit by bit. */
function same(a: Numbers, b: Numbers): boolean {
  return sameShape(a.shape, b.shape) && a.values.every((value, i) => Object.is(value, b.values[i]));
}

function isRecord(data: PlainData | undefined): data is { readonly [key: string]: PlainData } {
  return typeof data === 'object' && data !== null && !Array.isArray(data) && !ArrayBuffer.isView(data);
}

/** Names the parameter in whatever `body` throws. */
function at<R>(name: string, body: () => R): R {
  try {
    return body();
  } catch (cause) {
    throw new Error(`param "${name}": ${cause instanceof Error ? cause.message : String(cause)}`, { cause });
  }
}
