/** @file The posterior of a last layer in a file of the safetensors format, in float64. */
import { ParamStore, readStoreWithData, storeWithDataToBytes } from '@tychejs/ppl';
import type { FileSource } from '@tychejs/ppl';
import { BlockSpectrum } from './blockSpectrum.ts';
import type { LastLayer } from './lastLayer.ts';
import { LastLayerPosterior } from './lastLayerPosterior.ts';
import type { PosteriorParts } from './posteriorParts.ts';
import { ProductSpectrum } from './productSpectrum.ts';

interface LaplaceFile extends PosteriorParts {
  readonly kind: typeof KIND;
  readonly version: number;
  readonly layer: { readonly name: string; readonly outputs: number; readonly features: number };
}

const KIND = 'laplace';
const VERSION = 1;

export async function posteriorToBytes({ name, outputs, features }: LastLayer, parts: PosteriorParts): Promise<Uint8Array<ArrayBuffer>> {
  const file: LaplaceFile = { kind: KIND, version: VERSION, layer: { name, outputs, features }, ...parts };
  return storeWithDataToBytes(new ParamStore(), file);
}

/** @throws Error when the file is damaged, or is of another layer. */
export async function readPosterior(source: FileSource, layer: LastLayer, isCoupled: boolean): Promise<LastLayerPosterior> {
  return readStoreWithData(source, ({ run }) => {
    const file = checked(run, layer);
    const { spectrum } = file;
    return new LastLayerPosterior(layer, file, spectrum.kind === 'blocks' ? new BlockSpectrum(spectrum) : new ProductSpectrum(spectrum), isCoupled);
  });
}

/** A file with a good checksum, and of this kind, is as it was written. */
function checked(run: unknown, { name, outputs, features }: LastLayer): LaplaceFile {
  const file = run as Partial<LaplaceFile> | null;
  if (file?.kind !== KIND) throw new Error('it is no posterior of a last layer, as laplace.save writes it');
  if (file.version !== VERSION) throw new Error(`it has version ${String(file.version)} of the format of such posteriors; this is version ${VERSION}`);
  const found = file.layer;
  if (found?.name === name && found.outputs === outputs && found.features === features) return file as LaplaceFile;
  const shown = (shape: LaplaceFile['layer'] | undefined): string => `"${shape?.name}" of ${shape?.features} features and ${shape?.outputs} outputs`;
  throw new Error(`it is of another network: of a last layer ${shown(found)}, where this one has ${shown({ name, outputs, features })}`);
}
