// A host with VMs that are nothing but entries in a table: for fleets without machines. It outlives the agents that use
// it, as a real hypervisor does. Nothing happens by itself in it: no timer runs for a VM that is only there, so five
// hundred hosts with five hundred VMs each cost memory and no time.
import type { Digest, ProblemCode } from '@bramble/contracts'
import type { Slot } from '../driver.ts'

const MiB = 1024 ** 2

export interface SimulatedHostOptions {
  hostname?: string
  cpus?: number
  memoryBytes?: number
  diskBytes?: number
  /** How long a start, a guest's way to its first answer, and a capture take. */
  startMs?: number
  readyMs?: number
  captureMs?: number
  failures?: InjectedFailure[]
}

/** Every `every`-th act of a kind fails with the code; 1 = each. */
export interface InjectedFailure {
  at: 'check' | 'start' | 'ready' | 'capture'
  every: number
  code: ProblemCode
}

export interface SimulatedVm {
  slot: Slot
  state: 'running' | 'paused' | 'stopped'
  name: string
  memoryBytes: number
  diskBytes: number
  console: string
  log: string
}

export interface SimulatedHypervisor {
  readonly options: Required<SimulatedHostOptions>
  readonly vms: Map<string, SimulatedVm>
  readonly bases: Set<Digest>
  readonly overlays: Set<Digest>
  /** Ports of this host that something else holds: `tcp/8080` -> by what. */
  readonly foreignPorts: Map<string, string>
  /** How often each act was done on this host. */
  readonly acts: Record<InjectedFailure['at'] | 'destroy', number>
  memoryFreeBytes(): number
  diskFreeBytes(): number
  /** What a guest or a person at the host can do to a VM. */
  stopVm(slotId: string): void
  pauseVm(slotId: string): void
  resumeVm(slotId: string): void
  onChange(listener: () => void): () => void
  noteChange(): void
}

const defaults: Required<SimulatedHostOptions> = {
  hostname: 'simulated',
  cpus: 64,
  memoryBytes: 256 * 1024 * MiB,
  diskBytes: 1024 * 1024 * MiB,
  startMs: 2,
  readyMs: 2,
  captureMs: 2,
  failures: [],
}

export function createSimulatedHypervisor(options: SimulatedHostOptions = {}): SimulatedHypervisor {
  const settings = { ...defaults, ...options }
  const vms = new Map<string, SimulatedVm>()
  const listeners = new Set<() => void>()
  const noteChange = () => [...listeners].forEach((listener) => listener())
  const sum = (field: 'memoryBytes' | 'diskBytes') => [...vms.values()].reduce((total, vm) => total + vm[field], 0)
  const setState = (slotId: string, state: SimulatedVm['state']) => {
    const vm = vms.get(slotId)
    if (vm) vm.state = state
    noteChange()
  }

  return {
    options: settings,
    vms,
    bases: new Set(),
    overlays: new Set(),
    foreignPorts: new Map(),
    acts: { check: 0, start: 0, ready: 0, capture: 0, destroy: 0 },
    memoryFreeBytes: () => settings.memoryBytes - sum('memoryBytes'),
    diskFreeBytes: () => settings.diskBytes - sum('diskBytes'),
    stopVm: (slotId) => setState(slotId, 'stopped'),
    pauseVm: (slotId) => setState(slotId, 'paused'),
    resumeVm: (slotId) => setState(slotId, 'running'),
    onChange: (listener) => {
      listeners.add(listener)
      return () => void listeners.delete(listener)
    },
    noteChange,
  }
}
