/** @file A compiled function: run it, send it, load it. Imports no tfjs, so that workers start quickly. */
import { BINARY, specialFunction, UNARY } from '../graph/functions.ts';
import type { SpecialFunction } from '../graph/functions.ts';
import type { DType, Shape } from '../graph/node.ts';
import { at, formatShape, sizeOf } from '../graph/shape.ts';
import { KEY_BYTES } from '../noise/kind.ts';
import type { NoiseInput } from '../noise/kind.ts';
import { supportsRelaxedSimd } from '../wasm/relaxedSimd.ts';
import type { ProgramArray, ProgramParts } from './format.ts';
import { decodeProgram, encodeProgram, ProgramFormatError } from './format.ts';

/** The shape and type of an argument or a result. */
export interface ArraySpec {
  readonly shape: Shape;
  readonly dtype: DType;
}

/** Numbers of a program: float64, or float32 if it was compiled so. */
export type ProgramNumbers = Float64Array | Float32Array;

/** What running a program gives: flat row-major arrays, new ones each time. */
export interface ProgramResults {
  readonly outputs: ProgramNumbers[];
  /** One an argument; null where no gradient was asked for. */
  readonly gradients: (ProgramNumbers | null)[];
}

/** How a program came to be. */
export interface ProgramStats {
  /** Nodes of the graph as it was traced, and after the passes. */
  readonly tracedNodes: number;
  readonly nodes: number;
  readonly codeBytes: number;
  readonly memoryBytes: number;
  readonly traceMilliseconds: number;
  readonly compileMilliseconds: number;
}

/** What only the compiler knows of a program. */
export interface ProgramOrigin {
  readonly graph: { toString(): string };
  readonly stats: ProgramStats;
}

/** A function compiled to WebAssembly, with memory of its own. */
export class CompiledProgram {
  /** The arguments of {@link run}. */
  readonly inputs: readonly ArraySpec[];
  readonly outputs: readonly ArraySpec[];
  readonly precision: 'float64' | 'float32';
  /** The graph that was compiled, to be printed; a program from bytes has no more of it than its arguments. */
  readonly graph: { toString(): string };
  /** How it was compiled; null for a program from bytes. */
  readonly stats: ProgramStats | null;
  /**
   * The captured inputs that the program draws itself whenever it is executed, as it was compiled with `generateNoise`; their
   * draws are those of `fillNoise` with their key.
   */
  readonly noise: readonly NoiseInput[];
  /** The keys of {@link noise}, two words each, in the program's memory: to be set before it is executed, zero at first. */
  readonly noiseKeys: Uint32Array;
  /** Draws noise, and computes outputs and gradients from what is in the input views. Allocates nothing. */
  readonly execute: () => void;
  /** {@link execute}, with the noise that was drawn last; before the first time, with the values met while tracing. */
  readonly compute: () => void;

  readonly #parts: ProgramParts;
  readonly #inputViews: readonly ProgramNumbers[];
  readonly #outputViews: readonly ProgramNumbers[];
  readonly #gradientViews: readonly (ProgramNumbers | null)[];

  private constructor(parts: ProgramParts, module: WebAssembly.Module, origin: ProgramOrigin | null) {
    const memory = new WebAssembly.Memory({ initial: Math.ceil(parts.memoryBytes / 65536) });
    const call = hostCall(parts.hostFunctions);
    const instance = new WebAssembly.Instance(module, { host: { memory, call } });
    const view = ({ address, shape }: ProgramArray): ProgramNumbers => numbersAt(memory, parts.precision, address, sizeOf(shape));
    for (const { address, values } of parts.constants) numbersAt(memory, parts.precision, address, values.length).set(values);
    this.#parts = parts;
    this.#inputViews = parts.inputs.map(view);
    this.#outputViews = parts.outputs.map(view);
    this.#gradientViews = parts.gradients.map((array) => (array === null ? null : view(array)));
    const spec = ({ shape, dtype }: ProgramArray): ArraySpec => ({ shape, dtype });
    this.inputs = parts.inputs.slice(0, parts.numArguments).map(spec);
    this.outputs = parts.outputs.map(spec);
    this.precision = parts.precision;
    this.graph = origin?.graph ?? { toString: () => `program(${this.inputs.map(({ shape }) => formatShape(shape)).join(', ')})` };
    this.stats = origin?.stats ?? null;
    this.noise = parts.noise;
    this.noiseKeys = new Uint32Array(memory.buffer, parts.noiseKeys, (parts.noise.length * KEY_BYTES) / 4);
    this.execute = instance.exports['run'] as () => void;
    this.compute = instance.exports['compute'] as () => void;
  }

