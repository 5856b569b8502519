/** @file `selectiveMask` and `selectiveScale`: `mask` and `scale` for some sites and not for others. */
import { Handler, handlerForms, handlers, warn, whenDone } from '@tychejs/ppl';
import type { HandlerForms, Message } from '@tychejs/ppl';
import type { SiteSelection } from './siteSelection.ts';
import { SELECTION_KEYS, Selection, isSelectable } from './siteSelection.ts';

type MaskOptions = Parameters<typeof handlers.mask>[0];
type ScaleOptions = Parameters<typeof handlers.scale>[0];

/** Which sites, and what `handlers.mask` takes. */
export type SelectiveMaskOptions = SiteSelection & MaskOptions;

/** Which sites, and what `handlers.scale` takes. */
export type SelectiveScaleOptions = SiteSelection & ScaleOptions;

/**
 * Law: for the sites that the selection exposes, what another handler does; for the others, nothing. A warning says
 * so when no site was exposed, or a name that the selection has was met nowhere.
 */
export class SelectiveHandler extends Handler {
  private readonly where: string;
  protected readonly selection: Selection;
  private readonly effect: Handler;
  private hadEffect = false;

  constructor(where: string, selection: SiteSelection, effect: Handler) {
    super();
    this.where = where;
    this.selection = new Selection(where, selection);
    this.effect = effect;
  }

  override process(message: Message): void {
    if (!isSelectable(message) || !this.selection.isExposed(message)) return;
    this.hadEffect = true;
    this.effect.process(message);
  }

  override run<R>(body: () => R): R {
    return whenDone(super.run(body), () => this.report());
  }

  private report(): void {
    const unmet = this.selection.unmetNames;
    if (unmet.length > 0) warn(`${this.where}: no site inside is called ${unmet.map((name) => `"${name}"`).join(', ')}`);
    else if (!this.hadEffect) warn(`${this.where}: had no effect: no site inside was exposed`);
  }
}

/** The options for the handler that is made selective, and those of the selection. */
function split<O extends SiteSelection>(options: O, key: keyof O): SiteSelection {
  const { [key]: _own, ...selection } = options;
  return selection;
}

/**
 * `handlers.mask` of ppl for the sites that are exposed (all, if there are no rules); see {@link SiteSelection}. Where `mask` is
 * false, their log-density counts as zero: so a network that sees all nodes of a graph is trained on the labels of some.
 *
 * ```ts
 * const masked = handlers.selectiveMask({ mask: isLabelled, expose: ['likelihood.data'] });
 * await masked.run(() => bnn.fit({ x, y }, { optim, epochs: 200 }));
 * ```
 *
 * The log-likelihood of a batch is still multiplied by the number of data over that in the batch, masked or not.
 *
 * @throws TypeError for a mask that is not boolean, and for rules that contradict one another; inside, SiteError where the
 * mask does not broadcast to the batch shape of a site: targets of shape [n, 1] are n data, and their mask has shape [n].
 */
export const selectiveMask: HandlerForms<SelectiveMaskOptions, SelectiveHandler> = handlerForms(
  'selectiveMask',
  ['mask', ...SELECTION_KEYS],
  (options) => new SelectiveHandler('handlers.selectiveMask', split(options, 'mask'), handlers.mask({ mask: options.mask })),
);

/**
 * `handlers.scale` of ppl for the sites that are exposed (all, if there are no rules); see {@link SiteSelection}. Around `bnn.fit` it
 * holds in model and guide: the divergence of the weights from their prior is weighed by
 *
 * ```ts
 * handlers.selectiveScale({ scale: 0.1, hide: ['likelihood.data'] })
 * ```
 *
 * @throws RangeError for a scale that is not positive; TypeError for rules that contradict one another.
 */
export const selectiveScale: HandlerForms<SelectiveScaleOptions, SelectiveHandler> = handlerForms(
  'selectiveScale',
  ['scale', ...SELECTION_KEYS],
  (options) => new SelectiveHandler('handlers.selectiveScale', split(options, 'scale'), handlers.scale({ scale: options.scale })),
);
