/** Bramble's synthesis: bases and overlays of VMs, made from and turned back into QEMU's migration stream. */
export type { LayerIndex, Segment } from './artifact/layer-index.ts'
export type { ByteRange, LayerSource } from './artifact/layer-source.ts'
export { blobPath, fileLayerSource } from './artifact/layer-source.ts'
export type {
  Annotations,
  BaseManifest,
  Descriptor,
  LayerName,
  Layers,
  Manifest,
  OverlayManifest,
} from './artifact/manifest.ts'
export { ARTIFACT_TYPES, digestOf, LAYER_TYPES, MANIFEST_TYPE, readManifest } from './artifact/manifest.ts'
export { readIndex, readMachine } from './artifact/open-artifact.ts'
export type { BaseFiles } from './base/base-files.ts'
export { openBase } from './base/base-files.ts'
export type { Materialization } from './base/materialize-base.ts'
export { materializeBase } from './base/materialize-base.ts'
export type { Capture } from './capture-memory.ts'
export { captureMemory } from './capture-memory.ts'
export type { Fit, HostMachine, Misfit } from './check-machine-fits.ts'
export { checkMachineFits } from './check-machine-fits.ts'
export type { DiskInspection, DiskQuota } from './disk/inspect-disk.ts'
export { inspectDisk } from './disk/inspect-disk.ts'
export type { EncodedArtifact } from './encode/encode-artifact.ts'
export type { BaseEncoding } from './encode/encode-base.ts'
export { encodeBase } from './encode/encode-base.ts'
export type { OverlayEncoding } from './encode/encode-overlay.ts'
export { encodeOverlay } from './encode/encode-overlay.ts'
export type { EncodeStats, SpaceStats } from './encode/encode-stats.ts'
export type { WrittenLayer } from './encode/layer-writer.ts'
export type { SynthesisErrorCode } from './error.ts'
export { SynthesisError } from './error.ts'
export type { Machine, MachineIdentity, RamBlock } from './machine.ts'
export { MAIN_BLOCK } from './machine.ts'
export type { Stage, StageTimings } from './stopwatch.ts'
export type { Synthesis, SynthesisMilestone, SynthesisResult } from './synthesize.ts'
export { prepareDisk, synthesize } from './synthesize.ts'
