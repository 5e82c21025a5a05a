import type { Store } from '@bramble/cluster-master'

export interface CommitRate {
  /** Durable writes per second of one writer that waits for each. */
  sequentialPerSecond: number
  /** The same of many writers at the same time, whose commits the store may share. */
  groupedPerSecond: number
}

const documentBytes = 1000

/**
 * The bound of everything that stores what it does: how many single documents of about a kilobyte the store itself makes
 * durable per second. Its documents are removed again.
 */
export async function measureCommitRate(store: Store, { writers = 64, durationMs = 1000 } = {}): Promise<CommitRate> {
  return {
    sequentialPerSecond: await writeFor(store, { writers: 1, durationMs }),
    groupedPerSecond: await writeFor(store, { writers, durationMs }),
  }
}

async function writeFor(store: Store, { writers, durationMs }: { writers: number; durationMs: number }) {
  const settings = store.collection('settings')
  const value = 'x'.repeat(documentBytes)
  const startedMs = performance.now()
  const writeOn = async (writer: number) => {
    const ids: string[] = []
    for (let n = 0; performance.now() - startedMs < durationMs; n += 1) {
      const { id } = await settings.insert({ id: `commit-rate-${writers}-${writer}-${n}`, value })
      ids.push(id)
    }
    return ids
  }
  const written = await Promise.all(Array.from({ length: writers }, (_, writer) => writeOn(writer)))
  const tookMs = performance.now() - startedMs
  const removeAll = async (ids: string[]) => {
    for (const id of ids) await settings.remove(id)
  }
  await Promise.all(written.map(removeAll))
  return (written.flat().length * 1000) / tookMs
}
