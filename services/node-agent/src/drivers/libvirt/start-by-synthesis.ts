// Starts a VM from base and overlay: this process plays the source of a migration whose destination is libvirt.
//
//   overlay    fetch | verify | decompress | expand ---> receiver ---.
//   libvirt    Prepare: QEMU starts, maps the base, listens           `--> socket --> Finish: it runs
//
// Both lines run at the same time: the receiver holds what is decoded before QEMU listens. libvirt keeps the waiting
// domain bound to our connection, so that it goes when this process dies.
import { randomUUID } from 'node:crypto'
import type { DesiredInstance, Timings } from '@bramble/contracts'
import { describeError, ProblemError, undoStack } from '@bramble/kit'
import { destinationCookie } from '@bramble/libvirt'
import { prepareDisk, synthesize, SynthesisError } from '@bramble/synthesis'
import type { BaseFiles, LayerSource, SynthesisResult } from '@bramble/synthesis'
import type { CachedOverlay } from '../../images/image-cache.ts'
import type { OnProgress, Slot } from '../driver.ts'
import { machineOfBase } from './choose-machine.ts'
import type { SynthesisSource } from './choose-machine.ts'
import { destroySlot } from './destroy-slot.ts'
import { domainRef } from './domain-ref.ts'
import { domainXml } from './domain-xml.ts'
import type { LibvirtContext } from './libvirt-context.ts'
import { lastWordsOf } from './qemu-log.ts'
import { createQemuReceiver, ReceiverGoneError } from './qemu-receiver.ts'
import { makeSlotFolder, slotFiles } from './slot-files.ts'
import type { SlotFiles } from './slot-files.ts'

export interface SynthesisStart {
  instance: DesiredInstance & { source: SynthesisSource }
  slot: Slot
  signal: AbortSignal | undefined
}

interface Waiting {
  name: string
  uri: string
  cookie: Buffer
}

/** What is decoded while libvirt prepares QEMU need not be decoded after. */
const heldBytes = 128 * 1024 * 1024
const flags = ['live'] as const

export async function startBySynthesis(context: LibvirtContext, start: SynthesisStart, onProgress: OnProgress) {
  const { slot, signal } = start
  const { source } = start.instance
  const began = performance.now()
  onProgress('fetching base and overlay')
  const images = await fetchImages(context, source)
  const fetched = performance.now()

  await using undo = undoStack(context.log)
  const files = slotFiles(context.stateDir, slot.id)
  undo.push('remove the slot', () => destroySlot(context, slot))
  await makeSlotFolder(files, context.host.qemuOwner)
  signal?.throwIfAborted()
  onProgress('placing disk and memory')
  const { waiting, result } = await place(context, { ...images, files, start }).catch(forgetDamaged(context, source))
  const placed = performance.now()
  onProgress('resuming')
  await context.libvirt.migration.finish({ ...waiting, flags })
  undo.keep()
  return { timings: timingsOf({ began, fetched, placed, ended: performance.now() }, result) }
}

/** A copy that was damaged on this node's disk is fetched again the next time. */
const forgetDamaged =
  ({ images }: LibvirtContext, { overlay }: SynthesisSource) =>
  async (error: unknown): Promise<never> => {
    const isDamaged = error instanceof SynthesisError && error.code === 'overlay_corrupt'
    if (isDamaged && overlay !== undefined) await images.forgetOverlay(overlay)
    throw error
  }

interface Images {
  base: BaseFiles
  overlay: CachedOverlay | undefined
}

async function fetchImages({ images }: LibvirtContext, source: SynthesisSource): Promise<Images> {
  const wanted: [Promise<BaseFiles>, Promise<CachedOverlay | undefined>] = [
    images.base(source.base),
    source.overlay === undefined ? Promise.resolve(undefined) : images.overlay(source.overlay),
  ]
  await Promise.allSettled(wanted)
  const [base, overlay] = await Promise.all(wanted)
  if (overlay !== undefined && overlay.base !== source.base) {
    throw new ProblemError('machine_mismatch', `The overlay was made on ${overlay.base}, not on ${source.base}.`)
  }
  return { base, overlay }
}

