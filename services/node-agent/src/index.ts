export { startAgent } from './start.ts'
export type { Agent, AgentOptions } from './start.ts'
export { AgentConfig } from './config.ts'
export type { PushArtifact } from './context.ts'
export { crashPoint } from './crash-points.ts'
export type {
  Artifact,
  CaptureSpec,
  Domain,
  Driver,
  DriverHost,
  OnProgress,
  Slot,
  StartSpec,
} from './drivers/driver.ts'
export { memoryStorage } from './ledger/memory-storage.ts'
export { fileStorage } from './ledger/file-storage.ts'
export type { LedgerStorage } from './ledger/storage.ts'
export { createSimulatedDriver } from './drivers/simulated/simulated-driver.ts'
export { createSimulatedHypervisor } from './drivers/simulated/simulated-hypervisor.ts'
export type {
  InjectedFailure,
  SimulatedHostOptions,
  SimulatedHypervisor,
} from './drivers/simulated/simulated-hypervisor.ts'
export { createLibvirtDriver } from './drivers/libvirt/libvirt-driver.ts'
export type { LibvirtDriverOptions } from './drivers/libvirt/libvirt-driver.ts'
export { createImageCache } from './images/image-cache.ts'
export type { ImageCache } from './images/image-cache.ts'
export { pushArtifact } from './images/push-artifact.ts'
export { createRegistryClient } from './images/registry-client.ts'
export type { RegistryAccess } from './images/registry-request.ts'
