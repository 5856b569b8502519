/** @file All effect handlers; each in both forms. */
export { block } from './block.ts';
export { broadcast } from './broadcast.ts';
export { condition } from './condition.ts';
export { inferConfig } from './inferConfig.ts';
export { doIntervention } from './intervention.ts';
export { lift } from './lift.ts';
export { mask } from './mask.ts';
export { paramStore } from './paramStore.ts';
export { replay } from './replay.ts';
export { scale } from './scale.ts';
export { scope } from './scope.ts';
export { seed } from './seed.ts';
export { substitute } from './substitute.ts';
export { trace } from './trace.ts';
export { uncondition } from './uncondition.ts';
