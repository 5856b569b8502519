/** @file The functions that programs call: written in WebAssembly where they are, else asked of the host. */
import type { FunctionBuilder, Local } from '../encode/functionBuilder.ts';
import type { ModuleBuilder } from '../encode/moduleBuilder.ts';
import type { Lanes, Precision } from '../lanes/lanes.ts';
import { ScalarLanes } from '../lanes/scalar.ts';
import { VectorLanes } from '../lanes/vector.ts';
import { MathLanes } from './mathLanes.ts';
import { vectorCode } from './registry.ts';

/** The host's functions that a module calls, by name; a module calls them by their place here. */
export class HostFunctions {
  readonly names: string[] = [];
  readonly #import: number;

  /** Must be made before the module has functions of its own. */
  constructor(module: ModuleBuilder) {
    this.#import = module.importFunction('host', 'call', ['i32', 'f64', 'f64', 'f64', 'f64'], ['f64']);
  }

  /** A call of `name` with up to four float64. */
  call(lanes: ScalarLanes, name: string, args: readonly Local[]): Local {
    const { f } = lanes;
    let id = this.names.indexOf(name);
    if (id < 0) id = this.names.push(name) - 1;
    f.i32(id);
    for (let i = 0; i < 4; i++) {
      const arg = args[i];
      if (arg === undefined) f.f64(0);
      else if (lanes.precision === 'float64') f.get(arg);
      else f.get(arg).op('f64.promote_f32');
    }
    f.call(this.#import);
    if (lanes.precision === 'float32') f.op('f32.demote_f64');
    const result = f.local(lanes.type);
    f.set(result);
    return result;
  }
}

/** How functions are written. */
export interface MathOptions {
  readonly relaxedSimd: boolean;
  /** Gives out memory for constants: the address of so many bytes. Without it constants stand in the code, which is slower. */
  readonly reserve?: (bytes: number) => number;
}

/** Emits calls of functions of numbers. */
export class MathFunctions {
  readonly #module: ModuleBuilder;
  readonly #host: HostFunctions;
  readonly #options: MathOptions;
  readonly #defined = new Map<string, number>();
  readonly #places = new Map<Uint8Array, number>();

  constructor(module: ModuleBuilder, host: HostFunctions, options: MathOptions) {
    this.#module = module;
    this.#host = host;
    this.#options = options;
  }

  /**
   * The value of a function of one to four values, lane by lane.
   *
   * @param name - a `UnaryFunction` or `BinaryFunction` of graphs, or a registered special function.
   * @param inline - whether to write the function's code here, if it is short, rather than call it: for hot loops.
   */
  emit(lanes: Lanes, name: string, args: readonly Local[], inline: boolean): Local {
    const { f, precision } = lanes;
    const found = vectorCode(name);
    if (found === undefined) return this.#askHost(lanes, name, args);
    const isWritten = inline && !found.isLong;
    const result = f.local(lanes.type);
    f.scoped(() => {
      const vectors = new VectorLanes(f, precision);
      const own = args.map((arg) => (lanes.count === 1 ? vectors.splat(arg) : arg));
      const y = isWritten ? this.#write(f, precision, name, own) : this.#call(f, precision, name, own);
      f.get(lanes.count === 1 ? vectors.extract(y, 0) : y).set(result);
    });
    return result;
  }

  #askHost(lanes: Lanes, name: string, args: readonly Local[]): Local {
    const scalar = new ScalarLanes(lanes.f, lanes.precision);
    const results: Local[] = [];
    for (let lane = 0; lane < lanes.count; lane++) {
      const own = args.map((arg) => lanes.extract(arg, lane));
      results.push(this.#host.call(scalar, name, own));
    }
    return lanes.pack(results);
  }

  /** The function's own code. */
  #write(f: FunctionBuilder, precision: Precision, name: string, args: readonly Local[]): Local {
    const found = vectorCode(name);
    if (found === undefined) throw new Error(`there is no vector code for "${name}"`);
    if (precision === 'float32' && found.isDouble) {
      return this.#lanes(f, 'float32').inDouble(args, (halves) => this.#call(f, 'float64', name, halves));
    }
    return found.write(this.#lanes(f, precision), args);
  }

  #lanes(f: FunctionBuilder, precision: Precision): MathLanes {
    return new MathLanes(f, precision, {
      relaxedSimd: this.#options.relaxedSimd,
      host: (name, args) => this.#askHost(new VectorLanes(f, precision), name, args),
      call: (name, args) => this.#call(f, precision, name, args),
      place: (bytes) => this.#place(bytes),
    });
  }

  /** The address of sixteen constant bytes. */
  #place(bytes: Uint8Array): number | undefined {
    const { reserve } = this.#options;
    if (reserve === undefined) return undefined;
    let address = this.#places.get(bytes);
    if (address === undefined) {
      address = reserve(bytes.length);
      this.#places.set(bytes, address);
      this.#module.data(address, bytes);
    }
    return address;
  }

  /** A call of the function, which is defined when it is first called. */
  #call(f: FunctionBuilder, precision: Precision, name: string, args: readonly Local[]): Local {
    const key = `${precision} ${name}`;
    let index = this.#defined.get(key);
    if (index === undefined) {
      const params = args.map(() => 'v128' as const);
      index = this.#module.declare(params, ['v128']);
      // Known before it is written, as a function may call itself.
      this.#defined.set(key, index);
      this.#module.define(index, (body) => {
        const own = args.map((_, i) => body.param(i));
        body.get(this.#write(body, precision, name, own));
      });
    }
    for (const arg of args) f.get(arg);
    f.call(index);
    const result = f.local('v128');
    f.set(result);
    return result;
  }
}
