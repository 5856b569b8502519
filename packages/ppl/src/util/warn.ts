/** @file Warnings to the user. */

/** Prints a warning on the console. */
export function warn(message: string): void {
  console.warn(`tyche: ${message}`);
}
