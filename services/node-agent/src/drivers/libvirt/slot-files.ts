// Everything of an instance on this node lies in one folder. It belongs to the user QEMU runs as, because QEMU makes
// its socket there: what a capture makes lies elsewhere, and what we read here is opened as a stranger's file
// (`open-own-file.ts`). The sockets' paths must fit into the 107 bytes that Linux gives them.
import { chmod, chown, mkdir, rm } from 'node:fs/promises'
import { join } from 'node:path'

export interface Owner {
  uid: number
  gid: number
}

export interface SlotFiles {
  dir: string
  disk: string
  console: string
  /** QEMU listens there for the memory of a VM that is resumed. */
  incoming: string
}

const longestSocketPath = 107

export function slotFiles(stateDir: string, slotId: string): SlotFiles {
  const dir = join(stateDir, 'slots', slotId)
  const files = { dir, disk: join(dir, 'disk.qcow2'), console: join(dir, 'console.log') }
  return { ...files, incoming: join(dir, 'in.sock') }
}

export async function prepareSlotsFolder(stateDir: string): Promise<void> {
  const longest = slotFiles(stateDir, 'x'.repeat(32)).incoming
  if (Buffer.byteLength(longest) > longestSocketPath) {
    throw new Error(`stateDir ${stateDir} is too long: sockets below it would exceed ${longestSocketPath} bytes`)
  }
  await mkdir(join(stateDir, 'slots'), { recursive: true })
  // QEMU's user passes through, and lists nothing.
  await chmod(stateDir, 0o711)
  await chmod(join(stateDir, 'slots'), 0o711)
}

export async function makeSlotFolder({ dir }: SlotFiles, owner: Owner): Promise<void> {
  await rm(dir, { recursive: true, force: true })
  await mkdir(dir, { mode: 0o750 })
  await chown(dir, owner.uid, owner.gid)
}

export const removeSlotFolder = ({ dir }: SlotFiles): Promise<void> => rm(dir, { recursive: true, force: true })
