/** @file Doing something after a body that may be asynchronous. */

/** Calls `after` once `result` is there: now, or when it is a promise, after it has been fulfilled. Returns `result`. */
export function whenDone<R>(result: R, after: () => void): R {
  if (!(result instanceof Promise)) {
    after();
    return result;
  }
  return result.then((value: unknown) => {
    after();
    return value;
  }) as R;
}
