import type { Capture } from '../capture-memory.ts'
import type { Machine, MachineIdentity } from '../machine.ts'

export const captureMachine = (capture: Capture, identity: MachineIdentity): Machine => ({
  arch: identity.arch,
  accelerator: identity.accelerator,
  machineType: capture.machineType,
  cpuModel: identity.cpuModel,
  qemuVersion: identity.qemuVersion,
  cpus: identity.cpus,
  pageBytes: 4096,
  blocks: [...capture.blocks],
})
