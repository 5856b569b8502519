/** @file The vectors of a trajectory in one WebAssembly memory, and the loops over them. */
import type { PhasePoint } from '../hamiltonian.ts';
import { KERNEL_BYTES } from './bytes.ts';

/** A vector, and its address. */
export interface PlacedVector {
  readonly values: Float64Array;
  readonly address: number;
}

/** A phase point whose four vectors stand one after another, from `address` on. */
export interface PlacedPoint extends PhasePoint {
  readonly address: number;
}

/** What the module exports; addresses and sizes are in bytes. The source says what each function does. */
interface Kernels {
  readonly kickAndDrift: (inverseMass: number, from: number, to: number, size: number) => void;
  readonly kick: (inverseMass: number, point: number, size: number) => void;
  readonly denseKickAndDrift: (inverseMass: number, from: number, to: number, size: number, rows: number) => void;
  readonly denseKick: (inverseMass: number, point: number, size: number, rows: number) => void;
  readonly turns: (
    farA: number, nearA: number, momentumSumA: number,
    nearB: number, farB: number, momentumSumB: number,
    momentumSum: number, size: number,
  ) => number;
  readonly pairTurns: (a: number, b: number, momentumSum: number, size: number) => number;
}

/** What is used of the global `WebAssembly`, which neither the types of Node nor those of the language declare. */
interface WebAssemblyApi {
  readonly Module: new (bytes: Uint8Array) => object;
  readonly Instance: new (module: object, imports: object) => { readonly exports: unknown };
  readonly Memory: new (options: { readonly initial: number }) => { readonly buffer: ArrayBuffer };
}

const PAGE = 65536;
const MOST_PAGES = 65536;

let compiled: object | undefined;

/**
 * Room for a fixed number of points and vectors, and the loops over them in SIMD: three to ten times as fast as loops over
 * arrays, the more so the longer the vectors. The pages of the memory that are never written to cost nothing.
 */
export class TrajectoryMemory {
  readonly dimension: number;
  readonly kernels: Kernels;
  /** Bytes of a vector: an even number of float64, of which a last one too many stays zero. */
  readonly size: number;
  /** The step size that the kernels take, and the kinetic energy that `kick` finds. */
  readonly scalars: Float64Array;
  private readonly buffer: ArrayBuffer;
  private used = 16;

  /** @throws RangeError when so many dimensions do not fit into 4 GB. */
  constructor(dimension: number, numPoints: number, numVectors: number) {
    this.dimension = dimension;
    this.size = 16 * Math.ceil(dimension / 2);
    const pages = Math.ceil((16 + (4 * numPoints + numVectors) * this.size) / PAGE);
    if (pages > MOST_PAGES) {
      throw new RangeError(
        `trajectories in ${dimension} dimensions need ${Math.ceil((pages * PAGE) / 2 ** 30)} GB; at most 4 GB are possible. ` +
          'A smaller maxTreeDepth needs less.',
      );
    }
    const { Module, Instance, Memory } = (globalThis as unknown as { WebAssembly: WebAssemblyApi }).WebAssembly;
    const memory = new Memory({ initial: pages });
    compiled ??= new Module(Uint8Array.from(atob(KERNEL_BYTES), (byte) => byte.charCodeAt(0)));
    const { exports } = new Instance(compiled, { host: { memory } });
    // Copied, since engines look functions up slowly in the exports of one instance and then another.
    const { kickAndDrift, kick, denseKickAndDrift, denseKick, turns, pairTurns } = exports as Kernels;
    this.kernels = { kickAndDrift, kick, denseKickAndDrift, denseKick, turns, pairTurns };
    this.buffer = memory.buffer;
    this.scalars = new Float64Array(this.buffer, 0, 2);
  }

  /** The next vector, zeros. @throws RangeError when there is no more room. */
  vector(): PlacedVector {
    const address = this.used;
    this.used += this.size;
    return { values: new Float64Array(this.buffer, address, this.dimension), address };
  }

  /** The next point. Its numbers begin as NaN, not 0: V8 would first take them for integers, and slow down later. */
  point(): PlacedPoint {
    const { values: position, address } = this.vector();
    const [gradient, momentum, velocity] = [this.vector().values, this.vector().values, this.vector().values];
    return { position, gradient, momentum, velocity, logDensity: Number.NaN, kineticEnergy: Number.NaN, address };
  }
}
