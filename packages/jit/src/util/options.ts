/** @file Options objects: unknown keys are errors, so that a misspelt option is never silently ignored. */

/** Checks that `options` is an object with no keys but `allowed`. @throws TypeError that names what is wrong. */
export function checkOptions(where: string, options: unknown, allowed: readonly string[]): void {
  if (typeof options !== 'object' || options === null || Array.isArray(options)) {
    throw new TypeError(`${where}: options must be an object with keys among ${allowed.join(', ')}`);
  }
  const unknown = Object.keys(options).find((key) => !allowed.includes(key));
  if (unknown !== undefined) {
    throw new TypeError(`${where}: unknown option "${unknown}". Options are ${allowed.join(', ')}.`);
  }
}
