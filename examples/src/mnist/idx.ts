/** @file The IDX format of the MNIST files: a header of big-endian numbers, then bytes. */

export interface IdxArray {
  readonly shape: readonly number[];
  /** In row-major order. */
  readonly data: Uint8Array;
}

/** The code for unsigned bytes, the only kind of element that is read here. */
const UNSIGNED_BYTE = 0x08;

/**
 * Reads an IDX file: two zero bytes, the kind of element, the number of dimensions, each dimension in four bytes, the elements.
 *
 * @returns a view of `bytes`, not a copy.
 * @throws RangeError when `bytes` are no such file, or too few or too many for its shape.
 */
export function readIdx(bytes: Uint8Array): IdxArray {
  const [zero, alsoZero, kind, rank = 0] = bytes;
  const start = 4 + 4 * rank;
  if (zero !== 0 || alsoZero !== 0 || kind !== UNSIGNED_BYTE || bytes.length < start) {
    throw new RangeError(`not an IDX file of unsigned bytes: it begins with ${bytes.subarray(0, 4).join(' ') || 'nothing'}`);
  }
  const header = new DataView(bytes.buffer, bytes.byteOffset, start);
  const shape = Array.from({ length: rank }, (_, i) => header.getUint32(4 + 4 * i));
  const size = shape.reduce((product, length) => product * length, 1);
  if (bytes.length !== start + size) {
    throw new RangeError(`an IDX file of shape [${shape.join(', ')}] has ${start + size} bytes, but there are ${bytes.length}`);
  }
  return { shape, data: bytes.subarray(start) };
}
