/** @file Names for layers that do not depend on tfjs's counters, which go on counting from one network to the next. */
import type { Layer } from './net.ts';

/**
 * A name for each of the layers of one container. A name that the user gave stays; one that tfjs made up (`dense_Dense3`)
 * becomes the class and the layer's position among those of its class in this container (`dense1`).
 */
export function nameLayers(layers: readonly Layer[]): Map<Layer, string> {
  const taken = new Set(layers.filter((layer) => automaticStem(layer) === null).map((layer) => layer.name));
  const seen = new Map<string, number>();
  const names = new Map<Layer, string>();
  for (const layer of layers) {
    const className = layer.getClassName();
    let position = (seen.get(className) ?? 0) + 1;
    seen.set(className, position);
    const stem = automaticStem(layer);
    if (stem === null) {
      names.set(layer, layer.name);
      continue;
    }
    while (taken.has(`${stem}${position}`)) position++;
    taken.add(`${stem}${position}`);
    names.set(layer, `${stem}${position}`);
  }
  return names;
}

/** `batchNormalization` for `batch_normalization_BatchNormalization7`; `null` if the user chose the name. */
function automaticStem(layer: Layer): string | null {
  const className = layer.getClassName();
  const counter = /\d+$/.exec(layer.name)?.[0];
  if (counter === undefined) return null;
  const base = layer.name.slice(0, -counter.length);
  // Containers: `sequential_1`, `model1`.
  if (base.replace(/_$/, '') === className.toLowerCase()) return isContainer(layer) ? camelCase(base) : null;
  if (!base.endsWith(`_${className}`)) return null;
  const snake = base.slice(0, -className.length - 1);
  return snake.replaceAll('_', '') === className.toLowerCase() ? camelCase(snake) : null;
}

function isContainer(layer: Layer): boolean {
  return Array.isArray((layer as { layers?: unknown }).layers);
}

/** `depthwiseKernel` for `depthwise_kernel`. */
export function camelCase(snake: string): string {
  return snake.replace(/_+$/, '').replace(/_+(.)/g, (_, letter: string) => letter.toUpperCase());
}
