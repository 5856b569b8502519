/** @file The version of this library, as files note it. */

/** As `package.json` has it. */
export const VERSION: string = '0.1.0';
