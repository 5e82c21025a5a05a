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
