/**
 * @file The safetensors format: named arrays, and a few strings, in one file that can be read without trusting it.
 *
 * Eight bytes with the length of the header (little-endian), the header, which is JSON, and the arrays' elements without
 * gaps between them. Source: https://huggingface.co/docs/safetensors, "Format".
 */
import { duplicateKey } from './duplicateKey.ts';

/** The types of elements, with their sizes in bytes. */
const ITEM_BYTES: ReadonlyMap<string, number> = new Map([
  ...(['BOOL', 'U8', 'I8', 'F8_E5M2', 'F8_E4M3'] as const).map((dtype) => [dtype, 1] as const),
  ...(['I16', 'U16', 'F16', 'BF16'] as const).map((dtype) => [dtype, 2] as const),
  ...(['I32', 'U32', 'F32'] as const).map((dtype) => [dtype, 4] as const),
  ...(['I64', 'U64', 'F64'] as const).map((dtype) => [dtype, 8] as const),
]);

/** An array as the file has it. */
export interface StoredArray {
  /** As safetensors call it: `F32`, `F64`, `BF16`, ... */
  readonly dtype: string;
  readonly shape: readonly number[];
  /** The elements in row-major order, little-endian; at any offset of its buffer. */
  readonly bytes: Uint8Array;
}

/** All that a file holds. Maps, since any string is a name: `__proto__` too. */
export interface SafetensorsFile {
  readonly metadata: ReadonlyMap<string, string>;
  readonly arrays: ReadonlyMap<string, StoredArray>;
}

const METADATA = '__metadata__';
const LENGTH_BYTES = 8;
/** The limit of the reference implementation. */
const MAX_HEADER_BYTES = 100_000_000;

/** The bytes of a file. Metadata stand first in its header, in the order of the map. @throws Error for an array called `__metadata__`. */
export function encodeSafetensors({ metadata, arrays }: SafetensorsFile): Uint8Array<ArrayBuffer> {
  if (arrays.has(METADATA)) throw new Error(`safetensors: an array cannot be called ${METADATA}`);
  // Wide elements first, so that each array begins at a multiple of its element's size.
  const sorted = [...arrays].sort(([, a], [, b]) => itemBytes(b.dtype) - itemBytes(a.dtype));
  const entries: string[] = [];
  if (metadata.size > 0) entries.push(`"${METADATA}":{${[...metadata].map(([key, value]) => `${JSON.stringify(key)}:${JSON.stringify(value)}`).join()}}`);
  let end = 0;
  for (const [name, { dtype, shape, bytes }] of sorted) {
    const begin = end;
    end += bytes.length;
    entries.push(`${JSON.stringify(name)}:${JSON.stringify({ dtype, shape, data_offsets: [begin, end] })}`);
  }
  const text = new TextEncoder().encode(`{${entries.join()}}`);
  const headerBytes = Math.ceil(text.length / LENGTH_BYTES) * LENGTH_BYTES;
  const file = new Uint8Array(LENGTH_BYTES + headerBytes + end);
  new DataView(file.buffer).setBigUint64(0, BigInt(headerBytes), true);
  file.set(text, LENGTH_BYTES);
  file.fill(0x20, LENGTH_BYTES + text.length, LENGTH_BYTES + headerBytes);
  let at = LENGTH_BYTES + headerBytes;
  for (const [, { bytes }] of sorted) {
    file.set(bytes, at);
    at += bytes.length;
  }
  return file;
}

/**
 * Reads a file, believing nothing: every length is compared with what there is before it is used. The arrays are views of
 * `file`; nothing is allocated for them.
 *
 * @throws Error that says what is wrong with the file.
 */
export function decodeSafetensors(file: Uint8Array): SafetensorsFile {
  const { header, data } = split(file);
  const metadata = new Map<string, string>();
  const arrays = new Map<string, StoredArray>();
  const places: Place[] = [];
  for (const [name, entry] of Object.entries(parseHeader(header))) {
    if (name === METADATA) {
      for (const [key, value] of Object.entries(record(entry, METADATA))) {
        if (typeof value !== 'string') throw wrong(`${METADATA} must hold strings, but its ${JSON.stringify(key)} is none`);
        metadata.set(key, value);
      }
      continue;
    }
    const { dtype, shape, place } = describedArray(name, entry);
    if (place.end > data.length) {
      throw wrong(`it is truncated: ${described(name)} ends at byte ${place.end} of the data, of which there are ${data.length}`);
    }
    places.push(place);
    arrays.set(name, { dtype, shape, bytes: data.subarray(place.begin, place.end) });
  }
  checkWhole(places, data.length);
  return { metadata, arrays };
}

