import type { LedgerStorage, NewDocument } from './storage.ts'

/**
 * A ledger that lives as long as the process: for fleets of simulated nodes, whose VMs live no longer either. Kept by
 * whoever starts the agents, it outlives them as the files do.
 */
export function memoryStorage(): LedgerStorage {
  const documents = new Map<string, NewDocument>()
  return {
    readAll: async () =>
      [...documents.values()].map(({ shelf, name, json }) => ({ shelf, name, text: json().toString() })),
    write: async (document) => void documents.set(`${document.shelf}/${document.name}`, document),
    remove: async (shelf, name) => void documents.delete(`${shelf}/${name}`),
  }
}
