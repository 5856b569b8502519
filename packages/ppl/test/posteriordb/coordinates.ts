/** @file Reading constrained parameters off an unconstrained vector, in float64: the oracle's side of the bijections. */

/** Takes coordinates in the order of its calls, and adds up the log volume changes, as a Stan program would. */
export class Coordinates {
  logJacobian = 0;
  private at = 0;
  private readonly q: ArrayLike<number>;

  constructor(q: ArrayLike<number>) {
    this.q = q;
  }

  real(): number {
    const x = this.q[this.at++];
    if (x === undefined) throw new RangeError('there are no more coordinates');
    return x;
  }

  positive(): number {
    const x = this.real();
    this.logJacobian += x;
    return Math.exp(x);
  }

  between(lower: number, upper: number): number {
    const x = this.real();
    this.logJacobian += Math.log(upper - lower) - logOnePlusExp(-x) - logOnePlusExp(x);
    return lower + (upper - lower) / (1 + Math.exp(-x));
  }

  /** Ascending: the first is free, each later one exceeds its predecessor by an exponential. */
  ordered(length: number): number[] {
    const values = [this.real()];
    while (values.length < length) values.push(values.at(-1)! + this.positive());
    return values;
  }

  reals(length: number): number[] {
    return Array.from({ length }, () => this.real());
  }

  positives(length: number): number[] {
    return Array.from({ length }, () => this.positive());
  }

  /** Whether every coordinate has been read. */
  get isExhausted(): boolean {
    return this.at === this.q.length;
  }
}

function logOnePlusExp(x: number): number {
  return Math.max(x, 0) + Math.log1p(Math.exp(-Math.abs(x)));
}
