/**
 * @file Standard normal draws by Box and Muller (1958): r cos θ and r sin θ with r = sqrt(-2 log u) and θ a random angle.
 *
 * θ = 2 pi b 2^-32 = q pi/2 + φ with |φ| <= pi/4: the two highest bits of b + 2^29 are q, the others give φ. An odd q
 * exchanges sine and cosine.
 */
import type { Local } from '../wasm/encode/functionBuilder.ts';
import { minusTwiceLog } from './minusTwiceLog.ts';
import type { NoiseLanes, Words } from './noiseLanes.ts';

/** (sin x - x) / x^3 and (cos x - 1) / x^2 in powers of x^2: 2^-28 and 2^-24 of the whole (test/fixtures/minimax.py). */
const SIN_REST = [-0.16666655242443085, 0.008332176133990288, -0.00019516977772582322];
const COS_REST = [-0.49999895691871643, 0.04165627434849739, -0.001359753543511033];

/** Up to 8.3 in size; each is precise to some units in its last place. */
export function normals(v: NoiseLanes, { a, b }: Words): readonly [Local, Local] {
  const r = v.sqrt(minusTwiceLog(v, a, b));
  const phi = v.mul(v.fromSigned(v.shiftLeft(b, 2)), v.constant((Math.PI / 4) * 2 ** -31));
  const z = v.mul(phi, phi);
  const sin = v.add(v.mul(v.mul(z, v.horner(z, SIN_REST)), phi), phi);
  const cos = v.add(v.mul(z, v.horner(z, COS_REST)), v.constant(1));
  // q in the two highest bits: odd ones exchange, 1 and 2 turn the sign of the first, 2 and 3 that of the second.
  const q = v.bitAdd(b, v.word(0x20000000));
  const odd = v.spreadHighest(v.shiftLeft(q, 1));
  const difference = v.bitAnd(v.bitXor(cos, sin), odd);
  const signed = v.bitXor(r, v.bitAnd(q, v.signBit()));
  const first = v.mul(v.bitXor(signed, v.bitAnd(odd, v.signBit())), v.bitXor(cos, difference));
  return [first, v.mul(signed, v.bitXor(sin, difference))];
}
