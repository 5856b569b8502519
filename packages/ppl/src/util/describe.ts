/** @file How error messages speak of a value that was not expected. */

/** `a Tensor`, `an Array`, `null`, `3`, `"text"`. */
export function describe(value: unknown): string {
  if (typeof value === 'string') return JSON.stringify(value);
  if (typeof value === 'function') return 'a function';
  if (typeof value !== 'object' || value === null) return String(value);
  const prototype = Object.getPrototypeOf(value) as { readonly constructor?: { readonly name: string } } | null;
  const name = prototype?.constructor?.name ?? 'Object';
  return /^[AEIOU]/.test(name) ? `an ${name}` : `a ${name}`;
}
