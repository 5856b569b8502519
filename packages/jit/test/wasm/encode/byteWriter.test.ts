/** @file The number formats of WebAssembly's binary form. */
import fc from 'fast-check';
import { ByteWriter } from '../../../src/wasm/encode/byteWriter.ts';

function written(write: (w: ByteWriter) => void): number[] {
  const writer = new ByteWriter();
  write(writer);
  return [...writer.toBytes()];
}

/** LEB128 read by its definition: seven bits a byte, least significant first, the last byte below 128. */
function read(bytes: readonly number[], signed: boolean): bigint {
  let value = 0n;
  bytes.forEach((byte, i) => {
    expect(byte >= 128).toBe(i < bytes.length - 1);
    value |= BigInt(byte & 127) << BigInt(7 * i);
  });
  const width = 7 * bytes.length;
  return signed ? BigInt.asIntN(width, value) : value;
}

test.each([
  [0, [0]],
  [127, [0x7f]],
  [128, [0x80, 1]],
  [624485, [0xe5, 0x8e, 0x26]],
  [2 ** 32 - 1, [0xff, 0xff, 0xff, 0xff, 0x0f]],
])('unsigned %d', (value, bytes) => {
  expect(written((w) => w.unsigned(value))).toEqual(bytes);
});

test.each([
  [0, [0]],
  [-1, [0x7f]],
  [63, [0x3f]],
  [64, [0xc0, 0]],
  [-64, [0x40]],
  [-65, [0xbf, 0x7f]],
  [-123456, [0xc0, 0xbb, 0x78]],
  [2 ** 31 - 1, [0xff, 0xff, 0xff, 0xff, 0x07]],
  [-(2 ** 31), [0x80, 0x80, 0x80, 0x80, 0x78]],
])('signed %d', (value, bytes) => {
  expect(written((w) => w.signed(value))).toEqual(bytes);
  expect(written((w) => w.signed64(BigInt(value)))).toEqual(bytes);
});

test('every whole number is read back', () => {
  fc.assert(fc.property(fc.nat(2 ** 32 - 1), (x) => expect(read(written((w) => w.unsigned(x)), false)).toBe(BigInt(x))));
  fc.assert(fc.property(fc.integer(), (x) => expect(read(written((w) => w.signed(x)), true)).toBe(BigInt(x))));
  fc.assert(fc.property(fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n }), (x) => {
    expect(read(written((w) => w.signed64(x)), true)).toBe(x);
  }));
});

test('floats, little-endian', () => {
  expect(written((w) => w.float64(-2))).toEqual([0, 0, 0, 0, 0, 0, 0, 0xc0]);
  expect(written((w) => w.float32(1))).toEqual([0, 0, 0x80, 0x3f]);
});

test('text and sized runs of bytes', () => {
  expect(written((w) => w.text('né'))).toEqual([3, 0x6e, 0xc3, 0xa9]);
  expect(written((w) => w.sized([7, 8]))).toEqual([2, 7, 8]);
});

test('grows past its first size and keeps what was written', () => {
  const many = Array.from({ length: 5000 }, (_, i) => i % 256);
  expect(written((w) => {
    for (const byte of many) w.byte(byte);
    w.bytes(many);
  })).toEqual([...many, ...many]);
});
