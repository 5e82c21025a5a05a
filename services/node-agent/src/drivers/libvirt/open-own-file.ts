import { constants } from 'node:fs'
import { open } from 'node:fs/promises'
import type { FileHandle } from 'node:fs/promises'
import { ProblemError } from '@bramble/kit'

const flags = constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK

/**
 * Opens a file in a slot's folder. QEMU's user may put there what it likes, and we may read more than it does: a link
 * is not followed, and what is no file is not waited for. Rejects with hypervisor_failed.
 */
export async function openOwnFile(path: string): Promise<FileHandle> {
  const file = await open(path, flags).catch((cause: NodeJS.ErrnoException) => {
    throw cause.code === 'ELOOP' ? notOurs(path, cause) : cause
  })
  if ((await file.stat()).isFile()) return file
  await file.close()
  throw notOurs(path)
}

const notOurs = (path: string, cause?: Error) =>
  new ProblemError('hypervisor_failed', `${path} is not a plain file; QEMU's user put something else there.`, { cause })
