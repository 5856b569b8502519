/** @file Errors that name the site they happened at. */
import type { Message } from './message.ts';

/** What went wrong at one site of a model or guide. `cause` holds the original error, if there was one. */
export class SiteError extends Error {
  readonly site: string;

  constructor(message: Pick<Message, 'name' | 'type'>, problem: string, options?: ErrorOptions) {
    super(`${kindOf(message)} "${message.name}": ${problem}`, options);
    this.name = 'SiteError';
    this.site = message.name;
  }

  /** `error`, with the site's name put in front unless it names a site already. */
  static at(message: Pick<Message, 'name' | 'type'>, error: unknown): SiteError {
    if (error instanceof SiteError) return error;
    const problem = error instanceof Error ? error.message : String(error);
    return new SiteError(message, problem, { cause: error });
  }
}

function kindOf(message: Pick<Message, 'type'>): string {
  if (message.type === 'sample' || message.type === 'deterministic') return 'site';
  return message.type;
}
