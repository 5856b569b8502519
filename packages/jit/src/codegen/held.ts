/** @file Values while they are computed: numbers, or truth values that are made numbers only where needed. */
import type { Local } from '../wasm/encode/functionBuilder.ts';
import type { Lanes, Mask } from '../wasm/lanes/lanes.ts';

/** A value of the innermost loop, in locals. */
export class Held {
  readonly #lanes: Lanes;
  #number: Local | null;
  #mask: Mask | null;

  private constructor(lanes: Lanes, number: Local | null, mask: Mask | null) {
    this.#lanes = lanes;
    this.#number = number;
    this.#mask = mask;
  }

  static number(lanes: Lanes, local: Local): Held {
    return new Held(lanes, local, null);
  }

  static mask(lanes: Lanes, mask: Mask): Held {
    return new Held(lanes, null, mask);
  }

  /** As numbers; truth is 1, falsehood 0. */
  get number(): Local {
    if (this.#number === null && this.#mask !== null) this.#number = this.#lanes.fromMask(this.#mask);
    return this.#number as Local;
  }

  /** As truth values; a number is true unless it is 0. */
  get mask(): Mask {
    if (this.#mask === null && this.#number !== null) this.#mask = this.#lanes.toMask(this.#number);
    return this.#mask as Mask;
  }
}
