import { createHash } from 'node:crypto'
import type { Hash } from 'node:crypto'
import { createReadStream } from 'node:fs'
import { pipeline } from 'node:stream/promises'
import type { Digest } from '@bramble/contracts'

/** Hashes uploads while they arrive. What was received before this process began is read again at the end. */
export function createRunningHashes() {
  const running = new Map<string, { hash: Hash; bytes: number }>()

  return {
    add: (path: string, offset: number, chunk: Buffer) => {
      const known = running.get(path) ?? { hash: createHash('sha256'), bytes: 0 }
      if (known.bytes !== offset) return void running.delete(path)
      known.hash.update(chunk)
      known.bytes += chunk.length
      running.set(path, known)
    },
    /** The digest of a file that is whole now. */
    finish: async (path: string, sizeBytes: number): Promise<Digest> => {
      const known = running.get(path)
      running.delete(path)
      const hash = known?.bytes === sizeBytes ? known.hash : await hashFile(path)
      return `sha256:${hash.digest('hex')}` as Digest
    },
    forget: (path: string) => void running.delete(path),
  }
}

async function hashFile(path: string): Promise<Hash> {
  const hash = createHash('sha256')
  await pipeline(createReadStream(path, { highWaterMark: 1 << 20 }), hash)
  return hash
}
