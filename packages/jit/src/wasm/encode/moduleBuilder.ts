/** @file A WebAssembly module: types, imports, functions, one memory, exports. */
import { ByteWriter } from './byteWriter.ts';
import type { FunctionType, ValueType } from './functionBuilder.ts';
import { FunctionBuilder, TYPE_BYTES } from './functionBuilder.ts';

interface FunctionImport {
  readonly module: string;
  readonly name: string;
  readonly type: number;
}

const SECTION = { type: 1, import: 2, function: 3, export: 7, code: 10, data: 11 } as const;

/** Collects the parts of a module; functions are named by their index, imports first. */
export class ModuleBuilder {
  readonly #types: FunctionType[] = [];
  readonly #typeIds = new Map<string, number>();
  readonly #imports: FunctionImport[] = [];
  readonly #functions: { type: number; builder: FunctionBuilder | null }[] = [];
  readonly #exports: { name: string; index: number }[] = [];
  readonly #data: { address: number; bytes: Uint8Array }[] = [];
  #memoryPages = 0;

  /** A function that the host brings. @throws Error once the module has functions of its own. */
  importFunction(module: string, name: string, params: readonly ValueType[], results: readonly ValueType[]): number {
    if (this.#functions.length > 0) throw new Error('imports must come before functions');
    return this.#imports.push({ module, name, type: this.#type({ params, results }) }) - 1;
  }

  /** A function written at once; its index. */
  function(params: readonly ValueType[], results: readonly ValueType[], write: (f: FunctionBuilder) => void): number {
    const index = this.declare(params, results);
    this.define(index, write);
    return index;
  }

  /** A function to be {@link define}d later; its index. */
  declare(params: readonly ValueType[], results: readonly ValueType[]): number {
    this.#functions.push({ type: this.#type({ params, results }), builder: null });
    return this.#imports.length + this.#functions.length - 1;
  }

  /** Writes the body of a function that was declared. */
  define(index: number, write: (f: FunctionBuilder) => void): void {
    const entry = this.#functions[index - this.#imports.length];
    const type = entry === undefined ? undefined : this.#types[entry.type];
    if (entry === undefined || type === undefined) throw new Error(`function ${index} was not declared`);
    const builder = new FunctionBuilder(type);
    write(builder);
    entry.builder = builder;
  }

  /** Makes a function visible to the host. */
  export(name: string, index: number): void {
    this.#exports.push({ name, index });
  }

  /** The memory, which the host brings as `host.memory`, must have at least this many bytes. */
  requireMemory(bytes: number): void {
    this.#memoryPages = Math.max(this.#memoryPages, Math.ceil(bytes / 65536));
  }

  /** Bytes that are written to memory when the module is instantiated. */
  data(address: number, bytes: Uint8Array): void {
    this.#data.push({ address, bytes });
    this.requireMemory(address + bytes.length);
  }

  /** The module in its binary form. */
  toBytes(): Uint8Array {
    const out = new ByteWriter();
    out.bytes([0x00, 0x61, 0x73, 0x6d, 0x01, 0x00, 0x00, 0x00]);
    section(out, SECTION.type, this.#types, (w, { params, results }) => {
      w.byte(0x60);
      w.sized(params.map((type) => TYPE_BYTES[type]));
      w.sized(results.map((type) => TYPE_BYTES[type]));
    });
    const imports = [...this.#imports, null];
    section(out, SECTION.import, imports, (w, entry) => {
      w.text(entry?.module ?? 'host');
      w.text(entry?.name ?? 'memory');
      if (entry === null) {
        w.bytes([0x02, 0x00]);
        w.unsigned(this.#memoryPages);
      } else {
        w.byte(0x00);
        w.unsigned(entry.type);
      }
    });
    section(out, SECTION.function, this.#functions, (w, { type }) => w.unsigned(type));
    section(out, SECTION.export, this.#exports, (w, { name, index }) => {
      w.text(name);
      w.byte(0x00);
      w.unsigned(index);
    });
    section(out, SECTION.code, this.#functions, (w, { builder }) => {
      if (builder === null) throw new Error('a function was declared but not defined');
      w.sized(builder.toBytes());
    });
    section(out, SECTION.data, this.#data, (w, { address, bytes }) => {
      // Memory 0, at the value of the expression i32.const address, end.
      w.bytes([0x00, 0x41]);
      w.signed(address);
      w.byte(0x0b);
      w.sized(bytes);
    });
    return out.toBytes().slice();
  }

  #type(type: FunctionType): number {
    const key = `${type.params.join()}:${type.results.join()}`;
    const known = this.#typeIds.get(key);
    if (known !== undefined) return known;
    const id = this.#types.push(type) - 1;
    this.#typeIds.set(key, id);
    return id;
  }
}

function section<T>(out: ByteWriter, id: number, entries: readonly T[], write: (w: ByteWriter, entry: T) => void): void {
  const body = new ByteWriter();
  body.unsigned(entries.length);
  for (const entry of entries) write(body, entry);
  out.byte(id);
  out.sized(body.toBytes());
}
