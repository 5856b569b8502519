/**
 * @file Threefry-2x32 with 20 rounds, four counters at once.
 *
 * Source: Salmon, Moraes, Dror, Shaw: "Parallel random numbers: as easy as 1, 2, 3" (SC 2011), section 3.3. The second word
 * of every counter is 0, so that the first round is an addition and an exclusive or.
 */
import type { Local } from '../wasm/encode/functionBuilder.ts';
import { at } from '../graph/shape.ts';
import type { NoiseLanes, Words } from './noiseLanes.ts';

const PARITY = 0x1bd11bda;

/** By how much the second word is turned, in rounds that follow one another. */
const ROTATIONS = [13, 15, 26, 6, 17, 29, 16, 24] as const;

const ROUNDS = 20;

/** What all counters under one key share. */
export interface KeySchedule {
  /** What is added to the counter before the rounds, and what the second word is turned to in the first. */
  readonly start: Local;
  readonly turned: Local;
  /** What is added to each word after every fourth round. */
  readonly additions: readonly Words[];
}

/** Writes the code that prepares a key, the i32 locals `k0` and `k1`. */
export function keySchedule(v: NoiseLanes, k0: Local, k1: Local): KeySchedule {
  const { f } = v;
  const splat = (write: () => void): Local => {
    write();
    const vector = f.local('v128');
    f.op('i32x4.splat').set(vector);
    return vector;
  };
  const k2 = f.local('i32');
  f.get(k0).get(k1).op('i32.xor').i32(PARITY).op('i32.xor').set(k2);
  const key = [k0, k1, k2];
  const word = (i: number): Local => at(key, i % 3);
  return {
    start: splat(() => f.get(k0).get(k1).op('i32.add')),
    turned: splat(() => f.get(k1).i32(at(ROTATIONS, 0)).op('i32.rotl')),
    additions: Array.from({ length: ROUNDS / 4 }, (_, i) => ({
      a: splat(() => f.get(word(i + 1))),
      b: splat(() => f.get(word(i + 2)).i32(i + 1).op('i32.add')),
    })),
  };
}

/**
 * Writes the code that encrypts counters, of which `started` are the first words with {@link KeySchedule.start} added. Several
 * vectors are encrypted side by side: each waits for itself in every round, and not for the others.
 */
export function threefry(v: NoiseLanes, { turned, additions }: KeySchedule, started: readonly Local[]): Words[] {
  let blocks = started.map((a): Words => ({ a, b: v.bitXor(turned, a) }));
  for (let round = 1; round < ROUNDS; round++) {
    const sums = blocks.map(({ a, b }) => v.bitAdd(a, b));
    const turns = blocks.map(({ b }) => v.rotateLeft(b, at(ROTATIONS, round % ROTATIONS.length)));
    blocks = sums.map((a, i) => ({ a, b: v.bitXor(at(turns, i), a) }));
    if (round % 4 === 3) {
      const added = at(additions, (round - 3) / 4);
      blocks = blocks.map(({ a, b }) => ({ a: v.bitAdd(a, added.a), b: v.bitAdd(b, added.b) }));
    }
  }
  return blocks;
}
