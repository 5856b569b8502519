/** @file Replacing properties of an object for a while. */

/** Things to put back, in the reverse of the order in which they were replaced. */
export class Overrides {
  private readonly undo: (() => void)[] = [];

  /** Makes `object[key]` be `value` until {@link restore}. */
  set<T extends object, K extends keyof T>(object: T, key: K, value: T[K]): void {
    this.define(object, key, { value, writable: true });
  }

  /** The same with a property descriptor. */
  define(object: object, key: PropertyKey, descriptor: PropertyDescriptor): void {
    const own = Object.getOwnPropertyDescriptor(object, key);
    Object.defineProperty(object, key, { ...descriptor, configurable: true, enumerable: own?.enumerable ?? false });
    this.undo.push(() => {
      if (own === undefined) Reflect.deleteProperty(object, key);
      else Object.defineProperty(object, key, own);
    });
  }

  restore(): void {
    for (const step of this.undo.splice(0).reverse()) step();
  }
}
