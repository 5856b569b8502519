/**
 * @file The source of the vector kernels of NUTS: WebAssembly in SIMD, whose bytes `src/infer/mcmc/kernels/bytes.ts` holds.
 * `kernels.test.ts` checks that they are these, and shows the new ones when this file has changed.
 *
 * Addresses and sizes are in bytes. Vectors have an even number of float64, the last one zero if need be; a point is four
 * of them in a row: position, gradient, momentum, velocity. At address 0 stands the step size ε, and at 8 the kinetic energy
 * that `kick` found: integers are all that passes between the host and a function, since some engines box other numbers.
 */
import type { FunctionBuilder, Local } from '../../../../../jit/src/wasm/encode/functionBuilder.ts';
import { ModuleBuilder } from '../../../../../jit/src/wasm/encode/moduleBuilder.ts';

const STEP_SIZE = 0;
const KINETIC_ENERGY = 8;

/** Runs `body` with `offset` from 0 in steps of a SIMD vector, up to `size`, which is positive. */
function overVector(f: FunctionBuilder, size: Local, body: (offset: Local) => void): void {
  const offset = f.local('i32');
  f.i32(0).set(offset).loop((again) => {
    body(offset);
    f.get(offset).i32(16).op('i32.add').tee(offset).get(size).op('i32.lt_u').brIf(again);
  });
}

/** The address of a vector of a point: 1 gradient, 2 momentum, 3 velocity. */
function part(f: FunctionBuilder, point: Local, size: Local, index: number): Local {
  const address = f.local('i32');
  f.get(point).get(size).i32(index).op('i32.mul').op('i32.add').set(address);
  return address;
}

const load = (f: FunctionBuilder, base: Local, offset: Local) => f.get(base).get(offset).op('i32.add').memory('v128.load');
const addressOf = (f: FunctionBuilder, base: Local, offset: Local) => f.get(base).get(offset).op('i32.add');

/** The two lanes of a sum, added. */
const total = (f: FunctionBuilder, sum: Local) =>
  f.get(sum).lane('f64x2.extract_lane', 0).get(sum).lane('f64x2.extract_lane', 1).op('f64.add');

/** sum += a · b, for what `a` and `b` put on the stack. */
function accumulate(f: FunctionBuilder, sum: Local, a: Local, b: Local): void {
  f.get(sum).get(a).get(b).op('f64x2.mul').op('f64x2.add').set(sum);
}

/** Puts ε, or its half, into both lanes of a new local. */
function stepSize(f: FunctionBuilder, factor: number): Local {
  const step = f.local('v128');
  f.i32(STEP_SIZE).memory('f64.load').f64(factor).op('f64.mul').op('f64x2.splat').set(step);
  return step;
}

/** (inverse mass, from, to, size): p' = p + ε/2 g, q' = q + ε M⁻¹p'. */
function kickAndDrift(f: FunctionBuilder): void {
  const [inverse, from, to, size] = [f.param(0), f.param(1), f.param(2), f.param(3)];
  const [gradient, momentum, toMomentum] = [part(f, from, size, 1), part(f, from, size, 2), part(f, to, size, 2)];
  const step = stepSize(f, 1);
  const half = stepSize(f, 0.5);
  const p = f.local('v128');
  overVector(f, size, (offset) => {
    addressOf(f, toMomentum, offset);
    load(f, momentum, offset);
    load(f, gradient, offset).get(half).op('f64x2.mul').op('f64x2.add').tee(p).memory('v128.store');
    addressOf(f, to, offset);
    load(f, from, offset);
    load(f, inverse, offset).get(p).op('f64x2.mul').get(step).op('f64x2.mul').op('f64x2.add').memory('v128.store');
  });
}

/** (inverse mass, point, size): p ← p + ε/2 g, v ← M⁻¹p, and ½ pᵀM⁻¹p. */
function kick(f: FunctionBuilder): void {
  const [inverse, point, size] = [f.param(0), f.param(1), f.param(2)];
  const [gradient, momentum, velocity] = [part(f, point, size, 1), part(f, point, size, 2), part(f, point, size, 3)];
  const half = stepSize(f, 0.5);
  const p = f.local('v128');
  const v = f.local('v128');
  const sum = f.local('v128');
  overVector(f, size, (offset) => {
    addressOf(f, momentum, offset);
    load(f, momentum, offset);
    load(f, gradient, offset).get(half).op('f64x2.mul').op('f64x2.add').tee(p).memory('v128.store');
    addressOf(f, velocity, offset);
    load(f, inverse, offset).get(p).op('f64x2.mul').tee(v).memory('v128.store');
    accumulate(f, sum, p, v);
  });
  f.i32(KINETIC_ENERGY);
  total(f, sum).f64(0.5).op('f64.mul').memory('f64.store');
}

