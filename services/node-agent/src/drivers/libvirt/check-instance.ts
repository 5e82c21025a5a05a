import type { DesiredInstance, HostFree } from '@bramble/contracts'
import { freeBytes, ProblemError } from '@bramble/kit'
import { checkMachineFits } from '@bramble/synthesis'
import type { Misfit } from '@bramble/synthesis'
import type { DriverHost } from '../driver.ts'
import { machineOfSpec } from './choose-machine.ts'
import { freeMemoryBytes } from './free-memory.ts'
import type { LibvirtContext } from './libvirt-context.ts'

/** What every instance may write before its own images are looked at. */
const smallestDiskBytes = 64 * 1024 * 1024

/** Refuses what cannot run here: cpu_model_unavailable, machine_mismatch, base_unknown, insufficient_memory or _disk. */
export async function checkInstance(context: LibvirtContext, instance: DesiredInstance): Promise<void> {
  await checkMachine(context, instance)
  using _room = await claimRoom(context, instance)
}

/** Held while the instance is started, whose memory and disk are used only bit by bit. */
export async function claimRoom({ images, memory }: LibvirtContext, instance: DesiredInstance): Promise<Disposable> {
  using room = new DisposableStack()
  room.use(await memory.claim(instance.name, instance.memoryBytes))
  room.use(await images.space.claim(instance.name, smallestDiskBytes))
  return room.move()
}

export async function measureFree({ stateDir, images, memoryReserveBytes }: LibvirtContext): Promise<HostFree> {
  const [memory, disk] = await Promise.all([freeMemoryBytes(), freeBytes(stateDir)])
  return {
    memoryBytes: Math.max(0, memory - memoryReserveBytes),
    diskBytes: Math.max(0, disk - images.reserveBytes),
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
