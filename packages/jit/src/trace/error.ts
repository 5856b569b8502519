/** @file What went wrong while tracing, and where in the user's code. */
import type { Variable } from '@tensorflow/tfjs-core';

/** Why a function cannot be traced. */
export class TraceError extends Error {
  override readonly name: string = 'TraceError';
  /** The line of the traced function that is to blame, as `file:line:column`, where it could be found. */
  readonly location: string | null;

  constructor(message: string, options?: ErrorOptions & { readonly location?: string | null }) {
    const location = options?.location ?? null;
    super(location === null ? message : `${message}\n    at ${location}`, options);
    this.location = location;
  }
}

/** A graph or program does not give what the function gives eagerly: its precision may not be enough. */
export class MismatchError extends TraceError {
  override readonly name: string = 'MismatchError';
}

/** A traced function assigns to a variable that is none of its `state`. */
export class AssignmentError extends TraceError {
  override readonly name: string = 'AssignmentError';
  readonly variable: Variable;

  constructor(variable: Variable) {
    super(
      `the variable "${variable.name}" was assigned a tensor that depends on the inputs; a graph has results but no side ` +
        'effects. Return the new value instead, or name the variable in the option state (layers that keep running averages: ' +
        'so, or apply them with training: false).',
      { location: callerLocation() },
    );
    this.variable = variable;
  }
}

/** This package's own folder, from which no line is to blame. */
const HOME = folderOf(framesOf(new Error('where am I').stack)[0] ?? '');

/** The innermost line of the current stack that belongs neither to tfjs nor to this package, as `file:line:column`. */
export function callerLocation(): string | null {
  const limit = Error.stackTraceLimit;
  Error.stackTraceLimit = 100;
  const { stack } = new Error('who is calling');
  Error.stackTraceLimit = limit;
  return framesOf(stack).find((frame) => !isOurs(frame)) ?? null;
}

/** The places that a stack trace names, innermost first, as `file:line:column`. */
function framesOf(stack: string | undefined): string[] {
  return (stack ?? '').split('\n').flatMap((line) => {
    // "at f (file:1:2)" or "at file:1:2" in V8, "f@file:1:2" in other engines.
    const inParentheses = /\((.*:\d+:\d+)\)$/.exec(line);
    const place = inParentheses ?? /^\s*(?:at (?:async )?|[^@]*@)(.*:\d+:\d+)$/.exec(line);
    return place?.[1] === undefined ? [] : [place[1]];
  });
}

function isOurs(frame: string): boolean {
  return /^node:|@tensorflow[\\/+]/.test(frame) || (HOME !== '' && frame.startsWith(HOME));
}

/** The folder above that of the file `.../trace/error.ts`; empty if this file has been bundled into another. */
function folderOf(frame: string): string {
  return /^(.*[\\/])trace[\\/]error\.[jt]s:/.exec(frame)?.[1] ?? '';
}
