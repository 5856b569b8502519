/**
 * @file Plain data as JSON and arrays, without loss: NaN, infinities and -0, typed arrays, and records whose keys may be any
 * string. Whatever is no number, string, boolean or null of JSON's own is written as a list that begins with its kind.
 */

/** What can be written: numbers, strings, booleans, null, float arrays, and lists and records of such. */
export type PlainData =
  | null
  | boolean
  | number
  | string
  | Float32Array
  | Float64Array
  | readonly PlainData[]
  | { readonly [key: string]: PlainData | undefined };

type Json = null | boolean | number | string | readonly Json[];

/** Keeps an array outside of the JSON, and says by which name it will be found again. */
export type KeepArray = (values: Float32Array | Float64Array) => string;
/** The array of that name. @throws when there is none. */
export type FindArray = (name: string) => Float32Array | Float64Array;

/** Deeper nesting than any state has, and shallower than the stack. */
const MAX_DEPTH = 64;

/**
 * `value` as JSON text. Properties that are undefined are left out.
 *
 * @param where - names `value` in errors.
 * @throws TypeError for what is no plain data, such as functions, tensors and objects of classes.
 */
export function encodePlain(value: unknown, where: string, keep: KeepArray): string {
  return JSON.stringify(encode(value, where, keep, MAX_DEPTH));
}

/** What {@link encodePlain} made `text` of. @throws Error for other text. */
export function decodePlain(text: string, find: FindArray): PlainData {
  return decode(JSON.parse(text), find, MAX_DEPTH);
}

function encode(value: unknown, where: string, keep: KeepArray, depth: number): Json {
  if (depth === 0) throw new TypeError(`${where}: is nested too deeply, or in itself`);
  if (value === null || typeof value === 'string' || typeof value === 'boolean') return value;
  if (typeof value === 'number') return Number.isFinite(value) && !Object.is(value, -0) ? value : ['number', Object.is(value, -0) ? '-0' : String(value)];
  if (value instanceof Float32Array || value instanceof Float64Array) return ['array', keep(value)];
  if (Array.isArray(value)) return ['list', ...value.map((entry, i) => encode(entry, `${where}[${i}]`, keep, depth - 1))];
  if (!isRecord(value)) throw new TypeError(`${where}: ${describe(value)} cannot be written to a file`);
  const entries = Object.entries(value).filter(([, entry]) => entry !== undefined);
  return ['record', ...entries.map(([key, entry]) => [key, encode(entry, `${where}.${key}`, keep, depth - 1)])];
}

function decode(json: unknown, find: FindArray, depth: number): PlainData {
  if (depth === 0) throw new Error('its data are nested too deeply');
  if (json === null || typeof json === 'string' || typeof json === 'boolean' || typeof json === 'number') return json;
  if (!Array.isArray(json)) throw new Error('its data hold a JSON object, and are written without any');
  const [kind, ...parts] = json as unknown[];
  switch (kind) {
    case 'number':
      return nonFinite(parts[0]);
    case 'array':
      return find(String(parts[0]));
    case 'list':
      return parts.map((part) => decode(part, find, depth - 1));
    case 'record':
      return recordOf(parts.map((part) => decodeEntry(part, find, depth - 1)));
    default:
      throw new Error(`its data hold something of the unknown kind ${JSON.stringify(kind)}`);
  }
}

function nonFinite(text: unknown): number {
  if (text === 'NaN' || text === 'Infinity' || text === '-Infinity' || text === '-0') return Number(text);
  throw new Error(`its data hold the number ${JSON.stringify(text)}, which is none`);
}

function decodeEntry(part: unknown, find: FindArray, depth: number): readonly [string, PlainData] {
  if (!Array.isArray(part) || part.length !== 2 || typeof part[0] !== 'string') throw new Error('its data hold a record with an entry that is none');
  return [part[0], decode(part[1], find, depth)];
}

function recordOf(entries: readonly (readonly [string, PlainData])[]): PlainData {
  if (new Set(entries.map(([key]) => key)).size !== entries.length) throw new Error('its data hold a record with a key twice');
  // `fromEntries` makes properties of all names alike: `__proto__` is one, and no prototype.
  return Object.fromEntries(entries);
}

function isRecord(value: unknown): value is Record<string, unknown> {
  if (typeof value !== 'object' || value === null) return false;
  const prototype: unknown = Object.getPrototypeOf(value);
  // Of a realm of its own, as in a worker of Jest's, an object is plain if its prototype has none.
  return prototype === null || Object.getPrototypeOf(prototype) === null;
}

function describe(value: unknown): string {
  return typeof value === 'object' && value !== null ? `an object of class ${value.constructor.name}` : `a value of type ${typeof value}`;
}