  /** A program from its parts, compiled at once. */
  static fromParts(parts: ProgramParts, origin: ProgramOrigin | null = null): CompiledProgram {
    if (parts.relaxedSimd && !supportsRelaxedSimd()) {
      throw new ProgramFormatError('the program uses relaxed SIMD, which this engine lacks: compile it with relaxedSimd: false');
    }
    let module: WebAssembly.Module;
    try {
      module = new WebAssembly.Module(parts.module as Uint8Array<ArrayBuffer>);
    } catch (error) {
      throw new ProgramFormatError('the engine does not take the WebAssembly of this program', { cause: error });
    }
    return new CompiledProgram(parts, module, origin);
  }

  /**
   * A program from what {@link toBytes} gave, in this process or another, in Node or a browser.
   *
   * @throws ProgramFormatError when the bytes are not a whole program, are of another version, or need what the engine lacks.
   * @throws Error when the program calls a function that nobody has registered here.
   */
  static fromBytes(bytes: Uint8Array): CompiledProgram {
    return CompiledProgram.fromParts(decodeProgram(bytes));
  }

  /** The program as bytes, constants included. Captured inputs keep the values that they have now, but for noise. */
  toBytes(): Uint8Array {
    const { inputs, numArguments, constants, noise } = this.#parts;
    const drawn = new Set(noise.map(({ input }) => input));
    const captured = inputs.map(({ address }, i) => ({ address, input: i })).slice(numArguments);
    const places = new Set(captured.map(({ address }) => address));
    const kept = captured.filter(({ input }) => !drawn.has(input)).map(({ address, input }) => {
      return { address, values: Float64Array.from(at(this.#inputViews, input)) };
    });
    return encodeProgram({ ...this.#parts, constants: [...constants.filter(({ address }) => !places.has(address)), ...kept] });
  }

  /**
   * Runs the program.
   *
   * @param inputs - one flat row-major array an argument.
   * @throws TypeError when their number or lengths do not fit.
   */
  run(...inputs: readonly ArrayLike<number>[]): ProgramResults {
    return this.#run(inputs, this.execute);
  }

  /** {@link run}, with the noise that was drawn last; before the first time, with the values met while tracing. */
  replay(...inputs: readonly ArrayLike<number>[]): ProgramResults {
    return this.#run(inputs, this.compute);
  }

  /** The numbers of an argument, in the program's memory; captured inputs come after the arguments. */
  inputView(index: number): ProgramNumbers {
    return at(this.#inputViews, index);
  }

  /** The numbers of a result, in the program's memory. */
  outputView(index: number): ProgramNumbers {
    return at(this.#outputViews, index);
  }

  /** The gradient in an argument, in the program's memory; null where there is none. */
  gradientView(index: number): ProgramNumbers | null {
    return this.#gradientViews[index] ?? null;
  }

  #run(inputs: readonly ArrayLike<number>[], execute: () => void): ProgramResults {
    if (inputs.length !== this.inputs.length) {
      throw new TypeError(`the program takes ${this.inputs.length} arguments, got ${inputs.length}`);
    }
    inputs.forEach((values, i) => {
      const { shape } = at(this.inputs, i);
      const view = at(this.#inputViews, i);
      const length = (values as Partial<ArrayLike<number>> | null | undefined)?.length ?? 'no array';
      if (length !== view.length) {
        throw new TypeError(`argument ${i} is a flat array of ${view.length} numbers, of shape ${formatShape(shape)}; got ${length}`);
      }
      view.set(values);
    });
    execute();
    return {
      outputs: this.#outputViews.map((view) => view.slice()),
      gradients: this.#gradientViews.slice(0, this.inputs.length).map((view) => view?.slice() ?? null),
    };
  }
}

function numbersAt(memory: WebAssembly.Memory, precision: ProgramParts['precision'], address: number, length: number): ProgramNumbers {
  return precision === 'float64'
    ? new Float64Array(memory.buffer, address, length)
    : new Float32Array(memory.buffer, address, length);
}

/** What a module calls for functions that it has no code for. */
function hostCall(names: readonly string[]): (id: number, a: number, b: number, c: number, d: number) => number {
  const functions = names.map(functionOf);
  return (id, a, b, c, d) => at(functions, id)(a, b, c, d);
}

const KNOWN: Readonly<Record<string, SpecialFunction>> = { ...UNARY, ...BINARY };

function functionOf(name: string): SpecialFunction {
  return Object.hasOwn(KNOWN, name) ? (KNOWN[name] ?? specialFunction(name)) : specialFunction(name);
}
