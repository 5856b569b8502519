/** @file The file format, against bytes made by hand from its specification, and against files that lie. */
import { crc32 } from '../../src/params/crc32.ts';
import { duplicateKey } from '../../src/params/duplicateKey.ts';
import { decodeSafetensors, encodeSafetensors } from '../../src/params/safetensors.ts';
import type { StoredArray } from '../../src/params/safetensors.ts';
import { storedFloats, toFloat32 } from '../../src/params/storedFloats.ts';

/** A file as the specification has it: length of the header, header, data. */
function fileOf(header: string, data: readonly number[] = [], length = Buffer.byteLength(header)): Uint8Array {
  const size = Buffer.alloc(8);
  size.writeBigUInt64LE(BigInt(length));
  return new Uint8Array(Buffer.concat([size, Buffer.from(header), Buffer.from(data)]));
}

const entry = (dtype: string, shape: readonly number[], begin: number, end: number): string =>
  JSON.stringify({ dtype, shape, data_offsets: [begin, end] });

describe('a file', () => {
  // 1.5 is 3fc00000 in float32, -2 is c0000000.
  const header = `{"a":${entry('F32', [2, 1], 0, 8)},"__metadata__":{"by":"hand"},"s":${entry('F32', [], 8, 12)},"none":${entry('F64', [0, 3], 12, 12)}}`;
  const data = [0, 0, 0xc0, 0x3f, 0, 0, 0, 0xc0, 0, 0, 0x80, 0x3f];

  test.each([['', header], ['padded with blanks', `${header}    `]])('made by hand is read %s', (_, text) => {
    const { metadata, arrays } = decodeSafetensors(fileOf(text, data));
    expect([...metadata]).toEqual([['by', 'hand']]);
    expect([...arrays.keys()]).toEqual(['a', 's', 'none']);
    expect(arrays.get('a')!.shape).toEqual([2, 1]);
    expect([...toFloat32(arrays.get('a')!)]).toEqual([1.5, -2]);
    expect([...toFloat32(arrays.get('s')!)]).toEqual([1]);
    expect(toFloat32(arrays.get('none')!)).toHaveLength(0);
  });

  test('is written as the specification has it', () => {
    const file = encodeSafetensors({
      metadata: new Map([['k', 'v "quoted"']]),
      arrays: new Map([['x', storedFloats([1], Float32Array.of(1.5))], ['y', storedFloats([], Float64Array.of(-2))]]),
    });
    const length = Number(Buffer.from(file).readBigUInt64LE());
    expect(length % 8).toBe(0);
    const text = Buffer.from(file.subarray(8, 8 + length)).toString();
    // Wide elements come first, so that they are aligned.
    expect(text.trimEnd()).toBe(`{"__metadata__":{"k":"v \\"quoted\\""},"y":${entry('F64', [], 0, 8)},"x":${entry('F32', [1], 8, 12)}}`);
    expect([...file.subarray(8 + length)]).toEqual([0, 0, 0, 0, 0, 0, 0, 0xc0, 0, 0, 0xc0, 0x3f]);
  });

  test('brings back any names, and shares no memory but that of the file', () => {
    const names = ['__proto__', 'constructor', 'a/b', '', '"', '\u2028', 'ünïcödé 🎲', '\ud800'];
    const arrays = new Map<string, StoredArray>(names.map((name, i) => [name, storedFloats([1], Float32Array.of(i))]));
    const metadata = new Map(names.map((name) => [name, name]));
    const file = encodeSafetensors({ metadata, arrays });
    const read = decodeSafetensors(file);
    expect([...read.metadata]).toEqual([...metadata]);
    expect([...read.arrays].map(([name, array]) => [name, toFloat32(array)[0]])).toEqual(names.map((name, i) => [name, i]));
    for (const { bytes } of read.arrays.values()) expect(bytes.buffer).toBe(file.buffer);
    expect(({} as Record<string, unknown>)['dtype']).toBeUndefined();
  });

  test('holds no array called as the metadata are', () => {
    expect(() => encodeSafetensors({ metadata: new Map(), arrays: new Map([['__metadata__', storedFloats([], Float32Array.of(1))]]) })).toThrow(/cannot be called/);
  });
});

