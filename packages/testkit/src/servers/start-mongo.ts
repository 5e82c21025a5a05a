import { randomBytes } from 'node:crypto'
import { acceptsConnections } from '../accepts-connections.ts'
import { findFreePorts } from './free-ports.ts'
import { runInRoot } from './run-in-root.ts'
import type { ServerInRoot, ServerPlace } from './run-in-root.ts'

export type MongoServer = ServerInRoot & {
  /** With user and password. */
  uri: string
  port: number
  user: string
  password: string
}

/**
 * A MongoDB-protocol server of its own (FerretDB on PostgreSQL with DocumentDB: what Debian can give) on a port of
 * loopback or of another place, where every client has to log in. Signals go to both the gateway and PostgreSQL. Needs root.
 */
export async function startMongo({ netns, address = '127.0.0.1' }: ServerPlace = {}): Promise<MongoServer> {
  const [port] = (await findFreePorts(1)) as [number]
  const [user, password] = ['admin', randomBytes(16).toString('hex')]
  const server = await runInRoot({
    name: 'mongo',
    folders: { '/data/db': {} },
    env: { MONGO_INITDB_ROOT_USERNAME: user, MONGO_INITDB_ROOT_PASSWORD: password },
    args: ['mongod', '--bind_ip', address, '--port', `${port}`],
    netns,
    isReady: () => acceptsConnections({ port, host: address }),
  })
  return { ...server, uri: `mongodb://${user}:${password}@${address}:${port}/`, port, user, password }
}
