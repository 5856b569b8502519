/** @file Four 32-bit words at once, and the floats made of them. */
import type { FunctionBuilder, Local } from '../wasm/encode/functionBuilder.ts';
import { MathLanes } from '../wasm/math/mathLanes.ts';
import type { Surroundings } from '../wasm/math/mathLanes.ts';

/** Two random words a lane. */
export interface Words {
  readonly a: Local;
  readonly b: Local;
}

/** Noise calls nothing, and is never fused, so that its bits are the same on every machine. */
const ALONE: Surroundings = {
  relaxedSimd: false,
  host: (name) => refuse(name),
  call: (name) => refuse(name),
  place: () => undefined,
};

/** `f32x4` whose bits are also `i32x4`. */
export class NoiseLanes extends MathLanes {
  constructor(f: FunctionBuilder) {
    super(f, 'float32', ALONE);
  }

  /** A word in every lane. */
  word(pattern: number): Local {
    return this.bits(BigInt(pattern));
  }

  rotateLeft(a: Local, bits: number): Local {
    return this.bitOr(this.shiftLeft(a, bits), this.shiftRight(a, 32 - bits));
  }

  /** All ones where the highest bit is set, else zeros. */
  spreadHighest(a: Local): Local {
    return this.keep(() => this.f.get(a).i32(31).op('i32x4.shr_s'));
  }

  /** The lesser of words without sign. */
  minUnsigned(a: Local, b: Local): Local {
    return this.keep(() => this.f.get(a).get(b).op('i32x4.min_u'));
  }

  /** Words with sign as floats, rounded to nearest. */
  fromSigned(a: Local): Local {
    return this.keep(() => this.f.get(a).op('f32x4.convert_i32x4_s'));
  }

  /** c[0] + c[1] x + c[2] x^2 + ... in the fewest instructions: there are other draws to work on while one waits. */
  horner(x: Local, coefficients: readonly number[]): Local {
    return coefficients.map((c) => this.constant(c)).reduceRight((sum, c) => this.add(this.mul(sum, x), c));
  }
}

function refuse(name: string): never {
  throw new Error(`noise has no function "${name}"`);
}
