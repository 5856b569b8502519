/** @file What samplers draw from, and a source with a key of its own for each draw. */
import { threefry2x32 } from './threefry.ts';

/** Independent draws; a {@link RandomStream} is one. */
export interface RandomSource {
  /** Uniform on the open interval (0, 1), with 53 random bits. */
  uniform(): number;
  /** Standard normal. */
  normal(): number;
  /** Standard exponential. */
  exponential(): number;
}

/** The draws of `RandomStream.fromKey`, from one object that is used for key after key: there may be millions. */
export class KeyedSource implements RandomSource {
  private key0 = 0;
  private key1 = 0;
  private counter = 0;
  private spareNormal = Number.NaN;
  private readonly block = new Uint32Array(2);

  /** This source, at the beginning of the draws of a key. */
  at(key0: number, key1: number): this {
    this.key0 = key0;
    this.key1 = key1;
    this.counter = 0;
    this.spareNormal = Number.NaN;
    return this;
  }

  uniform(): number {
    const { block } = this;
    threefry2x32(this.key0, this.key1, this.counter++, 0, block);
    return (((block[0] as number) >>> 5) * 2 ** 26 + ((block[1] as number) >>> 6) + 0.5) * 2 ** -53;
  }

  normal(): number {
    const spare = this.spareNormal;
    this.spareNormal = Number.NaN;
    if (!Number.isNaN(spare)) return spare;
    const radius = Math.sqrt(-2 * Math.log(this.uniform()));
    const angle = 2 * Math.PI * this.uniform();
    this.spareNormal = radius * Math.sin(angle);
    return radius * Math.cos(angle);
  }

  exponential(): number {
    return -Math.log(this.uniform());
  }
}
