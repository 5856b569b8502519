/** @file Safetensors files that carry a checksum, so that damage is noticed. */
import { crc32 } from './crc32.ts';
import type { SafetensorsFile } from './safetensors.ts';
import { decodeSafetensors, encodeSafetensors } from './safetensors.ts';

const KEY = 'crc32';
/** What stands in place of the checksum while it is computed. */
const BLANK = '00000000';
/** Where the checksum begins and ends: after the length of the header, and the header's opening. */
const BEGIN: number = 8 + `{"__metadata__":{"${KEY}":"`.length;
const END: number = BEGIN + BLANK.length;

/** The bytes of `file`, with the CRC-32 of them all (the checksum itself being 0) as the first of its metadata. */
export function encodeSealed({ metadata, arrays }: SafetensorsFile): Uint8Array<ArrayBuffer> {
  const bytes = encodeSafetensors({ metadata: new Map([[KEY, BLANK], ...metadata]), arrays });
  bytes.set(new TextEncoder().encode(checksum(bytes)), BEGIN);
  return bytes;
}

/**
 * Reads a safetensors file, and looks at its checksum if it has one.
 *
 * @returns what it holds, and whether there was a checksum.
 * @throws Error that says what is wrong with the file.
 */
export function decodeSealed(bytes: Uint8Array): SafetensorsFile & { readonly isSealed: boolean } {
  const file = decodeSafetensors(bytes);
  const noted = file.metadata.get(KEY);
  if (noted === undefined) return { ...file, isSealed: false };
  if (noted !== checksum(bytes)) {
    throw new Error('it is damaged, or was written anew by another tool: its contents do not fit its checksum');
  }
  return { ...file, isSealed: true };
}

function checksum(bytes: Uint8Array): string {
  const value = crc32(bytes.subarray(0, BEGIN), new TextEncoder().encode(BLANK), bytes.subarray(END));
  return value.toString(16).padStart(BLANK.length, '0');
}
