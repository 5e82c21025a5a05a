import { randomUUID } from 'node:crypto'
import type { DesiredInstance, Timings } from '@bramble/contracts'
import { undoStack } from '@bramble/kit'
import type { OnProgress, Slot } from '../driver.ts'
import { announceGuest } from './announce-guest.ts'
import { machineOfSpec } from './choose-machine.ts'
import type { DiskSource } from './choose-machine.ts'
import { destroySlot } from './destroy-slot.ts'
import { domainXml } from './domain-xml.ts'
import type { LibvirtContext } from './libvirt-context.ts'
import { runQemuImg } from './run-qemu-img.ts'
import { makeSlotFolder, slotFiles } from './slot-files.ts'

export interface DiskStart {
  instance: DesiredInstance & { source: DiskSource }
  slot: Slot
}

/** Boots an image that stays as it is: what the guest writes goes to a layer of its own. */
export async function startFromDisk(context: LibvirtContext, start: DiskStart, onProgress: OnProgress) {
  const { libvirt, images, host, log } = context
  const { instance, slot } = start
  const began = performance.now()
  await using undo = undoStack(log)
  onProgress('fetching the disk')
  const image = await images.disk(instance.source.disk)
  const fetchMs = performance.now() - began

  const files = slotFiles(context.stateDir, slot.id)
  undo.push('remove the slot', () => destroySlot(context, slot))
  await makeSlotFolder(files, host.qemuOwner)
  await createLayer(context, files.disk, image)
  onProgress('starting the VM')
  const placed = performance.now()
  const xml = domainXml({
    ...machineOfSpec(instance.source.machine, host.host),
    owner: context.owner,
    slotId: slot.id,
    uuid: slot.domainUuid,
    generationId: randomUUID(),
    ram: { kind: 'boot' },
    disk: { path: files.disk, backing: { path: image, format: 'qcow2' } },
    consolePath: files.console,
    forwards: slot.forwards,
  })
  const domain = await libvirt.domains.createXml(xml)
  await announceGuest(libvirt, domain, log)
  undo.keep()
  const ended = performance.now()
  const timings: Timings = {
    fetchMs,
    placeMs: placed - began - fetchMs,
    resumeMs: ended - placed,
    totalMs: ended - began,
  }
  return { timings }
}

// Clusters of one page: the layer then holds what the guest changed and little else.
const createLayer = ({ host }: LibvirtContext, path: string, image: string): Promise<void> =>
  runQemuImg(host.qemuOwner, [
    ...['create', '-q', '-f', 'qcow2'],
    ...['-o', 'cluster_size=4096', '-b', image, '-F', 'qcow2', path],
  ])
