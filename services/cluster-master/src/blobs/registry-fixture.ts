import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Role } from '@bramble/contracts'
import { createHttpApp, listen, ProblemError, silentLogger, systemClock } from '@bramble/kit'
import type { Authenticate } from '@bramble/kit'
import { createBlobRouter } from './blob-router.ts'
import { openBlobStore } from './blob-store.ts'
import type { BlobStoreOptions } from './blob-store.ts'
import { testClient } from './test-client.ts'

// A registry by itself, for tests: the token of a role is its name.

export async function startRegistry(options: Pick<BlobStoreOptions, 'folder'> & Partial<BlobStoreOptions>) {
  const store = await openBlobStore({ clock: systemClock, blobBytes: 2 ** 30, keepFreeBytes: 0, ...options })
  const app = createHttpApp({ logger: silentLogger(), authenticate: byRoleName })
  app.router.use('/v2', createBlobRouter({ store, authenticate: byRoleName }))
  return { store, ...(await listen(app, { graceMs: 100 })) }
}

const roles = ['admin', 'operator', 'researcher', 'device', 'node', 'viewer']

const byRoleName: Authenticate = ({ headers }) => {
  const name = headers.authorization?.replace(/^Bearer /, '')
  if (name === undefined) return undefined
  if (!roles.includes(name)) throw new ProblemError('unauthenticated', 'The token is not known.')
  return { tokenId: `tk-${name}`, name, roles: [name as Role] }
}

/** An empty registry for each test of the file, and what speaks with it. */
export function useRegistry() {
  let folder: string
  let running: Awaited<ReturnType<typeof startRegistry>>

  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'bramble-blobs-'))
    running = await startRegistry({ folder })
  })
  afterEach(async () => {
    await running.close()
    await rm(folder, { recursive: true })
  })

  return {
    ...testClient(() => running.url),
    registry: () => running,
    restart: async (options: Partial<BlobStoreOptions> = {}) => {
      await running.close()
      running = await startRegistry({ folder, ...options })
    },
    uploadsFolder: () => join(folder, 'uploads'),
  }
}
