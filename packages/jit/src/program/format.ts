/** @file Programs as bytes: a header that can be checked, the WebAssembly module, the constants. */
import type { DType, Shape } from '../graph/node.ts';
import { sizeOf } from '../graph/shape.ts';
import { KEY_BYTES } from '../noise/kind.ts';
import type { NoiseInput } from '../noise/kind.ts';
import type { Precision } from '../wasm/lanes/lanes.ts';

/** An array of a program: an argument or a result. */
export interface ProgramArray {
  readonly shape: Shape;
  readonly dtype: DType;
  /** In bytes, in the program's memory. */
  readonly address: number;
}

/** Everything that a program is. */
export interface ProgramParts {
  readonly precision: Precision;
  /** Whether the module uses instructions of relaxed SIMD. */
  readonly relaxedSimd: boolean;
  readonly inputs: readonly ProgramArray[];
  readonly outputs: readonly ProgramArray[];
  /** One an input. */
  readonly gradients: readonly (ProgramArray | null)[];
  /** Inputs from this one on were captured when the function was traced, and have values from the start. */
  readonly numArguments: number;
  readonly memoryBytes: number;
  /** Functions of numbers that the module asks of its host, by number. */
  readonly hostFunctions: readonly string[];
  /** Captured inputs that the program draws itself. */
  readonly noise: readonly NoiseInput[];
  /** The address of their keys, one after the other. */
  readonly noiseKeys: number;
  readonly module: Uint8Array;
  readonly constants: readonly { readonly address: number; readonly values: Float64Array }[];
}

/** Bytes that are no program, or not a whole one, or one of another version. */
export class ProgramFormatError extends Error {
  override readonly name: string = 'ProgramFormatError';
}

const MAGIC = 'TYCHEJIT';
const VERSION = 2;
/** Magic, version, length of the whole, checksum, length of the header. */
const PREFIX_BYTES = 24;

/** What stands in the header, as JSON. */
type Header = Omit<ProgramParts, 'module' | 'constants'> & {
  readonly moduleBytes: number;
  readonly constants: readonly { readonly address: number; readonly length: number }[];
};

/** The program as bytes, to be sent or stored. */
export function encodeProgram(parts: ProgramParts): Uint8Array {
  const { module, constants, ...rest } = parts;
  const header: Header = {
    ...rest,
    moduleBytes: module.length,
    constants: constants.map(({ address, values }) => ({ address, length: values.length })),
  };
  const text = new TextEncoder().encode(JSON.stringify(header));
  const moduleAt = padded(PREFIX_BYTES + text.length);
  const constantsAt = padded(moduleAt + module.length);
  const total = constantsAt + constants.reduce((sum, { values }) => sum + values.byteLength, 0);
  const bytes = new Uint8Array(total);
  bytes.set(new TextEncoder().encode(MAGIC));
  bytes.set(text, PREFIX_BYTES);
  bytes.set(module, moduleAt);
  let next = constantsAt;
  for (const { values } of constants) {
    bytes.set(new Uint8Array(values.buffer, values.byteOffset, values.byteLength), next);
    next += values.byteLength;
  }
  const view = new DataView(bytes.buffer);
  view.setUint32(8, VERSION, true);
  view.setUint32(12, total, true);
  view.setUint32(20, text.length, true);
  view.setUint32(16, checksum(bytes.subarray(20)), true);
  return bytes;
}

/**
 * The program that bytes hold; they are copied where need be.
 *
 * @throws ProgramFormatError when they are no program, are cut short or changed, or are of another version.
 */
export function decodeProgram(bytes: Uint8Array): ProgramParts {
  if (!(bytes instanceof Uint8Array)) throw new TypeError('a program is read from a Uint8Array');
  if (bytes.length < PREFIX_BYTES || new TextDecoder().decode(bytes.subarray(0, 8)) !== MAGIC) {
    throw new ProgramFormatError('these bytes are not a compiled program of Tyche');
  }
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const version = view.getUint32(8, true);
  if (version !== VERSION) {
    throw new ProgramFormatError(`the program has format version ${version}, this library reads version ${VERSION}: compile it again`);
  }
  const total = view.getUint32(12, true);
  if (total !== bytes.length) throw new ProgramFormatError(`the program should have ${total} bytes, there are ${bytes.length}: it was cut or extended`);
  if (checksum(bytes.subarray(20)) !== view.getUint32(16, true)) {
    throw new ProgramFormatError('the program was changed since it was written: its checksum is wrong');
  }
  return readParts(bytes, view.getUint32(20, true));
}

function readParts(bytes: Uint8Array, headerBytes: number): ProgramParts {
  const header = readHeader(bytes.subarray(PREFIX_BYTES, PREFIX_BYTES + headerBytes));
  const { moduleBytes, constants: sizes, ...rest } = header;
  const moduleAt = padded(PREFIX_BYTES + headerBytes);
  let next = padded(moduleAt + moduleBytes);
  const needed = next + sizes.reduce((sum, { length }) => sum + 8 * length, 0);
  if (needed !== bytes.length) throw new ProgramFormatError(`the program's parts take ${needed} bytes, there are ${bytes.length}`);
  const constants = sizes.map(({ address, length }) => {
    const values = new Float64Array(bytes.slice(next, next + 8 * length).buffer);
    next += 8 * length;
    return { address, values };
  });
  return { ...rest, module: bytes.slice(moduleAt, moduleAt + moduleBytes), constants };
}

function readHeader(text: Uint8Array): Header {
  let header: Header;
  try {
    header = JSON.parse(new TextDecoder().decode(text)) as Header;
  } catch (error) {
    throw new ProgramFormatError("the program's header cannot be read", { cause: error });
  }
  const size = header.precision === 'float32' ? 4 : 8;
  const fits = (address: number, length: number): boolean => address >= 0 && address + length * size <= header.memoryBytes;
  const arrays = [...header.inputs, ...header.outputs, ...header.gradients.filter((array) => array !== null)];
  const { noise, noiseKeys, numArguments, inputs, memoryBytes } = header;
  const isSound =
    noiseKeys >= 0 &&
    noiseKeys + noise.length * KEY_BYTES <= memoryBytes &&
    noise.every(({ input }) => input >= numArguments && input < inputs.length) &&
    arrays.every(({ address, shape }) => fits(address, sizeOf(shape))) &&
    header.constants.every(({ address, length }) => length >= 0 && fits(address, length));
  if (!isSound) throw new ProgramFormatError("the program's header names places outside of its memory");
  return header;
}

/** Sections begin at multiples of 8. */
function padded(length: number): number {
  return Math.ceil(length / 8) * 8;
}

/** FNV-1a over 32-bit words, little-endian, then over the bytes that are left. */
function checksum(bytes: Uint8Array): number {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const words = bytes.length - (bytes.length % 4);
  let hash = 0x811c9dc5;
  for (let i = 0; i < words; i += 4) hash = mix(hash, view.getUint32(i, true));
  for (let i = words; i < bytes.length; i++) hash = mix(hash, view.getUint8(i));
  return hash >>> 0;
}

/** Multiplying alone never carries a change of high bits down to low ones. */
function mix(hash: number, word: number): number {
  const product = Math.imul(hash ^ word, 0x01000193);
  return product ^ (product >>> 15);
}
