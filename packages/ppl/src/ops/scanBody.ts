/** @file What must not stand in the body of a scan. */
import { Handler } from '../runtime/handler.ts';
import type { Message } from '../runtime/message.ts';
import { SiteError } from '../runtime/siteError.ts';

/** Law: it refuses sample, factor and deterministic statements, which would be met at every step; nothing else changes. */
export class ScanBodyHandler extends Handler {
  override process(message: Message): void {
    if (message.type !== 'sample' && message.type !== 'deterministic') return;
    throw new SiteError(
      message,
      'stands in the body of ops.scan, and would be met at every step. Let the body return what the statement needs, and put it ' +
        'after the scan; draw the noise of latent states in one plate before the scan, and scan over it',
    );
  }
}
