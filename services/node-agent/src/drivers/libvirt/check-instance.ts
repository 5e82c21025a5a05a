import { freemem } from 'node:os'
import { readFile } from 'node:fs/promises'
import type { DesiredInstance, HostFree } from '@bramble/contracts'
import { freeBytes, ProblemError } from '@bramble/kit'
import { checkMachineFits } from '@bramble/synthesis'
import type { Misfit } from '@bramble/synthesis'
import { checkSpace } from '../../images/free-space.ts'
import type { DriverHost } from '../driver.ts'
import { machineOfSpec } from './choose-machine.ts'
import type { LibvirtContext } from './libvirt-context.ts'

/** What every instance may write before its own images are looked at. */
const smallestDiskBytes = 64 * 1024 * 1024

/** Refuses what cannot run here: cpu_model_unavailable, machine_mismatch, base_unknown, insufficient_memory or _disk. */
export async function checkInstance(context: LibvirtContext, instance: DesiredInstance): Promise<void> {
  await checkMachine(context, instance)
  const free = await freeMemoryBytes()
  if (free - context.memoryReserveBytes < instance.memoryBytes) throw tooLittleMemory(context, instance, free)
  await checkSpace(context.stateDir, smallestDiskBytes, context.diskReserveBytes, `The instance ${instance.name}`)
}

export async function measureFree({
  stateDir,
  memoryReserveBytes,
  diskReserveBytes,
}: LibvirtContext): Promise<HostFree> {
  const [memory, disk] = await Promise.all([freeMemoryBytes(), freeBytes(stateDir)])
  return {
    memoryBytes: Math.max(0, memory - memoryReserveBytes),
    diskBytes: Math.max(0, disk - diskReserveBytes),
  }
}

async function checkMachine({ images, host }: LibvirtContext, { source }: DesiredInstance): Promise<void> {
  const machine =
    source.kind === 'synthesis'
      ? await images.machine(source.base)
      : {
          ...machineOfSpec(source.machine, host.host),
          qemuVersion: host.host.qemuVersion,
          pageBytes: 4096 as const,
          blocks: [],
        }
  const fit = checkMachineFits(machine, { ...host.host, accelerators: [host.host.accelerator] })
  if (!fit.fits) throw misfit(fit.misfits, host.host)
}

function misfit(misfits: readonly Misfit[], host: DriverHost): ProblemError {
  const isCpuAlone = misfits.every(({ field }) => field === 'cpuModel')
  const detail = misfits.map(({ field, wanted, found }) => `${field} is ${wanted}, the node has ${found || 'none'}`)
  return isCpuAlone
    ? new ProblemError(
        'cpu_model_unavailable',
        `${host.hostname} cannot provide ${misfits[0]!.wanted} under ${host.accelerator}.`,
      )
    : new ProblemError('machine_mismatch', `${detail.join('; ')}.`)
}

function tooLittleMemory({ memoryReserveBytes }: LibvirtContext, { name, memoryBytes }: DesiredInstance, free: number) {
  const [wants, has, reserve] = [memoryBytes, free, memoryReserveBytes].map((bytes) => Math.floor(bytes / 1024 ** 2))
  return new ProblemError(
    'insufficient_memory',
    `${name} wants ${wants} MiB; ${has} MiB are free, of which ${reserve} MiB are kept for the host.`,
  )
}

/** What can be had without swapping: free memory alone leaves out the page cache. */
async function freeMemoryBytes(): Promise<number> {
  const text = await readFile('/proc/meminfo', 'utf8')
  const available = /^MemAvailable:\s+(\d+) kB$/m.exec(text)?.[1]
  return available === undefined ? freemem() : Number(available) * 1024
}
