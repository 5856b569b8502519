/** @file Checks of numeric options. */

/** @throws RangeError unless `value` is an integer of at least `least`. */
export function checkInteger(where: string, name: string, value: number, least: number): void {
  if (!Number.isSafeInteger(value) || value < least) {
    throw new RangeError(`${where}: ${name} must be an integer of at least ${least}, got ${value}`);
  }
}

/** @throws RangeError unless `value` is positive and finite. */
export function checkPositive(where: string, name: string, value: number): void {
  if (!(value > 0 && value < Infinity)) {
    throw new RangeError(`${where}: ${name} must be positive and finite, got ${value}`);
  }
}
