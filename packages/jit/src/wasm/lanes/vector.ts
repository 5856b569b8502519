/** @file Two float64 or four float32 at a time. */
import type { FunctionBuilder, Local } from '../encode/functionBuilder.ts';
import { LanesBase } from './base.ts';
import type { Mask, Precision } from './lanes.ts';

/** `f64x2` or `f32x4`. */
export class VectorLanes extends LanesBase {
  readonly count: 2 | 4;
  readonly type = 'v128';
  readonly maskType = 'v128';
  readonly #shape: 'f32x4' | 'f64x2';
  readonly #relaxed: boolean;

  /** @param relaxed - whether `mulAdd` may be rounded once, by an instruction of relaxed SIMD. */
  constructor(f: FunctionBuilder, precision: Precision, relaxed: boolean = false) {
    const shape = precision === 'float64' ? 'f64x2' : 'f32x4';
    super(f, shape);
    this.#shape = shape;
    this.#relaxed = relaxed;
    this.count = precision === 'float64' ? 2 : 4;
  }

  constant(x: number): Local {
    return this.keep(() => this.f[this.#shape](x));
  }

  override mulAdd(a: Local, b: Local, c: Local): Local {
    if (!this.#relaxed) return super.mulAdd(a, b, c);
    return this.keep(() => this.f.get(a).get(b).get(c).op(`${this.#shape}.relaxed_madd`));
  }

  and(a: Mask, b: Mask): Mask {
    return this.keep(() => this.f.get(a).get(b).op('v128.and'));
  }

  or(a: Mask, b: Mask): Mask {
    return this.keep(() => this.f.get(a).get(b).op('v128.or'));
  }

  not(a: Mask): Mask {
    return this.keep(() => this.f.get(a).op('v128.not'));
  }

  select(mask: Mask, a: Local, b: Local): Local {
    return this.keep(() => this.f.get(a).get(b).get(mask).op('v128.bitselect'));
  }

  fromMask(mask: Mask): Local {
    const one = this.constant(1);
    return this.keep(() => this.f.get(mask).get(one).op('v128.and'));
  }

  load(address: Local, offset: number): Local {
    return this.keep(() => this.f.get(address).memory('v128.load', offset));
  }

  loadSplat(address: Local, offset: number): Local {
    const name = this.size === 8 ? 'v128.load64_splat' : 'v128.load32_splat';
    return this.keep(() => this.f.get(address).memory(name, offset));
  }

  store(address: Local, offset: number, value: Local): void {
    this.f.get(address).get(value).memory('v128.store', offset);
  }

  extract(value: Local, lane: number): Local {
    const type = this.size === 8 ? 'f64' : 'f32';
    return this.keep(() => this.f.get(value).lane(`${this.#shape}.extract_lane`, lane), type);
  }

  splat(scalar: Local): Local {
    return this.keep(() => this.f.get(scalar).op(`${this.#shape}.splat`));
  }

  pack(scalars: readonly Local[]): Local {
    return this.keep(() => {
      scalars.forEach((scalar, lane) => {
        if (lane === 0) this.f.get(scalar).op(`${this.#shape}.splat`);
        else this.f.get(scalar).lane(`${this.#shape}.replace_lane`, lane);
      });
    });
  }
}
