/**
 * @file -2 log u of a random word, precise in relative terms both where u is near 0, in the tail, and where it is near 1.
 *
 * u = (w + f) 2^-32 with a fraction f of 16 random bits more, at least 2^-49. As a signed number w - 2^32 in place of w, the
 * upper half of the words gives u - 1 itself, without rounding u first. The lower half, u <= 1/2, is 2^-k m with 1/2 < m <= 1,
 * and -log u = k log 2 - log m: nothing cancels. Either way there remains -log (1 - d), 0 <= d <= 1/2, and with
 * s = d / (2 - d) that is 2 artanh s.
 */
import type { Local } from '../wasm/encode/functionBuilder.ts';
import type { NoiseLanes } from './noiseLanes.ts';

/** (4 artanh(s) / s - 4) / s^2 in powers of s^2 <= 1/9: 2^-27 of the whole (test/fixtures/minimax.py). */
const REST = [1.3333282470703125, 0.8004347085952759, 0.5599700808525085, 0.5605572462081909];

/** 2^-32, and the float whose last place is 2^-48: 16 bits at the end of it are multiples of 2^-48. */
const UNIT = 2 ** -32;
const FRACTIONS = 2 ** -25;

/** -2 log u of u = (word + f) 2^-32, where f = ((fine mod 2^16) + 1/2) 2^-16. */
export function minusTwiceLog(v: NoiseLanes, word: Local, fine: Local): Local {
  const fraction = v.sub(v.bitOr(v.bitAnd(fine, v.word(0xffff)), v.constant(FRACTIONS)), v.constant(FRACTIONS - 2 ** -49));
  const signed = v.add(v.mul(v.fromSigned(word), v.constant(UNIT)), fraction);
  // Negative floats are, as words without sign, greater than the bits of 1.
  const one = v.constant(1);
  const steps = v.bitSub(one, v.minUnsigned(signed, one));
  const k = v.fromSigned(v.shiftRight(steps, v.fractionBits));
  const m = v.bitSub(one, v.bitAnd(steps, v.word(0x7fffff)));
  const d = v.sub(v.sub(one, m), v.atMost(signed, 0));
  const s = v.div(d, v.sub(v.constant(2), d));
  const z = v.mul(s, s);
  const rest = v.mul(z, v.horner(z, REST));
  return v.add(v.mul(k, v.constant(2 * Math.LN2)), v.mul(s, v.add(rest, v.constant(4))));
}