type Placement = Images & { files: SlotFiles; start: SynthesisStart }

/** Ends when QEMU has been given everything, or has been given up. */
async function place(context: LibvirtContext, { base, overlay, files, start }: Placement) {
  const { libvirt } = context
  const receiver = createQemuReceiver(heldBytes)
  const giveUp = () => receiver.stream.destroy(start.signal?.reason as Error)
  start.signal?.addEventListener('abort', giveUp)
  await prepareDisk({ base, diskPath: files.disk })
  const diskLaid = Promise.withResolvers<void>()
  const source = overlay && tellFirstRead(overlay.source, diskLaid.resolve)
  const synthesis = synthesize({
    base,
    ...(overlay && source && { overlay: { manifest: overlay.manifest, source } }),
    diskPath: files.disk,
    emitTo: receiver.stream,
    onMilestone: () => diskLaid.resolve(),
  })
  synthesis.catch(() => diskLaid.resolve())

  const waiting = waitingDomain(start, files)
  const connected = (async () => {
    // QEMU must not open the disk in the moment in which synthesis lays it anew.
    await diskLaid.promise
    await libvirt.migration.prepare({ ...waiting, xml: xmlOf(context, { base, files, start }), flags })
    await receiver.connect(files.incoming)
  })()
  connected.catch((error: Error) => receiver.stream.destroy(error))
  const outcomes = await Promise.allSettled([synthesis, connected])
  start.signal?.removeEventListener('abort', giveUp)
  const [made] = outcomes
  if (made.status === 'fulfilled') return { waiting, result: made.value }
  await libvirt.migration.finish({ ...waiting, flags, isCancelled: true }).catch(() => {})
  start.signal?.throwIfAborted()
  // Whatever went wrong in preparing QEMU has failed the stream, and synthesis with it.
  throw await tellReceiverGone(context, start.slot, made.reason)
}

/** Why QEMU left stands in its log alone, which goes with the slot. */
async function tellReceiverGone(context: LibvirtContext, slot: Slot, error: unknown): Promise<unknown> {
  if (!(error instanceof ReceiverGoneError)) return error
  const words = await lastWordsOf(context, slot)
  const detail = `resuming the VM: ${describeError(error)}; its log ends with: ${words || '(nothing)'}`
  return new ProblemError('hypervisor_failed', detail, { cause: error })
}

function waitingDomain({ slot }: SynthesisStart, files: SlotFiles): Waiting {
  const { name, uuid } = domainRef(slot)
  const identity = { name, uuid, hostname: 'bramble', hostUuid: randomUUID() }
  return { name, uri: `unix://${files.incoming}`, cookie: destinationCookie(identity) }
}

const xmlOf = (context: LibvirtContext, { base, files, start }: Omit<Placement, 'overlay'>): string =>
  domainXml({
    ...machineOfBase(base.machine),
    owner: context.owner,
    slotId: start.slot.id,
    uuid: start.slot.domainUuid,
    generationId: randomUUID(),
    ram: { kind: 'resume', path: base.memoryPath },
    disk: { path: files.disk, backing: { path: base.diskPath, format: 'raw' } },
    consolePath: files.console,
    forwards: start.slot.forwards,
  })

/** synthesize() opens the disk before it reads from its source. */
const tellFirstRead = (source: LayerSource, onRead: () => void): LayerSource => ({
  read: (layer, range) => {
    onRead()
    return source.read(layer, range)
  },
})

type Moments = Record<'began' | 'fetched' | 'placed' | 'ended', number>

const timingsOf = (at: Moments, { stages }: SynthesisResult): Timings => ({
  fetchMs: at.fetched - at.began + stages.fetch,
  verifyMs: stages.verify,
  decompressMs: stages.decompress,
  placeMs: at.placed - at.fetched,
  resumeMs: at.ended - at.placed,
  totalMs: at.ended - at.began,
})
