/** @file The switch for checks of parameters and values. */

let enabled = true;

/** Turns the checks of distribution parameters and of values against supports on (the default) or off. */
export function setValidation(on: boolean): void {
  enabled = on;
}

export function isValidationOn(): boolean {
  return enabled;
}

/** Runs the synchronous `body` with the checks on or off, and puts the switch back. */
export function withValidation<R>(on: boolean, body: () => R): R {
  const before = enabled;
  enabled = on;
  try {
    return body();
  } finally {
    enabled = before;
  }
}
