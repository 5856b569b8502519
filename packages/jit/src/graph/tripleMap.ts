/** @file A map from three whole numbers to one, without an object an entry. */
import { at } from './shape.ts';

/** Numbers a slot: the key's three and the value. */
const STRIDE = 4;

/** By open addressing, at most half full. Values must not be negative. */
export class TripleMap {
  #slots: Int32Array = emptySlots(64);
  #size = 0;

  /** The value at a key, or -1. */
  get(a: number, b: number, c: number): number {
    return at(this.#slots, this.#find(a, b, c) + 3);
  }

  /** Puts a value at a key. */
  set(a: number, b: number, c: number, value: number): void {
    if (2 * STRIDE * (this.#size + 1) > this.#slots.length) this.#grow();
    const slot = this.#find(a, b, c);
    if (this.#slots[slot + 3] === -1) this.#size++;
    this.#slots[slot] = a;
    this.#slots[slot + 1] = b;
    this.#slots[slot + 2] = c;
    this.#slots[slot + 3] = value;
  }

  /** Where the key is, or would be. */
  #find(a: number, b: number, c: number): number {
    const slots = this.#slots;
    const mask = slots.length / STRIDE - 1;
    let slot = hash(a, b, c) & mask;
    for (;;) {
      const place = slot * STRIDE;
      if (slots[place + 3] === -1 || (slots[place] === a && slots[place + 1] === b && slots[place + 2] === c)) return place;
      slot = (slot + 1) & mask;
    }
  }

  #grow(): void {
    const old = this.#slots;
    this.#slots = emptySlots((4 * old.length) / STRIDE);
    for (let place = 0; place < old.length; place += STRIDE) {
      if (old[place + 3] === -1) continue;
      const slot = this.#find(at(old, place), at(old, place + 1), at(old, place + 2));
      this.#slots.set(old.subarray(place, place + STRIDE), slot);
    }
  }
}

function emptySlots(capacity: number): Int32Array {
  return new Int32Array(STRIDE * capacity).fill(-1);
}

/** Multiplications by odd numbers with well-spread bits (the golden ratio's among them), folded. */
function hash(a: number, b: number, c: number): number {
  const h = Math.imul(Math.imul(Math.imul(a, 0x9e3779b1) ^ b, 0x85ebca6b) ^ c, 0xc2b2ae35);
  return h ^ (h >>> 15);
}
