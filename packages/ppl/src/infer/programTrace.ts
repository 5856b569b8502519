/** @file Traces as engines need them: with the names that programs give their sites. */
import { TraceHandler } from '../handlers/trace.ts';
import type { Message } from '../runtime/message.ts';
import type { Trace } from '../runtime/trace.ts';

/**
 * Runs `program` and records its sites under the names that it gave them itself, even if a handler outside, such as
 * `scope`, renames them: so that what a guide sampled is found again when its model asks for it.
 */
export function traceProgram(program: () => unknown): Trace {
  const tracer = new ProgramTracer();
  tracer.run(program);
  return tracer.trace();
}

class ProgramTracer extends TraceHandler {
  private readonly names = new WeakMap<Message, string>();

  override process(message: Message): void {
    this.names.set(message, message.name);
    super.process(message);
  }

  override postprocess(message: Message): void {
    const outerName = message.name;
    message.name = this.names.get(message) ?? outerName;
    try {
      super.postprocess(message);
    } finally {
      message.name = outerName;
    }
  }
}
