import { createHash } from 'node:crypto'
import { open, rename, rm } from 'node:fs/promises'
import type { Digest } from '@bramble/contracts'
import { ProblemError } from '@bramble/kit'
import { inspectDisk } from '@bramble/synthesis'

export interface DiskToDownload {
  digest: Digest
  path: string
  pull: () => AsyncIterable<Buffer>
  maxVirtualBytes: number
}

/** Downloads an image from elsewhere: it gets its name only when digest and content have been found good. */
export async function downloadDisk({ digest, path, pull, maxVirtualBytes }: DiskToDownload): Promise<void> {
  const partialPath = `${path}.partial`
  try {
    await rm(partialPath, { force: true })
    const found = await writeAll(partialPath, pull())
    if (found !== digest) throw new ProblemError('digest_mismatch', `The disk ${digest} arrived as ${found}.`)
    await inspectDisk(partialPath, { maxVirtualBytes })
    await rename(partialPath, path)
  } catch (error) {
    await rm(partialPath, { force: true })
    throw error
  }
}

async function writeAll(path: string, bytes: AsyncIterable<Buffer>): Promise<string> {
  const sum = createHash('sha256')
  await using file = await open(path, 'wx', 0o444)
  for await (const chunk of bytes) {
    sum.update(chunk)
    await file.write(chunk)
  }
  await file.sync()
  return `sha256:${sum.digest('hex')}`
}
