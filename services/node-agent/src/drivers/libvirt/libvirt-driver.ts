// The driver for real VMs: QEMU through libvirt. This file only wires; each act has a file of its own beside it.
import type { Arch, Timings } from '@bramble/contracts'
import type { Logger } from '@bramble/kit'
import { connectLibvirt } from '@bramble/libvirt'
import type { SessionOptions } from '@bramble/libvirt'
import type { ImageCache } from '../../images/image-cache.ts'
import type { CaptureSpec, Driver, OnProgress, StartSpec } from '../driver.ts'
import { asking } from './as-problem.ts'
import { captureInstance } from './capture-instance.ts'
import { checkInstance, claimRoom, measureFree } from './check-instance.ts'
import { checkPort } from './check-port.ts'
import { destroySlot } from './destroy-slot.ts'
import { domainState } from './domain-ref.ts'
import { namePrefix } from './domain-xml.ts'
import { execInGuest } from './exec-in-guest.ts'
import { createMemoryClaims } from './free-memory.ts'
import { readHost } from './host-facts.ts'
import type { LibvirtContext } from './libvirt-context.ts'
import { watchLifecycle } from './lifecycle-watch.ts'
import { listDomains, resumeInterrupted } from './list-domains.ts'
import { readOwner } from './owner.ts'
import { probeAccelerator } from './probe-accelerator.ts'
import { qemuLogPath } from './qemu-log.ts'
import { readConsole } from './read-console.ts'
import { setClock } from './set-clock.ts'
import { prepareSlotsFolder, slotFiles } from './slot-files.ts'
import { startBySynthesis } from './start-by-synthesis.ts'
import { startFromDisk } from './start-from-disk.ts'
import { waitReady } from './wait-ready.ts'

export interface LibvirtDriverOptions {
  /**
   * Slots lie in `<stateDir>/slots`; must be on the same disk as the images, and short (unix sockets lie in it). Several
   * agents may share a hypervisor, each with a folder of its own.
   */
  stateDir: string
  images: ImageCache
  log: Logger
  connection?: SessionOptions
  /** Memory that instances never get. Default: 512 MiB. */
  memoryReserveBytes?: number
  /** Default: /var/log/libvirt/qemu. */
  qemuLogDir?: string
}

export async function createLibvirtDriver(options: LibvirtDriverOptions): Promise<Driver> {
  const context = await openContext(options)
  const { libvirt, busy, stateDir } = context

  const atWork = async <T>(slotId: string, work: 'starting' | 'capturing', act: () => Promise<T>): Promise<T> => {
    busy.set(slotId, work)
    try {
      return await act()
    } finally {
      busy.delete(slotId)
    }
  }

  return {
    kind: 'libvirt',
    describeHost: async () => context.host.host,
    measureFree: () => measureFree(context),
    listDomains: () => asking('listing domains', () => listDomains(context)),
    checkPort,
    check: (instance) => asking(`checking ${instance.name}`, () => checkInstance(context, instance)),

    start: (spec, onProgress, signal) =>
      asking(`starting ${spec.instance.name}`, () =>
        atWork(spec.slot.id, 'starting', () => start(context, { ...spec, signal }, onProgress)),
      ),

    waitReady: (slot, probe, signal) => asking('waiting for the guest', () => waitReady(context, slot, probe, signal)),
    setClock: (slot) => asking("setting the guest's clock", () => setClock(context, slot)),
    destroy: (slot) => asking(`removing slot ${slot.id}`, () => destroySlot(context, slot)),

    capture: (spec: CaptureSpec, onProgress: OnProgress) =>
      asking(`capturing ${spec.instance}`, () =>
        atWork(spec.slot.id, 'capturing', () => captureInstance(context, spec, onProgress)),
      ),

    exec: (slot, request) => asking('running a command in the guest', () => execInGuest(context, slot, request)),
    readConsole: (slot, tailBytes) => readConsole(slotFiles(stateDir, slot.id).console, tailBytes),
    readLog: (slot, tailBytes) => readConsole(qemuLogPath(context, slot), tailBytes),
    listCached: () => context.images.list(),

    onChange(listener) {
      const endEvents = context.lifecycle.listen(
        ({ domain }) => void (domain.name.startsWith(namePrefix) && listener()),
      )
      libvirt.link.on('reconnected', listener)
      return () => {
        endEvents()
        libvirt.link.off('reconnected', listener)
      }
    },

    close: () => libvirt.close(),
  }
}

async function openContext(options: LibvirtDriverOptions): Promise<LibvirtContext> {
  const { stateDir, images, log, connection, qemuLogDir = '/var/log/libvirt/qemu' } = options
  const { memoryReserveBytes = 512 * 1024 ** 2 } = options
  const memory = createMemoryClaims(memoryReserveBytes)
  await prepareSlotsFolder(stateDir)
  const owner = await readOwner(stateDir)
  const libvirt = await connectLibvirt(connection)
  const probe = (arch: Arch) => probeAccelerator(libvirt, { arch, owner, dir: stateDir, log })
  const host = await readHost(libvirt, stateDir, probe)
  const lifecycle = await watchLifecycle(libvirt)
  const context: LibvirtContext = {
    ...{ libvirt, images, owner, stateDir, qemuLogDir, memoryReserveBytes, memory },
    ...{ host, lifecycle, log, busy: new Map() },
  }
  const repair = () => resumeInterrupted(context).catch((err: unknown) => log.error({ err }, 'cannot resume guests'))
  libvirt.link.on('disconnected', (err) => log.warn({ err }, 'libvirt is gone; connecting again'))
  libvirt.link.on('reconnected', () => void repair())
  await repair()
  return context
}

interface Start extends StartSpec {
  signal: AbortSignal | undefined
}

/** A slot whose VM runs is left as it is; what a crash left of a start is removed first. */
async function start(context: LibvirtContext, spec: Start, onProgress: OnProgress): Promise<{ timings: Timings }> {
  const { slot, signal } = spec
  const { state } = await domainState(context.libvirt, slot)
  if (state === 'running' || state === 'blocked') return { timings: {} }
  if (state !== 'gone') await destroySlot(context, slot)
  using _room = await claimRoom(context, spec.instance)
  const { source, ...instance } = spec.instance
  return source.kind === 'disk'
    ? await startFromDisk(context, { instance: { ...instance, source }, slot }, onProgress)
    : await startBySynthesis(context, { instance: { ...instance, source }, slot, signal }, onProgress)
}
