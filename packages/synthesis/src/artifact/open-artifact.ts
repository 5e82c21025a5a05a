/** The small layers that say how to read the others. */
import type { SynthesisErrorCode } from '../error.ts'
import { SynthesisError } from '../error.ts'
import type { Machine } from '../machine.ts'
import { machineSchema, MAIN_BLOCK } from '../machine.ts'
import type { LayerIndex } from './layer-index.ts'
import { readLayerIndex } from './layer-index.ts'
import type { LayerSource } from './layer-source.ts'
import { readWholeLayer } from './layer-source.ts'
import type { Manifest } from './manifest.ts'

const MAX_MACHINE_BYTES = 1 << 16
const MAX_INDEX_BYTES = 64 << 20

export const corruptionOf = (manifest: Manifest): SynthesisErrorCode =>
  manifest.kind === 'base' ? 'base_corrupt' : 'overlay_corrupt'

/** The machine of a base or an overlay, for `checkMachineFits` before any work begins. */
export async function readMachine(manifest: Manifest, source: LayerSource): Promise<Machine> {
  const code = corruptionOf(manifest)
  const bytes = await readWholeLayer({ source, layer: manifest.layers.machine, maxBytes: MAX_MACHINE_BYTES, code })
  try {
    return machineSchema.parse(JSON.parse(bytes.toString('utf8')))
  } catch (cause) {
    throw new SynthesisError(code, 'The machine cannot be read', { cause })
  }
}

export async function readIndex(manifest: Manifest, source: LayerSource): Promise<LayerIndex> {
  const code = corruptionOf(manifest)
  const bytes = await readWholeLayer({ source, layer: manifest.layers.index, maxBytes: MAX_INDEX_BYTES, code })
  return readLayerIndex(bytes, manifest.layers, code)
}

export const hasMainBlock = (machine: Machine, sizeBytes: number): boolean =>
  machine.blocks.some((block) => block.name === MAIN_BLOCK && block.sizeBytes === sizeBytes)
