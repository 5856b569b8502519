/** @file Warnings of a test, noted in place of printed. */

/** For the top of a test file. @returns what gives the present test's `console.warn`. */
export function quietWarnings(): () => jest.SpyInstance {
  let spy: jest.SpyInstance;
  beforeEach(() => {
    spy = jest.spyOn(console, 'warn').mockImplementation(() => undefined);
  });
  afterEach(() => spy.mockRestore());
  return () => spy;
}
