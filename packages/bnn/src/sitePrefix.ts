/** @file Sites that bear the name of their network. */
import { Handler } from '@tychejs/ppl';
import type { Message } from '@tychejs/ppl';

/**
 * Law: all sites inside are called `NAME.site`. Unlike `scope` it leaves the names of parameters, which are in a store of
 * the network's own.
 */
export class SitePrefix extends Handler {
  private readonly prefix: string;

  constructor(name: string) {
    super();
    this.prefix = `${name}.`;
  }

  override process(message: Message): void {
    if (message.type === 'param') return;
    message.name = this.prefix + message.name;
    // Frames come from plates inside: those outside add theirs later.
    message.plates = message.plates.map((frame) => ({ ...frame, name: this.prefix + frame.name }));
  }
}