describe('files that lie are refused:', () => {
  const one = `{"a":${entry('F32', [1], 0, 4)}}`;
  const four = [1, 2, 3, 4];

  test.each<[string, Uint8Array, RegExp]>([
    ['nothing at all', new Uint8Array(0), /it has 0 bytes/],
    ['less than a length', new Uint8Array(7), /it has 7 bytes, and the length of its header alone takes 8/],
    ['a header of 2⁶⁴ - 1 bytes', new Uint8Array(16).fill(255), /header is said to have 18446744073709551615 bytes; 100000000 are allowed/],
    ['a header longer than allowed', fileOf(one, four, 100_000_001), /100000001 bytes; 100000000 are allowed/],
    ['a header longer than the file', fileOf(one, four, 100_000_000), /header is said to have 100000000 bytes, but only \d+ follow: it is truncated/],
    ['a header cut short', fileOf(one, four, 10), /header is no JSON/],
    ['an empty header', fileOf(''), /does not begin with \{/],
    ['another format', fileOf('PK\u0003\u0004'), /does not begin with \{/],
    ['blanks before the header', fileOf(` ${one}`, four), /does not begin with \{/],
    ['text that is no UTF-8', fileOf(one, four).map((byte, i) => (i === 10 ? 0xff : byte)), /header is no JSON/],
    ['more than JSON', fileOf(`${one}x`, four), /header is no JSON/],
    ['an array that is none', fileOf('{"a":[1]}'), /array "a" must be an object/],
    ['an array that is null', fileOf('{"a":null}'), /array "a" must be an object/],
    ['metadata that are no strings', fileOf('{"__metadata__":{"n":1}}'), /__metadata__ must hold strings, but its "n" is none/],
    ['metadata that are no record', fileOf('{"__metadata__":"n"}'), /__metadata__ must be an object/],
    ['too little about an array', fileOf('{"a":{"dtype":"F32","shape":[]}}'), /array "a" must be described by dtype, shape, data_offsets, not by dtype, shape/],
    ['too much about an array', fileOf('{"a":{"dtype":"F32","shape":[],"data_offsets":[0,4],"x":1}}', four), /array "a" must be described by/],
    ['an unknown dtype', fileOf(`{"a":${entry('F31', [1], 0, 4)}}`, four), /array "a" has dtype "F31", which is not known here/],
    ['a dtype off a prototype', fileOf(`{"a":${entry('constructor', [1], 0, 4)}}`, four), /has dtype "constructor"/],
    ['a negative length', fileOf(`{"a":${entry('F32', [-1], 0, 4)}}`, four), /array "a" has a shape that is none: \[-1\]/],
    ['a broken length', fileOf(`{"a":${entry('F32', [1.5], 0, 4)}}`, four), /shape that is none/],
    ['a shape beyond all integers', fileOf(`{"a":${entry('F32', [2 ** 31, 2 ** 31], 0, 4)}}`, four), /array "a" takes \d+ bytes by its shape and dtype, but 4/],
    ['one offset', fileOf('{"a":{"dtype":"F32","shape":[1],"data_offsets":[0]}}', four), /data_offsets that are none/],
    ['three offsets', fileOf('{"a":{"dtype":"F32","shape":[1],"data_offsets":[0,4,4]}}', four), /data_offsets that are none/],
    ['offsets the wrong way round', fileOf(`{"a":${entry('F32', [1], 4, 0)}}`, four), /data_offsets that are none: \[4,0\]/],
    ['offsets that do not fit the shape', fileOf(`{"a":${entry('F32', [2], 0, 4)}}`, four), /array "a" takes 8 bytes by its shape and dtype, but 4 by its data_offsets/],
    ['an array beyond the end', fileOf(one, [1, 2, 3]), /truncated: array "a" ends at byte 4 of the data, of which there are 3/],
    ['an enormous array', fileOf(`{"a":${entry('F32', [2 ** 50], 0, 2 ** 52)}}`, four), /truncated: array "a" ends at byte 4503599627370496/],
    ['bytes after the end', fileOf(one, [...four, 5]), /its last 1 bytes belong to no array/],
    ['arrays on top of one another', fileOf(`{"a":${entry('F32', [1], 0, 4)},"b":${entry('F32', [1], 0, 4)}}`, four), /array "b" overlaps another/],
    ['a gap', fileOf(`{"a":${entry('U8', [1], 0, 1)},"b":${entry('U8', [2], 2, 4)}}`, four), /gap before array "b": bytes 1 to 2/],
    ['a gap at the beginning', fileOf(`{"b":${entry('U8', [2], 2, 4)}}`, four), /gap before array "b": bytes 0 to 2/],
    ['an array twice', fileOf(`{"a":${entry('U8', [2], 0, 2)},"\\u0061":${entry('U8', [2], 2, 4)}}`, four), /says two things of "a"/],
    ['a field twice', fileOf('{"a":{"dtype":"F32","dtype":"U8","shape":[4],"data_offsets":[0,4]}}', four), /says two things of "dtype"/],
  ])('%s', (_, file, message) => {
    expect(() => decodeSafetensors(file)).toThrow(message);
  });
});

test('keys that are there twice are found, and no others', () => {
  for (const json of ['{}', '[]', '{"a":{"a":1},"b":["a","a",{"a":2}]}', '{"a":"a","b":"\\"a\\":"}', '{"a\\"":1,"a":2}', '["a:","a:"]']) {
    expect(duplicateKey(json)).toBeNull();
  }
  expect(duplicateKey('{"a":1, "b":2, "a":3}')).toBe('a');
  expect(duplicateKey('[{"x":[{"a":1,"\\u0061":2}]}]')).toBe('a');
  expect(duplicateKey('{"__proto__":1,"__proto__":2}')).toBe('__proto__');
});

test('floats of other tools', () => {
  const stored = (dtype: string, bytes: readonly number[]): StoredArray => ({ dtype, shape: [bytes.length / 2], bytes: Uint8Array.from(bytes) });
  // 1, -2, the largest, the smallest above zero, infinity, NaN, -0 (Python's struct.pack('<e', x)).
  const halves = [0, 0x3c, 0, 0xc0, 0xff, 0x7b, 1, 0, 0, 0x7c, 0, 0x7e, 0, 0x80];
  expect([...toFloat32(stored('F16', halves))]).toEqual([1, -2, 65504, 2 ** -24, Infinity, NaN, -0]);
  // The upper halves of float32's 1, -2.5 and infinity.
  expect([...toFloat32(stored('BF16', [0x80, 0x3f, 0x20, 0xc0, 0x80, 0x7f]))]).toEqual([1, -2.5, Infinity]);
  expect([...toFloat32(storedFloats([2], Float64Array.of(0.1, -3)))]).toEqual([Math.fround(0.1), -3]);
  expect(() => toFloat32(stored('I32', [1, 0, 0, 0]))).toThrow(/type I32 are no parameters: F32, F64, F16 and BF16/);
});

test('checksums are CRC-32', () => {
  // The check value of the catalogue of parametrised CRC algorithms (Cook), CRC-32/ISO-HDLC.
  const bytes = new TextEncoder().encode('123456789');
  expect(crc32(bytes)).toBe(0xcbf43926);
  expect(crc32(bytes.subarray(0, 3), bytes.subarray(3))).toBe(0xcbf43926);
  expect(crc32()).toBe(0);
});
