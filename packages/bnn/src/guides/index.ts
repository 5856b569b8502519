/** @file Guides for networks, beside those of `@tychejs/ppl`. */
export { autoNormal } from './autoNormal.ts';
export type { AutoNormalOptions } from './autoNormal.ts';
export { byLayer } from './byLayer.ts';
export type { Guide, GuideBuilder, GuideClass, GuideContext } from './guide.ts';
export { fromPretrained, initToNormal } from './initialValues.ts';
export type { Initializer, InitToNormalOptions } from './initialValues.ts';
