/** @file Whether the engine has the fused multiply-add of relaxed SIMD. */
import { ModuleBuilder } from './encode/moduleBuilder.ts';

let known: boolean | undefined;

/**
 * Whether this engine accepts `f64x2.relaxed_madd`. A program compiled with `relaxedSimd` runs only where it does; its
 * results may differ in their last bits from one machine to another, as the machine may or may not round once.
 */
export function supportsRelaxedSimd(): boolean {
  known ??= WebAssembly.validate(probe());
  return known;
}

function probe(): BufferSource {
  const module = new ModuleBuilder();
  module.function(['v128'], ['v128'], (f) => {
    const x = f.param(0);
    f.get(x).get(x).get(x).op('f64x2.relaxed_madd');
  });
  return module.toBytes() as Uint8Array<ArrayBuffer>;
}
