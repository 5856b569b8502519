/** @file The switch for checks of parameters and values. */

let enabled = true;

/** Turns the checks of distribution parameters and of values against supports on (the default) or off. */
export function setValidation(on: boolean): void {
  enabled = on;
}

export function isValidationOn(): boolean {
  return enabled;
}

let forgiving = false;

/** Whether a value counts as valid if rounding to float32 may be all that is wrong with it. */
export function isRoundingForgiven(): boolean {
  return forgiving;
}

/** Runs the synchronous `body` with rounding forgiven: for eager runs that stand in for programs in float64. */
export function forgivingRounding<R>(body: () => R): R {
  const before = forgiving;
  forgiving = true;
  try {
    return body();
  } finally {
    forgiving = before;
  }
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
