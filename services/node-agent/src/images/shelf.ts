import { readdir, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { blobPath } from '@bramble/synthesis'
import type { BlobShelf, ShelvedBlob } from '../listener/blob-shelf.ts'

/** Blobs in artifacts as they were sent: below each folder, `<artifact>/sha256/<hex>`. Only complete artifacts count. */
export const createShelf = (folders: readonly string[]): BlobShelf => ({
  find: async (digest) => {
    for (const folder of folders) {
      for (const name of await readdir(folder)) {
        const found = name.endsWith('.partial') ? undefined : await look(blobPath(join(folder, name), digest))
        if (found) return found
      }
    }
    return undefined
  },
})

const look = (path: string): Promise<ShelvedBlob | undefined> =>
  stat(path).then(
    ({ size }) => ({ path, sizeBytes: size }),
    () => undefined,
  )