/** Where an array lies in the data. */
interface Place {
  readonly name: string;
  readonly begin: number;
  readonly end: number;
}

function split(file: Uint8Array): { readonly header: Uint8Array; readonly data: Uint8Array } {
  if (file.length < LENGTH_BYTES) throw wrong(`it has ${file.length} bytes, and the length of its header alone takes ${LENGTH_BYTES}`);
  const declared = new DataView(file.buffer, file.byteOffset).getBigUint64(0, true);
  if (declared > BigInt(MAX_HEADER_BYTES)) throw wrong(`its header is said to have ${declared} bytes; ${MAX_HEADER_BYTES} are allowed`);
  const end = LENGTH_BYTES + Number(declared);
  if (end > file.length) {
    throw wrong(`its header is said to have ${declared} bytes, but only ${file.length - LENGTH_BYTES} follow: it is truncated`);
  }
  return { header: file.subarray(LENGTH_BYTES, end), data: file.subarray(end) };
}

function parseHeader(bytes: Uint8Array): Record<string, unknown> {
  if (bytes[0] !== 0x7b) throw wrong('its header does not begin with {');
  let text: string;
  let header: unknown;
  try {
    text = new TextDecoder('utf-8', { fatal: true }).decode(bytes);
    header = JSON.parse(text);
  } catch (cause) {
    throw wrong(`its header is no JSON (${cause instanceof Error ? cause.message : String(cause)})`, cause);
  }
  const twice = duplicateKey(text);
  if (twice !== null) throw wrong(`its header says two things of ${JSON.stringify(twice)}`);
  return record(header, 'its header');
}

function describedArray(name: string, entry: unknown): { dtype: string; shape: number[]; place: Place } {
  const fields = record(entry, described(name));
  const keys = Object.keys(fields);
  const known = ['dtype', 'shape', 'data_offsets'];
  if (keys.length !== 3 || !known.every((key) => keys.includes(key))) {
    throw wrong(`${described(name)} must be described by ${known.join(', ')}, not by ${keys.join(', ') || 'nothing'}`);
  }
  const { dtype, shape, data_offsets: offsets } = fields;
  const size = typeof dtype === 'string' ? ITEM_BYTES.get(dtype) : undefined;
  if (size === undefined) throw wrong(`${described(name)} has dtype ${JSON.stringify(dtype)}, which is not known here`);
  if (!areCounts(shape)) throw wrong(`${described(name)} has a shape that is none: ${JSON.stringify(shape)}`);
  const [begin, end] = areCounts(offsets) ? offsets : [];
  if (begin === undefined || end === undefined || (offsets as unknown[]).length !== 2 || begin > end) {
    throw wrong(`${described(name)} has data_offsets that are none: ${JSON.stringify(offsets)}`);
  }
  const bytes = shape.reduce((product, length) => product * length, size);
  if (bytes !== end - begin) {
    throw wrong(`${described(name)} takes ${bytes} bytes by its shape and dtype, but ${end - begin} by its data_offsets`);
  }
  return { dtype: dtype as string, shape: [...shape], place: { name, begin, end } };
}

/** @throws Error unless arrays cover the data without gap or overlap. */
function checkWhole(places: Place[], length: number): void {
  places.sort((a, b) => a.begin - b.begin || a.end - b.end);
  let covered = 0;
  for (const { name, begin, end } of places) {
    if (begin < covered) throw wrong(`${described(name)} overlaps another`);
    if (begin > covered) throw wrong(`there is a gap before ${described(name)}: bytes ${covered} to ${begin} of the data are nobody's`);
    covered = end;
  }
  if (covered < length) throw wrong(`its last ${length - covered} bytes belong to no array`);
}

function itemBytes(dtype: string): number {
  return ITEM_BYTES.get(dtype) ?? 1;
}

function areCounts(value: unknown): value is readonly number[] {
  return Array.isArray(value) && value.every((entry) => Number.isSafeInteger(entry) && (entry as number) >= 0);
}

function record(value: unknown, what: string): Record<string, unknown> {
  if (typeof value === 'object' && value !== null && !Array.isArray(value)) return value as Record<string, unknown>;
  throw wrong(`${what} must be an object`);
}

function described(name: string): string {
  return `array ${JSON.stringify(name)}`;
}

function wrong(why: string, cause?: unknown): Error {
  return new Error(`not a whole safetensors file: ${why}`, cause === undefined ? {} : { cause });
}
