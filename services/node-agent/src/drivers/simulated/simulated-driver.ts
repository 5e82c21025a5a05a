import type { DesiredInstance } from '@bramble/contracts'
import { ProblemError, waitFor } from '@bramble/kit'
import type { Driver, Slot } from '../driver.ts'
import { makeArtifact } from './simulated-artifact.ts'
import { describeSimulatedHost, simulatedCpuModels } from './simulated-machine.ts'
import type { InjectedFailure, SimulatedHypervisor, SimulatedVm } from './simulated-hypervisor.ts'

const simulatedDiskBytes = 1024 ** 2
const simulatedManifestBytes = 700

/** A driver of a host whose VMs are entries in a table. Several may use one host one after another. */
export function createSimulatedDriver(host: SimulatedHypervisor): Driver {
  const { options, vms } = host
  const endWatches = new Set<() => void>()

  return {
    kind: 'simulated',
    describeHost: async () => describeSimulatedHost(host),
    measureFree: async () => ({ memoryBytes: host.memoryFreeBytes(), diskBytes: host.diskFreeBytes() }),
    listDomains: async () =>
      [...vms.values()].map(({ slot, state }) => ({ slotId: slot.id, domainUuid: slot.domainUuid, state })),
    checkPort: async ({ port, protocol }) => {
      const holder = host.foreignPorts.get(`${protocol}/${port}`)
      return holder === undefined ? { free: true } : { free: false, holder }
    },
    check: async (instance) => {
      injectFailure(host, 'check')
      checkFits(instance, host)
    },
    start: async ({ instance, slot }, onProgress, signal) => {
      if (vms.get(slot.id)?.state === 'running') return { timings: {} }
      onProgress('starting a simulated VM')
      await pause(options.startMs, signal)
      injectFailure(host, 'start')
      checkFits(instance, host)
      vms.set(slot.id, bootVm(instance, slot))
      rememberImages(instance, host)
      host.noteChange()
      return { timings: { fetchMs: 0, verifyMs: 0, decompressMs: 0, placeMs: 0, resumeMs: options.startMs } }
    },
    waitReady: async (slot, _probe, signal) => {
      await pause(options.readyMs, signal)
      await untilRunning(slot, host, signal)
      injectFailure(host, 'ready')
    },
    setClock: async (slot) => {
      runningVm(slot, host)
      return 'set'
    },
    destroy: async ({ id }) => {
      host.acts.destroy += 1
      if (vms.delete(id)) host.noteChange()
    },
    capture: async (spec, onProgress) => {
      const vm = runningVm(spec.slot, host)
      onProgress('capturing', { done: 0, total: 1, unit: 'steps' })
      await pause(options.captureMs)
      injectFailure(host, 'capture')
      return makeArtifact(spec, vm, simulatedManifestBytes)
    },
    exec: async (slot, { command }) => {
      runningVm(slot, host)
      const stdoutBase64 = Buffer.from(`${command.join(' ')}\n`).toString('base64')
      return { exitCode: 0, stdoutBase64, stderrBase64: '', truncated: false }
    },
    readConsole: async ({ id }, tailBytes) => Buffer.from(vms.get(id)?.console ?? '').subarray(-tailBytes),
    readLog: async ({ id }, tailBytes) => Buffer.from(vms.get(id)?.log ?? '').subarray(-tailBytes),
    listCached: async () => ({ bases: [...host.bases], overlays: [...host.overlays] }),
    onChange: (listener) => {
      const end = host.onChange(listener)
      endWatches.add(end)
      return end
    },
    close: async () => endWatches.forEach((end) => end()),
  }
}

const pause = async (ms: number, signal: AbortSignal = new AbortController().signal) => {
  if (ms > 0) await waitFor(ms, signal)
  signal.throwIfAborted()
}

function injectFailure({ options, acts }: SimulatedHypervisor, at: InjectedFailure['at']): void {
  acts[at] += 1
  const failure = options.failures.find((it) => it.at === at && acts[at] % it.every === 0)
  if (failure) throw new ProblemError(failure.code, `The simulated host was told to fail this ${at}.`)
}

function checkFits({ memoryBytes, source }: DesiredInstance, host: SimulatedHypervisor): void {
  const cpuModel = source.kind === 'disk' ? source.machine.cpuModel : undefined
  if (cpuModel !== undefined && !simulatedCpuModels.includes(cpuModel)) {
    const detail = `This node cannot provide ${cpuModel}, only ${simulatedCpuModels.join(', ')}.`
    throw new ProblemError('cpu_model_unavailable', detail)
  }
  const freeBytes = host.memoryFreeBytes()
  if (memoryBytes > freeBytes) {
    throw new ProblemError('insufficient_memory', `It needs ${memoryBytes} bytes; ${freeBytes} are free.`)
  }
  if (simulatedDiskBytes > host.diskFreeBytes()) throw new ProblemError('insufficient_disk', 'The disk is full.')
}

const bootVm = ({ name, memoryBytes }: DesiredInstance, slot: Slot): SimulatedVm => ({
  slot,
  state: 'running',
  name,
  memoryBytes,
  diskBytes: simulatedDiskBytes,
  console: `${name}: this guest is simulated\n`,
  log: `starting up the simulated VM ${name}\n`,
})

function rememberImages({ source }: DesiredInstance, { bases, overlays }: SimulatedHypervisor): void {
  if (source.kind !== 'synthesis') return
  bases.add(source.base)
  if (source.overlay) overlays.add(source.overlay)
}

function runningVm({ id }: Slot, { vms }: SimulatedHypervisor): SimulatedVm {
  const vm = vms.get(id)
  if (vm && vm.state !== 'stopped') return vm
  throw new ProblemError('guest_stopped', `The simulated VM of slot ${id} does not run.`)
}

/** A paused guest answers nothing: it is not ready until it runs again. */
async function untilRunning(slot: Slot, host: SimulatedHypervisor, signal: AbortSignal): Promise<void> {
  while (runningVm(slot, host).state === 'paused') {
    const changed = new AbortController()
    const endWatch = host.onChange(() => changed.abort())
    await waitFor(2 ** 31 - 1, AbortSignal.any([signal, changed.signal]))
    endWatch()
    signal.throwIfAborted()
  }
}
