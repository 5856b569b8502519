/** @file Float32 and float64 arrays in files, and the other types of floats that tools write. */
import type { StoredArray } from './safetensors.ts';

// Files are little-endian, and so is every machine that tfjs runs on: elements are copied as they lie.

/** An array for a file; its bytes are a view of `values`. */
export function storedFloats(shape: readonly number[], values: Float32Array | Float64Array): StoredArray {
  const dtype = values instanceof Float64Array ? 'F64' : 'F32';
  return { dtype, shape, bytes: new Uint8Array(values.buffer, values.byteOffset, values.byteLength) };
}

/**
 * The elements as float32: exactly, but for those of F64, which are rounded.
 *
 * @throws Error for other types than F32, F64, F16 and BF16.
 */
export function toFloat32({ dtype, bytes }: StoredArray): Float32Array {
  switch (dtype) {
    case 'F32':
      return new Float32Array(bytes.slice().buffer);
    case 'F64':
      return Float32Array.from(new Float64Array(bytes.slice().buffer));
    case 'F16':
      return Float32Array.from(new Uint16Array(bytes.slice().buffer), fromHalf);
    case 'BF16':
      // The upper half of a float32.
      return new Float32Array(Uint32Array.from(new Uint16Array(bytes.slice().buffer), (bits) => bits << 16).buffer);
    default:
      throw new Error(`elements of type ${dtype} are no parameters: F32, F64, F16 and BF16 can be read`);
  }
}

/** The number that a float of IEEE 754's binary16 stands for. */
function fromHalf(bits: number): number {
  const sign = bits & 0x8000 ? -1 : 1;
  const exponent = (bits >> 10) & 0x1f;
  const fraction = bits & 0x3ff;
  if (exponent === 0x1f) return fraction === 0 ? sign * Infinity : NaN;
  return exponent === 0 ? sign * fraction * 2 ** -24 : sign * (1024 + fraction) * 2 ** (exponent - 25);
}
