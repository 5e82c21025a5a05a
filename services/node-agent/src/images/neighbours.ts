// Takes blobs from nodes nearby, so that a fleet which wants the same base does not queue at the master. Nothing that a
// neighbour sends is believed: a blob counts when all of it has been found to have its digest. One that is slow, away or
// wrong costs its time limit once, and is left alone for a while.
import { createHash } from 'node:crypto'
import { open, rm } from 'node:fs/promises'
import type { Digest, Neighbour, NodeId, Repository } from '@bramble/contracts'
import { describeError } from '@bramble/kit'
import type { Logger } from '@bramble/kit'
import type { HeldCertificate } from '../listener/held-certificate.ts'
import { BlobNotThereError, readBlobOf } from './read-blob-of.ts'

export interface NearbyBlob {
  repository: Repository
  digest: Digest
  sizeBytes: number
  /** Of a file that is not there yet. */
  path: string
  signal: AbortSignal
}

export interface Neighbours {
  /** Writes the blob to its path when a neighbour gives it whole and right; false, and no file, when none does. */
  take(blob: NearbyBlob): Promise<boolean>
}

export interface NeighboursOptions {
  /** As the last desired document names them. */
  named: () => readonly Neighbour[]
  certificate: HeldCertificate
  log: Logger
}

const avoidMs = 60_000

export function createNeighbours({ named, certificate, log }: NeighboursOptions): Neighbours {
  const avoidedUntilMs = new Map<NodeId, number>()
  const isAvoided = ({ node }: Neighbour) => performance.now() < (avoidedUntilMs.get(node) ?? 0)

  const takeFrom = async (neighbour: Neighbour, blob: NearbyBlob): Promise<boolean> => {
    const { node } = neighbour
    try {
      await writeBlob(blob, readBlobOf(neighbour, blob, certificate.current()))
      log.debug({ neighbour: node, digest: blob.digest, bytes: blob.sizeBytes }, 'blob taken from a neighbour')
      return true
    } catch (error) {
      await rm(blob.path, { force: true })
      blob.signal.throwIfAborted()
      if (error instanceof BlobNotThereError) return false
      if (!isAvoided(neighbour))
        log.warn({ neighbour: node }, `neighbour avoided for a minute: ${describeError(error)}`)
      avoidedUntilMs.set(node, performance.now() + avoidMs)
      return false
    }
  }
  return {
    take: async (blob) => {
      for (const neighbour of named()) if (!isAvoided(neighbour) && (await takeFrom(neighbour, blob))) return true
      return false
    },
  }
}

async function writeBlob({ path, digest, sizeBytes }: NearbyBlob, bytes: AsyncIterable<Buffer>): Promise<void> {
  const sum = createHash('sha256')
  await using file = await open(path, 'wx', 0o444)
  let received = 0
  for await (const chunk of bytes) {
    received += chunk.length
    if (received > sizeBytes) break
    sum.update(chunk)
    await file.write(chunk)
  }
  if (received !== sizeBytes || `sha256:${sum.digest('hex')}` !== digest)
    throw new Error(`it sent something else as ${digest}`)
  await file.sync()
}
