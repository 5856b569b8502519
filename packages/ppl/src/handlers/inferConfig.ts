/** @file `inferConfig`: adds notes to inference. */
import { Handler } from '../runtime/handler.ts';
import type { InferConfig, Message } from '../runtime/message.ts';
import type { HandlerForms } from './forms.ts';
import { handlerForms } from './forms.ts';

export interface InferConfigOptions {
  /** The notes for a site, or a function that gives them. */
  readonly config: InferConfig | ((message: Message) => InferConfig);
}

/** Law: merges `config` into `infer` of sample and param sites; nothing else changes. */
export class InferConfigHandler extends Handler {
  private readonly config: InferConfigOptions['config'];

  constructor({ config }: InferConfigOptions) {
    super();
    this.config = config;
  }

  override process(message: Message): void {
    if (message.type !== 'sample' && message.type !== 'param') return;
    const notes = typeof this.config === 'function' ? this.config(message) : this.config;
    message.infer = { ...message.infer, ...notes };
  }
}

export const inferConfig: HandlerForms<InferConfigOptions, InferConfigHandler> = handlerForms(
  'inferConfig',
  ['config'],
  (options) => new InferConfigHandler(options),
);