/** Runs `body` for each of the `count` rows of a matrix, with the row's address and an offset of 8 bytes a row. */
function overRows(f: FunctionBuilder, matrix: Local, count: Local, size: Local, body: (row: Local, place: Local) => void): void {
  const row = f.local('i32');
  const place = f.local('i32');
  const end = f.local('i32');
  f.get(matrix).set(row).i32(0).set(place).get(count).i32(8).op('i32.mul').set(end).loop((again) => {
    body(row, place);
    f.get(row).get(size).op('i32.add').set(row);
    f.get(place).i32(8).op('i32.add').tee(place).get(end).op('i32.lt_u').brIf(again);
  });
}

/** Leaves row · x on the stack. */
function product(f: FunctionBuilder, row: Local, x: Local, size: Local, sum: Local, a: Local, b: Local): void {
  f.get(sum).get(sum).op('v128.xor').set(sum);
  overVector(f, size, (offset) => {
    load(f, row, offset).set(a);
    load(f, x, offset).set(b);
    accumulate(f, sum, a, b);
  });
  total(f, sum);
}

/** As `kickAndDrift` and `kick`, with the whole of M⁻¹, `count` rows: (M⁻¹, from, to, size, count). */
function denseKickAndDrift(f: FunctionBuilder): void {
  const [matrix, from, to, size, count] = [f.param(0), f.param(1), f.param(2), f.param(3), f.param(4)];
  const [gradient, momentum, toMomentum] = [part(f, from, size, 1), part(f, from, size, 2), part(f, to, size, 2)];
  const half = stepSize(f, 0.5);
  const [sum, a, b] = [f.local('v128'), f.local('v128'), f.local('v128')];
  overVector(f, size, (offset) => {
    addressOf(f, toMomentum, offset);
    load(f, momentum, offset);
    load(f, gradient, offset).get(half).op('f64x2.mul').op('f64x2.add').memory('v128.store');
  });
  overRows(f, matrix, count, size, (row, place) => {
    addressOf(f, to, place);
    addressOf(f, from, place).memory('f64.load');
    product(f, row, toMomentum, size, sum, a, b);
    f.i32(STEP_SIZE).memory('f64.load').op('f64.mul').op('f64.add').memory('f64.store');
  });
}

/** (M⁻¹, point, size, count) */
function denseKick(f: FunctionBuilder): void {
  const [matrix, point, size, count] = [f.param(0), f.param(1), f.param(2), f.param(3)];
  const [gradient, momentum, velocity] = [part(f, point, size, 1), part(f, point, size, 2), part(f, point, size, 3)];
  const half = stepSize(f, 0.5);
  const [sum, a, b] = [f.local('v128'), f.local('v128'), f.local('v128')];
  const energy = f.local('f64');
  const v = f.local('f64');
  overVector(f, size, (offset) => {
    addressOf(f, momentum, offset);
    load(f, momentum, offset);
    load(f, gradient, offset).get(half).op('f64x2.mul').op('f64x2.add').memory('v128.store');
  });
  overRows(f, matrix, count, size, (row, place) => {
    product(f, row, momentum, size, sum, a, b);
    f.set(v);
    addressOf(f, velocity, place).get(v).memory('f64.store');
    f.get(energy).get(v);
    addressOf(f, momentum, place).memory('f64.load').op('f64.mul').op('f64.add').set(energy);
  });
  f.i32(KINETIC_ENERGY).get(energy).f64(0.5).op('f64.mul').memory('f64.store');
}

/**
 * (A's end far from B, its end near B, ρ_A, B's end near A, its end far from A, ρ_B, where ρ goes, size) → whether the
 * joined piece turns: see `turnsAcross`, the same in TypeScript.
 */
