// Takes memory and disk of a running VM as of one moment, without ending it: this process plays the destination of a
// migration that is cancelled at the last step.
//
//   guest    runs ............................... stands still ............ runs on
//   libvirt  Begin  Perform (memory streams)      |                Confirm(cancelled)
//   here            captureMemory                 copy the disk's layer
//
// Whatever fails, the guest runs on: Perform undoes itself, and what stands still after it is resumed.
import { chown } from 'node:fs/promises'
import { createServer } from 'node:net'
import type { Socket } from 'node:net'
import { join } from 'node:path'
import { randomUUID } from 'node:crypto'
import { once } from 'node:events'
import { destinationCookie } from '@bramble/libvirt'
import { captureMemory } from '@bramble/synthesis'
import type { Capture } from '@bramble/synthesis'
import type { Slot } from '../driver.ts'
import { copyFrozen } from './copy-frozen.ts'
import { domainRef, domainState } from './domain-ref.ts'
import type { LibvirtContext } from './libvirt-context.ts'
import { slotFiles } from './slot-files.ts'

// `unsafe`: libvirt fears for disks with a cache, which here are read on the same host.
const flags = ['live', 'unsafe', 'autoConverge'] as const

/** `workDir`: belongs to us, and QEMU's user may pass. `frozenDisk`: where the copy of the disk's layer goes. */
export async function takeState(context: LibvirtContext, slot: Slot, to: { workDir: string; frozenDisk: string }) {
  const domain = domainRef(slot)
  const { migration } = context.libvirt
  const pause = watchPause(context, slot)
  try {
    await using destination = await listenForMemory(context, to.workDir)
    const capturing = destination.socket.then((socket) => captureMemory({ socket, dir: to.workDir }))
    capturing.catch(() => destination.refuse())
    const cookie = destinationCookie({ ...domain, hostname: 'bramble', hostUuid: randomUUID() })
    await migration.begin({ domain, flags })
    const performing = migration.perform({ domain, uri: destination.uri, cookie, flags }, { timeoutMs: 600_000 })
    performing.catch((error: Error) => destination.giveUp(error))
    const capture = await bothOrFirstFailure(capturing, performing)
    try {
      await copyFrozen(slotFiles(context.stateDir, slot.id).disk, to.frozenDisk)
    } catch (error) {
      await capture.discard()
      throw error
    } finally {
      await migration.confirm({ domain, cookie, isCancelled: true, flags })
    }
    await runOn(context, slot)
    return { capture, pauseMs: pause.elapsedMs() }
  } catch (error) {
    await runOn(context, slot).catch((cause: unknown) =>
      context.log.error({ err: cause, slot: slot.id }, 'guest stands still'),
    )
    throw error
  } finally {
    pause.end()
  }
}

/** A no-op for a guest that runs or is gone. */
async function runOn({ libvirt }: LibvirtContext, slot: Slot): Promise<void> {
  const { state } = await domainState(libvirt, slot)
  if (state === 'paused') await libvirt.domains.resume(domainRef(slot))
}

async function bothOrFirstFailure(capturing: Promise<Capture>, performing: Promise<unknown>): Promise<Capture> {
  const [captured, performed] = await Promise.allSettled([capturing, performing])
  if (captured.status === 'fulfilled' && performed.status === 'fulfilled') return captured.value
  if (captured.status === 'fulfilled') await captured.value.discard()
  throw performed.status === 'rejected' ? performed.reason : (captured as PromiseRejectedResult).reason
}

/** A socket that takes one connection, from QEMU. */
async function listenForMemory({ host }: LibvirtContext, workDir: string) {
  const path = join(workDir, 'out.sock')
  const accepted = Promise.withResolvers<Socket>()
  accepted.promise.catch(() => {})
  const server = createServer((socket) => accepted.resolve(socket))
  server.listen(path)
  await once(server, 'listening')
  await chown(path, host.qemuOwner.uid, host.qemuOwner.gid)
  return {
    uri: `unix://${path}`,
    socket: accepted.promise,
    /** Breaks the connection, so that Perform fails. */
    refuse: () => void accepted.promise.then((socket) => socket.destroy()),
    /** Nobody will connect any more. */
    giveUp: (error: Error) => {
      accepted.reject(error)
      void accepted.promise.then((socket) => socket.destroy(error)).catch(() => {})
    },
    /** Removes the socket, too. */
    [Symbol.asyncDispose]: async () => void server.close(),
  }
}

/** From libvirt's own events: suspended when the last round begins, resumed at the end. */
function watchPause({ lifecycle }: LibvirtContext, slot: Slot) {
  let began: number | undefined
  let ended: number | undefined
  const end = lifecycle.listen(({ domain, kind }) => {
    if (domain.uuid !== slot.domainUuid) return
    if (kind === 'suspended') began ??= performance.now()
    if (kind === 'resumed') ended = performance.now()
  })
  return { end, elapsedMs: () => (began === undefined ? 0 : (ended ?? performance.now()) - began) }
}
