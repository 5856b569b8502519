/** @file Checksums that notice every damaged byte. */

const TABLE: Uint32Array = Uint32Array.from({ length: 256 }, (_, byte) => {
  let remainder = byte;
  for (let bit = 0; bit < 8; bit++) remainder = (remainder >>> 1) ^ (remainder & 1 ? 0xedb88320 : 0);
  return remainder >>> 0;
});

/**
 * The CRC-32 (the one of ISO-HDLC, as in zip and PNG) of `parts`, one after another: an unsigned integer, which any burst
 * of at most 32 wrong bits changes.
 */
export function crc32(...parts: readonly Uint8Array[]): number {
  let remainder = 0xffffffff;
  for (const bytes of parts) {
    for (let i = 0; i < bytes.length; i++) {
      remainder = (remainder >>> 8) ^ (TABLE[(remainder ^ (bytes[i] as number)) & 0xff] as number);
    }
  }
  return ~remainder >>> 0;
}
