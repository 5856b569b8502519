/** @file From a schedule to a WebAssembly module. */
import { emitDense, isDense, scratchBytes } from '../dense/denseKernel.ts';
import type { DenseContext, DenseNode, Place } from '../dense/denseKernel.ts';
import { emitTransposed } from '../dense/move/transposed.ts';
import type { Graph } from '../graph/graph.ts';
import type { NodeId } from '../graph/node.ts';
import { at, sizeOf } from '../graph/shape.ts';
import { noiseGenerator, noiseInputs, withRoomForNoise } from '../noise/generator.ts';
import { KEY_BYTES } from '../noise/kind.ts';
import type { NoiseInput } from '../noise/kind.ts';
import { makeSchedule } from '../schedule/makeSchedule.ts';
import { Layout, planTemporaries } from '../schedule/memoryPlan.ts';
import type { Carry, DenseStep, FusedStep, LoopStep, Schedule, Step, TransposeStep } from '../schedule/schedule.ts';
import type { FunctionBuilder } from '../wasm/encode/functionBuilder.ts';
import { ModuleBuilder } from '../wasm/encode/moduleBuilder.ts';
import type { Precision } from '../wasm/lanes/lanes.ts';
import { HostFunctions, MathFunctions } from '../wasm/math/functions.ts';
import { emitFusedLoop } from './fusedLoop.ts';
import { planLoop } from './loopPlan.ts';
import { emitTimeLoop } from './timeLoop.ts';

/** How code is generated. */
export interface GenerateOptions {
  readonly precision: Precision;
  readonly relaxedSimd: boolean;
  /** Outputs that take the places of inputs; none by default. */
  readonly carries?: readonly Carry[];
  /** Whether inputs that are noise are drawn at the beginning of every run; they are not by default. */
  readonly generateNoise?: boolean;
}

/** Numbers that are in memory from the start. */
export interface ConstantData {
  readonly address: number;
  readonly values: Float64Array;
}

/** A module with what has to be known to run it. */
export interface Generated {
  readonly module: Uint8Array;
  readonly memoryBytes: number;
  readonly constants: readonly ConstantData[];
  /** Addresses of arrays, one an input, output and gradient. */
  readonly inputs: readonly number[];
  readonly outputs: readonly number[];
  readonly gradients: readonly (number | null)[];
  /** Functions that the module asks of its host, by number. */
  readonly hostFunctions: readonly string[];
  /** The inputs that the program draws, and the address of their keys. */
  readonly noise: readonly NoiseInput[];
  readonly noiseKeys: number;
}

/** Functions longer than this many bytes are ended where a step ends: engines compile several smaller ones faster. */
const LONGEST_FUNCTION = 24_000;

/** The names under which the module exports its two functions: one draws noise and computes, one only computes. */
export const ENTRY = { run: 'run', compute: 'compute' } as const;

/** Generates the code of a graph. */
export function generate(graph: Graph, options: GenerateOptions): Generated {
  return new Generator(options).generate(graph);
}

/** The addresses of the values of one schedule. */
type Addresses = ReadonlyMap<NodeId, number>;

class Generator {
  readonly #options: GenerateOptions;
  readonly #elementSize: number;
  readonly #module = new ModuleBuilder();
  readonly #host: HostFunctions;
  readonly #math: MathFunctions;
  readonly #layout = new Layout();
  readonly #constants: ConstantData[] = [];
  #scratch = 0;

