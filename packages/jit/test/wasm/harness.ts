/** @file Modules that apply one function of numbers over an array. */
import { BINARY, specialFunction, UNARY } from '../../src/graph/functions.ts';
import { ModuleBuilder } from '../../src/wasm/encode/moduleBuilder.ts';
import type { Lanes, Precision } from '../../src/wasm/lanes/lanes.ts';
import { ScalarLanes } from '../../src/wasm/lanes/scalar.ts';
import { VectorLanes } from '../../src/wasm/lanes/vector.ts';
import { HostFunctions, MathFunctions } from '../../src/wasm/math/functions.ts';

/** A way to compute: how many numbers at once, called or inlined, fused multiply-adds or not. */
export interface Form {
  readonly precision: Precision;
  readonly lanes: 'scalar' | 'vector';
  readonly inline: boolean;
  readonly relaxedSimd?: boolean;
  /** Whether constants stand in memory rather than in the code. */
  readonly pool?: boolean;
}

/** Every form of a precision without relaxed SIMD. */
export function formsOf(precision: Precision): Form[] {
  const forms = (['vector', 'scalar'] as const).flatMap((lanes) => [true, false].map((inline) => ({ precision, lanes, inline })));
  return [...forms, { precision, lanes: 'vector', inline: false, pool: true }];
}

/** A form in words. */
export function nameOf({ precision, lanes, inline, relaxedSimd = false, pool = false }: Form): string {
  return `${precision} ${lanes}, ${inline ? 'inlined' : 'called'}${relaxedSimd ? ', fused' : ''}${pool ? ', constants in memory' : ''}`;
}

/** What a host may be asked for, besides the functions that graphs know. */
export type HostTable = Readonly<Record<string, (...args: number[]) => number>>;

/** The values of the function at each row of the columns, and the names of the functions that the module may ask the host for. */
export function applyFunction(
  name: string,
  columns: readonly ArrayLike<number>[],
  form: Form,
  host: HostTable = {},
): { readonly values: number[]; readonly hostNames: readonly string[] } {
  const rows = columns[0]?.length ?? 0;
  const padded = 4 * Math.ceil(rows / 4);
  const { bytes, hostNames } = moduleFor(name, columns.length, padded, form);
  const size = form.precision === 'float64' ? 8 : 4;
  const memory = new WebAssembly.Memory({ initial: pages(padded, columns.length, size) });
  const arrays = [...columns, []].map((_, i) => {
    const offset = i * padded * size;
    return size === 8 ? new Float64Array(memory.buffer, offset, padded) : new Float32Array(memory.buffer, offset, padded);
  });
  // The padding repeats the first row, so that it takes no path of its own.
  columns.forEach((column, i) => arrays[i]!.fill(column[0] ?? 0).set(Array.from(column)));
  const functions = hostNames.map((hostName) => host[hostName] ?? known(hostName));
  const call = (id: number, ...args: number[]): number => functions[id]!(...args);
  const instance = new WebAssembly.Instance(new WebAssembly.Module(bytes), { host: { memory, call } });
  (instance.exports['run'] as () => void)();
  return { values: Array.from(arrays[columns.length]!.subarray(0, rows)), hostNames };
}

function known(name: string): (...args: number[]) => number {
  const table: HostTable = { ...UNARY, ...BINARY } as HostTable;
  return table[name] ?? ((a = 0, b = 0, c = 0, d = 0) => specialFunction(name)(a, b, c, d));
}

function pages(rows: number, arity: number, size: number): number {
  return Math.ceil((size * rows * (arity + 1)) / 65536) + 1;
}

function moduleFor(
  name: string,
  arity: number,
  rows: number,
  form: Form,
): { readonly bytes: Uint8Array<ArrayBuffer>; readonly hostNames: readonly string[] } {
  const { precision, relaxedSimd = false } = form;
  const module = new ModuleBuilder();
  const host = new HostFunctions(module);
  // Constants go to the last page, which nothing else uses.
  const size = precision === 'float64' ? 8 : 4;
  let end = (pages(rows, arity, size) - 1) * 65536;
  const reserve = (bytes: number): number => (end += bytes) - bytes;
  const functions = new MathFunctions(module, host, { relaxedSimd, ...(form.pool === true ? { reserve } : {}) });
  const index = module.function([], [], (f) => {
    const lanes: Lanes = form.lanes === 'vector' ? new VectorLanes(f, precision, relaxedSimd) : new ScalarLanes(f, precision);
    const address = f.local('i32');
    const column = rows * lanes.size;
    f.forRange(address, 0, column, lanes.count * lanes.size, () => {
      const args = Array.from({ length: arity }, (_, i) => lanes.load(address, i * column));
      lanes.store(address, arity * column, functions.emit(lanes, name, args, form.inline));
    });
  });
  module.export('run', index);
  module.requireMemory(pages(rows, arity, size) * 65536);
  return { bytes: module.toBytes() as Uint8Array<ArrayBuffer>, hostNames: host.names };
}
