/** @file Seeded, splittable streams of random numbers. */
import { threefry2x32 } from './threefry.ts';

/** How a stream was derived from another one: by which child, for which purpose. Plain numbers. */
export type Derivation = readonly [index: number, purpose: number];

/** Where a stream comes from: the derivations that lead to it from `root`, first things first. */
export interface Lineage {
  readonly root: RandomStream;
  readonly path: readonly Derivation[];
}

/** Everything a {@link RandomStream} is: plain numbers, to save and to resume from. */
export interface StreamState {
  readonly key: readonly [number, number];
  readonly counter: number;
  readonly children: number;
  readonly spareNormal: number | null;
}

// The second counter word tells apart what a key is used for, so that draws, children and labels never collide.
const DRAW = 0;
const CHILD = 1;
const NUMBER_LABEL = 2;
const TEXT_LABEL = 3;

/** Whether streams remember their parents; else an endless row of children would keep all of its members alive. */
let keepsLineage = false;

/** Runs `body`; streams derived in it know their {@link RandomStream.lineage}. */
export function withLineage<R>(body: () => R): R {
  const outer = keepsLineage;
  keepsLineage = true;
  try {
    return body();
  } finally {
    keepsLineage = outer;
  }
}

/**
 * A stream of pseudo-random numbers, a pure function of its seed.
 *
 * - `split()` gives the next of an endless row of independent child streams; draws and splits do not disturb one another.
 * - `fold(label)` gives the child named by `label`; it changes nothing, so the same label always names the same child.
 */
export class RandomStream {
  private readonly key0: number;
  private readonly key1: number;
  private counter = 0;
  private children = 0;
  private spareNormal: number | null = null;
  private readonly block: Uint32Array = new Uint32Array(2);
  private word = 2;
  private origin: { readonly parent: RandomStream; readonly step: Derivation } | null = null;

  private constructor(key0: number, key1: number) {
    this.key0 = key0 | 0;
    this.key1 = key1 | 0;
  }

  /** @param seed - any safe integer. @throws RangeError when it is not one. */
  static fromSeed(seed: number): RandomStream {
    if (!Number.isSafeInteger(seed)) {
      throw new RangeError(`seed must be an integer between -(2^53 - 1) and 2^53 - 1, got ${seed}`);
    }
    return new RandomStream(seed % 2 ** 32, Math.floor(seed / 2 ** 32));
  }

  /** The stream with this {@link key}, at its beginning. */
  static fromKey(key0: number, key1: number): RandomStream {
    return new RandomStream(key0, key1);
  }

  /** The stream that continues exactly where `state` was taken. */
  static fromState(state: StreamState): RandomStream {
    const stream = new RandomStream(state.key[0], state.key[1]);
    stream.children = state.children;
    stream.spareNormal = state.spareNormal;
    stream.counter = Math.floor(state.counter / 2);
    if (state.counter % 2 === 1) stream.uint32();
    return stream;
  }

  /** What its draws are a function of: two 32-bit words. */
  get key(): readonly [number, number] {
    return [this.key0 >>> 0, this.key1 >>> 0];
  }

  /** A stream that stands where this one does, to go on by itself. */
  copy(): RandomStream {
    const copy = RandomStream.fromState(this.state);
    copy.origin = this.origin;
    return copy;
  }

  /** Where it comes from, as far back as the beginning of {@link withLineage}. */
  get lineage(): Lineage {
    if (this.origin === null) return { root: this, path: [] };
    const { root, path } = this.origin.parent.lineage;
    return { root, path: [...path, this.origin.step] };
  }

  /** Where this stream stands now. */
  get state(): StreamState {
    const used = this.counter * 2 - (2 - this.word);
    return { key: [this.key0, this.key1], counter: used, children: this.children, spareNormal: this.spareNormal };
  }

  /** The next child stream. */
  split(): RandomStream {
    return this.derive(this.children++, CHILD);
  }

  /** The child stream named `label`; this stream stays as it is. */
  fold(label: string | number): RandomStream {
    if (typeof label === 'number') return this.derive(label, NUMBER_LABEL);
    let stream = this.derive(label.length, TEXT_LABEL);
    // Two UTF-16 units a round: a label is encrypted rather than hashed, so no two labels share a stream by design.
    for (let i = 0; i < label.length; i += 2) {
      stream = stream.derive((label.charCodeAt(i) << 16) | (label.charCodeAt(i + 1) || 0), TEXT_LABEL);
    }
    return stream;
  }

  /** 32 random bits, as an unsigned integer. */
  uint32(): number {
    if (this.word === 2) {
      threefry2x32(this.key0, this.key1, this.counter, DRAW | (Math.floor(this.counter / 2 ** 32) << 2), this.block);
      this.counter++;
      this.word = 0;
    }
    const bits = this.block[this.word] ?? 0;
    this.word++;
    return bits;
  }

  /** Uniform on the open interval (0, 1), with 53 random bits. */
  uniform(): number {
    const high = this.uint32() >>> 5;
    const low = this.uint32() >>> 6;
    return (high * 2 ** 26 + low + 0.5) * 2 ** -53;
  }

  /** Standard normal, by the Box-Muller transform (Box and Muller 1958); reaches beyond 8.5 standard deviations. */
  normal(): number {
    if (this.spareNormal !== null) {
      const spare = this.spareNormal;
      this.spareNormal = null;
      return spare;
    }
    const radius = Math.sqrt(-2 * Math.log(this.uniform()));
    const angle = 2 * Math.PI * this.uniform();
    this.spareNormal = radius * Math.sin(angle);
    return radius * Math.cos(angle);
  }

  /** Standard exponential. */
  exponential(): number {
    return -Math.log(this.uniform());
  }

  /** An integer in `0 .. bound - 1`, without modulo bias. */
  integer(bound: number): number {
    const limit = 2 ** 32 - (2 ** 32 % bound);
    let bits = this.uint32();
    while (bits >= limit) bits = this.uint32();
    return bits % bound;
  }

  /** The first `count` entries of a random permutation of `0 .. size - 1` (Fisher and Yates). */
  choose(size: number, count: number): Int32Array {
    // A few of many are chosen without looking at the rest: only what has been moved is remembered.
    if (count < size / 16) return this.chooseFew(size, count);
    const items = new Int32Array(size);
    for (let i = 0; i < size; i++) items[i] = i;
    for (let i = 0; i < count; i++) {
      const j = i + this.integer(size - i);
      const picked = items[j] ?? 0;
      items[j] = items[i] ?? 0;
      items[i] = picked;
    }
    return items.slice(0, count);
  }

  private chooseFew(size: number, count: number): Int32Array {
    const chosen = new Int32Array(count);
    const moved = new Map<number, number>();
    for (let i = 0; i < count; i++) {
      const j = i + this.integer(size - i);
      chosen[i] = moved.get(j) ?? j;
      moved.set(j, moved.get(i) ?? i);
    }
    return chosen;
  }

  private derive(index: number, purpose: number): RandomStream {
    const out = new Uint32Array(2);
    threefry2x32(this.key0, this.key1, index, purpose, out);
    const child = new RandomStream(out[0] ?? 0, out[1] ?? 0);
    if (keepsLineage) child.origin = { parent: this, step: [index, purpose] };
    return child;
  }
}