  constructor(options: GenerateOptions) {
    this.#options = options;
    this.#elementSize = options.precision === 'float64' ? 8 : 4;
    this.#host = new HostFunctions(this.#module);
    this.#math = new MathFunctions(this.#module, this.#host, {
      ...options,
      reserve: (bytes) => this.#layout.reserve(bytes),
    });
  }

  generate(graph: Graph): Generated {
    const carries = this.#options.carries ?? [];
    const schedule = makeSchedule(graph, carries);
    const scratch = this.#scratchOf(schedule);
    this.#scratch = this.#layout.reserve(scratch);
    const noise = this.#options.generateNoise === true ? noiseInputs(graph.inputs) : [];
    const inputs = this.#reserveInputs(graph, noise);
    const noiseKeys = this.#layout.reserve(noise.length * KEY_BYTES);
    const addresses = this.#place(schedule, inputs);
    const functions = this.#functions(schedule, addresses);
    const compute = this.#module.function([], [], (f) => {
      for (const index of functions) f.call(index);
      for (const { from, input } of schedule.copies) {
        f.i32(at(inputs, input)).i32(addressIn(addresses, from)).i32(sizeOf(at(graph.inputs, input).shape) * this.#elementSize).memoryCopy();
      }
    });
    const draw = noiseGenerator(this.#module, noise, { inputs: graph.inputs, addresses: inputs, keys: noiseKeys }, this.#options.precision);
    const run = this.#module.function([], [], (f) => {
      draw(f);
      f.call(compute);
    });
    this.#module.export(ENTRY.run, run);
    this.#module.export(ENTRY.compute, compute);
    this.#module.requireMemory(this.#layout.bytes);
    const addressOf = (id: NodeId): number => addressIn(addresses, id);
    const outputs = schedule.outputs.map(addressOf);
    for (const { output, input } of carries) outputs[output] = at(inputs, input);
    return {
      module: this.#module.toBytes(),
      memoryBytes: this.#layout.bytes,
      constants: this.#constants,
      inputs,
      outputs,
      gradients: schedule.gradients.map((id) => (id === null ? null : addressOf(id))),
      hostFunctions: this.#host.names,
      noise,
      noiseKeys,
    };
  }

  /** Addresses of the inputs; noise is drawn some numbers at a time. */
  #reserveInputs(graph: Graph, noise: readonly NoiseInput[]): number[] {
    const drawn = new Set(noise.map(({ input }) => input));
    return graph.inputs.map(({ shape }, i) => {
      const count = drawn.has(i) ? withRoomForNoise(sizeOf(shape)) : sizeOf(shape);
      return this.#layout.reserve(count * this.#elementSize);
    });
  }

  /** Addresses of everything that a schedule keeps in memory. Results have memory to themselves. */
  #place(schedule: Schedule, inputs: readonly number[]): Addresses {
    const addresses = new Map<NodeId, number>();
    for (const id of schedule.stored.keys()) {
      const node = at(schedule.values, id);
      if (node.op === 'input') addresses.set(id, at(inputs, node.index));
      if (node.op === 'constant') addresses.set(id, this.#constant(node.values));
    }
    for (const [id, input] of schedule.inPlace) addresses.set(id, at(inputs, input));
    for (const [id, address] of planTemporaries(schedule, this.#layout, this.#elementSize)) addresses.set(id, address);
    return addresses;
  }

  #constant(values: Float64Array): number {
    const address = this.#layout.reserve(values.length * this.#elementSize);
    this.#constants.push({ address, values });
    return address;
  }

  /** The functions that do a schedule's steps, in order. */
  #functions(schedule: Schedule, addresses: Addresses): number[] {
    const { steps } = schedule;
    const functions: number[] = [];
    let next = 0;
    while (next < steps.length) {
      functions.push(
        this.#module.function([], [], (f) => {
          do this.#step(f, schedule, at(steps, next++), addresses);
          while (next < steps.length && f.size < LONGEST_FUNCTION);
        }),
      );
    }
    return functions;
  }

  #step(f: FunctionBuilder, schedule: Schedule, step: Step, addresses: Addresses): void {
    if (step.kind === 'fused') this.#fused(f, schedule, step, addresses);
    else if (step.kind === 'dense') this.#dense(f, schedule, step, addresses);
    else if (step.kind === 'transpose') this.#transpose(f, step, addresses);
    else this.#timeLoop(f, step, addresses);
  }

  #fused(f: FunctionBuilder, schedule: Schedule, step: FusedStep, addresses: Addresses): void {
    const plan = planLoop(step, schedule, (id) => addressIn(addresses, id), this.#elementSize);
    emitFusedLoop(f, plan, { ...this.#options, math: this.#math });
  }

  #dense(f: FunctionBuilder, schedule: Schedule, step: DenseStep, addresses: Addresses): void {
    const node = denseNode(schedule, step);
    const result = { address: addressIn(addresses, step.node), shape: node.shape };
    f.scoped(() => emitDense(f, node, this.#places(step.operands, addresses), result, this.#denseContext()));
  }

  #transpose(f: FunctionBuilder, { node, shape, view }: TransposeStep, addresses: Addresses): void {
    const source = addressIn(addresses, view.root) + view.offset * this.#elementSize;
    f.scoped(() => emitTransposed(f, shape, view.strides, source, addressIn(addresses, node), this.#denseContext()));
  }

  #denseContext(): DenseContext {
    return { ...this.#options, module: this.#module, scratch: this.#scratch };
  }

  #places(operands: DenseStep['operands'], addresses: Addresses): Place[] {
    return operands.map(({ root, offset, shape }) => ({ address: addressIn(addresses, root) + offset * this.#elementSize, shape }));
  }

  #timeLoop(f: FunctionBuilder, step: LoopStep, addresses: Addresses): void {
    const { loop, body } = step;
    const operands = this.#places(step.operands, addresses);
    const firstInvariant = loop.carries.length + loop.scanned.length;
    const inputs = body.graph.inputs.map(({ shape }, i) =>
      i < firstInvariant ? this.#layout.reserve(sizeOf(shape) * this.#elementSize) : at(operands, i).address,
    );
    const inner = this.#place(body, inputs);
    const results = new Map([...step.items].map(([index, id]) => [index, addressIn(addresses, id)]));
    emitTimeLoop(f, {
      loop,
      operands: operands.map(({ address }) => address),
      inputs,
      outputs: body.outputs.map((id) => addressIn(inner, id)),
      results,
      sizes: body.graph.inputs.map(({ shape }) => sizeOf(shape) * this.#elementSize),
      resultSizes: body.outputs.map((id) => sizeOf(at(body.values, id).shape) * this.#elementSize),
      functions: this.#functions(body, inner),
    });
  }

  /** The most scratch memory that any dense kernel wants, in loops too. */
  #scratchOf(schedule: Schedule): number {
    return schedule.steps.reduce((most, step) => {
      if (step.kind === 'fused' || step.kind === 'transpose') return most;
      if (step.kind === 'loop') return Math.max(most, this.#scratchOf(step.body));
      return Math.max(most, scratchBytes(denseNode(schedule, step), step.operands.map(({ shape }) => shape), this.#options.precision));
    }, 0);
  }
}

function denseNode(schedule: Schedule, { node: id }: DenseStep): DenseNode {
  const node = at(schedule.graph.nodes, id);
  if (!isDense(node)) throw new Error(`there is no code for "${node.op}" nodes`);
  return node;
}

function addressIn(addresses: Addresses, id: NodeId): number {
  const address = addresses.get(id);
  if (address === undefined) throw new Error(`value ${id} is not in memory`);
  return address;
}