function turns(f: FunctionBuilder): void {
  const [farA, nearA, sumA, nearB, farB, sumB, out, size] =
    [0, 1, 2, 3, 4, 5, 6, 7].map((i) => f.param(i)) as [Local, Local, Local, Local, Local, Local, Local, Local];
  const [velocityFarA, velocityNearA] = [part(f, farA, size, 3), part(f, nearA, size, 3)];
  const [velocityNearB, velocityFarB] = [part(f, nearB, size, 3), part(f, farB, size, 3)];
  const [momentumNearA, momentumNearB] = [part(f, nearA, size, 2), part(f, nearB, size, 2)];
  const sums = Array.from({ length: 6 }, () => f.local('v128'));
  const [wholeAtA, wholeAtB, longerAtA, longerAtNearB, longerAtNearA, longerAtB] =
    sums as [Local, Local, Local, Local, Local, Local];
  const [a, b, atFarA, atFarB, along, velocity] =
    Array.from({ length: 6 }, () => f.local('v128')) as [Local, Local, Local, Local, Local, Local];
  overVector(f, size, (offset) => {
    load(f, sumA, offset).set(a);
    load(f, sumB, offset).set(b);
    load(f, velocityFarA, offset).set(atFarA);
    load(f, velocityFarB, offset).set(atFarB);
    addressOf(f, out, offset).get(a).get(b).op('f64x2.add').tee(along).memory('v128.store');
    accumulate(f, wholeAtA, atFarA, along);
    accumulate(f, wholeAtB, atFarB, along);
    load(f, momentumNearB, offset).get(a).op('f64x2.add').set(along);
    load(f, velocityNearB, offset).set(velocity);
    accumulate(f, longerAtA, atFarA, along);
    accumulate(f, longerAtNearB, velocity, along);
    load(f, momentumNearA, offset).get(b).op('f64x2.add').set(along);
    load(f, velocityNearA, offset).set(velocity);
    accumulate(f, longerAtNearA, velocity, along);
    accumulate(f, longerAtB, atFarB, along);
  });
  straight(f, sums);
}

/** (A, B, where ρ goes, size): the same for pieces of a single point each. */
function pairTurns(f: FunctionBuilder): void {
  const [pointA, pointB, out, size] = [f.param(0), f.param(1), f.param(2), f.param(3)];
  const [momentumA, momentumB] = [part(f, pointA, size, 2), part(f, pointB, size, 2)];
  const [velocityA, velocityB] = [part(f, pointA, size, 3), part(f, pointB, size, 3)];
  const sums = [f.local('v128'), f.local('v128')] as const;
  const along = f.local('v128');
  const velocity = f.local('v128');
  overVector(f, size, (offset) => {
    addressOf(f, out, offset);
    load(f, momentumA, offset);
    load(f, momentumB, offset).op('f64x2.add').tee(along).memory('v128.store');
    load(f, velocityA, offset).set(velocity);
    accumulate(f, sums[0], velocity, along);
    load(f, velocityB, offset).set(velocity);
    accumulate(f, sums[1], velocity, along);
  });
  straight(f, sums);
}

/** Whether not all sums are positive; NaN is not. */
function straight(f: FunctionBuilder, sums: readonly Local[]): void {
  for (const [i, sum] of sums.entries()) {
    total(f, sum).f64(0).op('f64.gt');
    if (i > 0) f.op('i32.and');
  }
  f.op('i32.eqz');
}

/** The module: it imports `host.memory`. */
export function buildKernels(): Uint8Array {
  const module = new ModuleBuilder();
  module.requireMemory(1);
  module.export('kickAndDrift', module.function(['i32', 'i32', 'i32', 'i32'], [], kickAndDrift));
  module.export('kick', module.function(['i32', 'i32', 'i32'], [], kick));
  module.export('denseKickAndDrift', module.function(['i32', 'i32', 'i32', 'i32', 'i32'], [], denseKickAndDrift));
  module.export('denseKick', module.function(['i32', 'i32', 'i32', 'i32'], [], denseKick));
  module.export('turns', module.function(['i32', 'i32', 'i32', 'i32', 'i32', 'i32', 'i32', 'i32'], ['i32'], turns));
  module.export('pairTurns', module.function(['i32', 'i32', 'i32', 'i32'], ['i32'], pairTurns));
  return module.toBytes();
}
