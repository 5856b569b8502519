/** @file One number at a time. */
import type { FunctionBuilder, Local } from '../encode/functionBuilder.ts';
import { LanesBase } from './base.ts';
import type { Mask, Precision } from './lanes.ts';

/** `f64` or `f32`. */
export class ScalarLanes extends LanesBase {
  readonly count = 1;
  readonly type: 'f32' | 'f64';
  readonly maskType = 'i32';

  constructor(f: FunctionBuilder, precision: Precision) {
    const type = precision === 'float64' ? 'f64' : 'f32';
    super(f, type);
    this.type = type;
  }

  constant(x: number): Local {
    return this.keep(() => this.f[this.type](x));
  }

  and(a: Mask, b: Mask): Mask {
    return this.keep(() => this.f.get(a).get(b).op('i32.and'), 'i32');
  }

  or(a: Mask, b: Mask): Mask {
    return this.keep(() => this.f.get(a).get(b).op('i32.or'), 'i32');
  }

  not(a: Mask): Mask {
    return this.keep(() => this.f.get(a).op('i32.eqz'), 'i32');
  }

  select(mask: Mask, a: Local, b: Local): Local {
    return this.keep(() => this.f.get(a).get(b).get(mask).op('select'));
  }

  fromMask(mask: Mask): Local {
    return this.keep(() => this.f.get(mask).op(`${this.type}.convert_i32_u`));
  }

  load(address: Local, offset: number): Local {
    return this.keep(() => this.f.get(address).memory(`${this.type}.load`, offset));
  }

  loadSplat(address: Local, offset: number): Local {
    return this.load(address, offset);
  }

  store(address: Local, offset: number, value: Local): void {
    this.f.get(address).get(value).memory(`${this.type}.store`, offset);
  }

  extract(value: Local): Local {
    return value;
  }

  splat(scalar: Local): Local {
    return scalar;
  }

  pack([scalar]: readonly Local[]): Local {
    if (scalar === undefined) throw new Error('one scalar a lane is needed');
    return scalar;
  }
}
