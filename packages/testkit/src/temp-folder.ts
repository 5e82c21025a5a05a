import { chmod, mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

export interface TempFolder extends AsyncDisposable {
  path: string
  remove: () => Promise<void>
}

/**
 * A folder with a short path (sockets below it must fit into 107 bytes) through which QEMU's user may pass, as it must
 * to reach disks and bases below it.
 */
export async function makeTempFolder(prefix = 'bt-'): Promise<TempFolder> {
  const path = await mkdtemp(join(tmpdir(), prefix))
  await chmod(path, 0o711)
  const remove = () => rm(path, { recursive: true, force: true })
  return { path, remove, [Symbol.asyncDispose]: remove }
}
