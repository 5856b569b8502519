/** @file Doing something after a body that may be asynchronous. */

/** Calls `after` once `result` is there: now, or when it is a promise, after it has been fulfilled. Returns `result`. */
export function whenDone<R>(result: R, after: () => void): R {
  if (!isPromise(result)) {
    after();
    return result;
  }
  return result.then((value) => {
    after();
    return value;
  }) as R;
}

/** Runs `body`, and calls `after` when it is over, whether it has returned, thrown, been fulfilled or been rejected. */
export function whenOver<R>(body: () => R, after: () => void): R {
  let result: R;
  try {
    result = body();
  } catch (error) {
    after();
    throw error;
  }
  if (!isPromise(result)) {
    after();
    return result;
  }
  return result.then(
    (value) => {
      after();
      return value;
    },
    (error: unknown) => {
      after();
      throw error;
    },
  ) as R;
}

/** Anything with `then`: promises may come from another realm or library, where `instanceof` fails. */
export function isPromise(value: unknown): value is PromiseLike<unknown> {
  return typeof value === 'object' && value !== null && typeof (value as { then?: unknown }).then === 'function';
}
