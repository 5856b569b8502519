/** @file The functions that programs call: written in WebAssembly where they are, else asked of the host. */
import type { Local } from '../encode/functionBuilder.ts';
import type { ModuleBuilder } from '../encode/moduleBuilder.ts';
import type { Lanes } from '../lanes/lanes.ts';
import { ScalarLanes } from '../lanes/scalar.ts';

/** The host's functions that a module calls, by name; a module calls them by their place here. */
export class HostFunctions {
  readonly names: string[] = [];
  readonly #import: number;

  /** Must be made before the module has functions of its own. */
  constructor(module: ModuleBuilder) {
    this.#import = module.importFunction('host', 'call', ['i32', 'f64', 'f64', 'f64'], ['f64']);
  }

  /** A call of `name` with up to three float64. */
  call(lanes: ScalarLanes, name: string, args: readonly Local[]): Local {
    const { f } = lanes;
    let id = this.names.indexOf(name);
    if (id < 0) id = this.names.push(name) - 1;
    f.i32(id);
    for (let i = 0; i < 3; i++) {
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

/** Emits calls of functions of numbers. */
export class MathFunctions {
  readonly #host: HostFunctions;

  constructor(_module: ModuleBuilder, host: HostFunctions, _options: { readonly relaxedSimd: boolean }) {
    this.#host = host;
  }

  /**
   * The value of a function of one to three values, lane by lane.
   *
   * @param name - a `UnaryFunction` or `BinaryFunction` of graphs, or a registered special function.
   * @param inline - whether to write the function's code here, where it has any, rather than call it: for hot loops.
   */
  emit(lanes: Lanes, name: string, args: readonly Local[], _inline: boolean): Local {
    const scalar = new ScalarLanes(lanes.f, lanes.precision);
    const results: Local[] = [];
    for (let lane = 0; lane < lanes.count; lane++) {
      const own = args.map((arg) => lanes.extract(arg, lane));
      results.push(this.#host.call(scalar, name, own));
    }
    return lanes.pack(results);
  }
}
