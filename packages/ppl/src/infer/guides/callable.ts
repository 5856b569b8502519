/** @file Objects that are functions. */

// The interface adds the call signature of the function that the constructor returns.
/* oxlint-disable typescript/no-unsafe-declaration-merging */

/** Objects of a class that extends `Callable` are functions: a call runs their method `run`. */
export interface Callable<A extends unknown[], R> {
  (...args: A): R;
}

export abstract class Callable<A extends unknown[], R> {
  constructor() {
    // Extending Function would do it too, but compiles text, which strict content security policies forbid.
    const self = (...args: A): R => (self as unknown as Callable<A, R>).run(...args);
    return Object.setPrototypeOf(self, new.target.prototype) as Callable<A, R>;
  }

  protected abstract run(...args: A): R;
}

// For `call`, `apply` and `bind`.
Object.setPrototypeOf(Callable.prototype, Function.prototype);
