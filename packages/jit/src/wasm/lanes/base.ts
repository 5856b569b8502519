/** @file What all lanes share: three-address form over instructions that are named after the type. */
import type { FunctionBuilder, Local, ValueType } from '../encode/functionBuilder.ts';
import type { PlainOp } from '../encode/opcodes.ts';
import type { Lanes, Mask, Precision } from './lanes.ts';

/** Instructions that every lane type has under the same name. */
const COMMON = [
  'add', 'sub', 'mul', 'div', 'min', 'max', 'neg', 'abs', 'sqrt', 'floor', 'ceil', 'trunc', 'nearest', 'eq', 'ne', 'lt', 'le',
] as const;
type Common = (typeof COMMON)[number];
type Prefix = 'f32' | 'f64' | 'f32x4' | 'f64x2';
type Instructions = Readonly<Record<Common, PlainOp>>;

/** Their names by type, put together once. */
const instructionsOf = (prefix: Prefix): Instructions =>
  Object.fromEntries(COMMON.map((name) => [name, `${prefix}.${name}`])) as Instructions;
const INSTRUCTIONS: Readonly<Record<Prefix, Instructions>> = {
  f32: instructionsOf('f32'),
  f64: instructionsOf('f64'),
  f32x4: instructionsOf('f32x4'),
  f64x2: instructionsOf('f64x2'),
};

/** Arithmetic whose instructions are called `prefix.add` and so on. */
export abstract class LanesBase implements Lanes {
  readonly f: FunctionBuilder;
  readonly precision: Precision;
  readonly size: 4 | 8;
  abstract readonly count: 1 | 2 | 4;
  abstract readonly type: ValueType;
  abstract readonly maskType: ValueType;
  protected readonly prefix: Prefix;
  readonly #instructions: Instructions;

  constructor(f: FunctionBuilder, prefix: Prefix) {
    this.f = f;
    this.prefix = prefix;
    this.#instructions = INSTRUCTIONS[prefix];
    this.precision = prefix.startsWith('f64') ? 'float64' : 'float32';
    this.size = this.precision === 'float64' ? 8 : 4;
  }

  add(a: Local, b: Local): Local {
    return this.#binary('add', a, b);
  }

  sub(a: Local, b: Local): Local {
    return this.#binary('sub', a, b);
  }

  mul(a: Local, b: Local): Local {
    return this.#binary('mul', a, b);
  }

  div(a: Local, b: Local): Local {
    return this.#binary('div', a, b);
  }

  min(a: Local, b: Local): Local {
    return this.#binary('min', a, b);
  }

  max(a: Local, b: Local): Local {
    return this.#binary('max', a, b);
  }

  neg(a: Local): Local {
    return this.#unary('neg', a);
  }

  abs(a: Local): Local {
    return this.#unary('abs', a);
  }

  sqrt(a: Local): Local {
    return this.#unary('sqrt', a);
  }

  floor(a: Local): Local {
    return this.#unary('floor', a);
  }

  ceil(a: Local): Local {
    return this.#unary('ceil', a);
  }

  trunc(a: Local): Local {
    return this.#unary('trunc', a);
  }

  nearest(a: Local): Local {
    return this.#unary('nearest', a);
  }

  mulAdd(a: Local, b: Local, c: Local): Local {
    return this.add(this.mul(a, b), c);
  }

  eq(a: Local, b: Local): Mask {
    return this.#compare('eq', a, b);
  }

  ne(a: Local, b: Local): Mask {
    return this.#compare('ne', a, b);
  }

  lt(a: Local, b: Local): Mask {
    return this.#compare('lt', a, b);
  }

  le(a: Local, b: Local): Mask {
    return this.#compare('le', a, b);
  }

  toMask(a: Local): Mask {
    return this.ne(a, this.constant(0));
  }

  abstract constant(x: number): Local;
  abstract and(a: Mask, b: Mask): Mask;
  abstract or(a: Mask, b: Mask): Mask;
  abstract not(a: Mask): Mask;
  abstract select(mask: Mask, a: Local, b: Local): Local;
  abstract fromMask(mask: Mask): Local;
  abstract load(address: Local, offset: number): Local;
  abstract loadSplat(address: Local, offset: number): Local;
  abstract store(address: Local, offset: number, value: Local): void;
  abstract extract(value: Local, lane: number): Local;
  abstract splat(scalar: Local): Local;
  abstract pack(scalars: readonly Local[]): Local;

  /** What `write` leaves on the stack, in a new local. */
  protected keep(write: () => void, type: ValueType = this.type): Local {
    write();
    const result = this.f.local(type);
    this.f.set(result);
    return result;
  }

  #unary(name: Common, a: Local): Local {
    return this.keep(() => this.f.get(a).op(this.#instructions[name]));
  }

  #binary(name: Common, a: Local, b: Local): Local {
    return this.keep(() => this.f.get(a).get(b).op(this.#instructions[name]));
  }

  #compare(name: Common, a: Local, b: Local): Mask {
    return this.keep(() => this.f.get(a).get(b).op(this.#instructions[name]), this.maskType);
  }
}
