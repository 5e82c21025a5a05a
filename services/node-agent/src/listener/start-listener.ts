// The agent's one listener. The master asks through it what does not ride the bus: consoles, logs, commands, inspection.
// Neighbours read blobs. Nobody else gets in (trust.ts).
import { createReadStream } from 'node:fs'
import { isIPv6 } from 'node:net'
import { agentRoutes } from '@bramble/contracts'
import type { Digest, Inspection, InstanceId } from '@bramble/contracts'
import { createHttpApp, listen, ProblemError, sendBytes, serveRoute } from '@bramble/kit'
import type { HttpApp, HttpServer, Logger } from '@bramble/kit'
import type { Driver } from '../drivers/driver.ts'
import type { Ledger } from '../ledger/ledger.ts'
import { slotOf } from '../ledger/records.ts'
import type { BlobShelf } from './blob-shelf.ts'
import { guardsOf, tlsOf } from './trust.ts'
import type { ListenerTrust } from './trust.ts'

export interface ListenerPlace {
  host: string
  port: number
  /** Under which others reach it; `host` when absent. */
  advertisedHost?: string
  trust: ListenerTrust
  /** What neighbours may read; nothing when absent. */
  blobs?: BlobShelf
}

export interface ListenerSources {
  driver: Pick<Driver, 'exec' | 'readConsole' | 'readLog'>
  ledger: Ledger
  inspect: () => Promise<Inspection>
  logger: Logger
}

/** The body of exec may carry 8 MB for the command's standard input. */
const bodyLimitBytes = 9_000_000

export async function startListener(place: ListenerPlace, sources: ListenerSources): Promise<HttpServer> {
  const { host, port, advertisedHost, trust, blobs } = place
  const { logger, ledger } = sources
  const { authenticate, tls } = guardsOf(trust, () => ledger.desired()?.refusedNodes ?? [])
  const app = createHttpApp({ logger, authenticate, bodyLimitBytes })
  serveMaster(app, sources)
  if (blobs) serveNeighbours(app, blobs)
  const server = await listen(app, { host, port, ...(tls && { tls }) })
  if (trust.kind === 'certificates') trust.held.onRenewed((next) => server.renewTls(tlsOf(next)))
  return advertisedHost === undefined ? server : { ...server, url: withHost(server.url, advertisedHost) }
}

function withHost(url: string, host: string): string {
  const other = new URL(url)
  other.hostname = isIPv6(host) ? `[${host}]` : host
  return other.origin
}

function serveMaster(app: HttpApp, sources: ListenerSources): void {
  const { driver, ledger, inspect } = sources
  serveRoute(app, agentRoutes.console, async ({ params, query }) =>
    (await readConsole(params.instance, query.tailBytes, sources)).toString('utf8'),
  )
  serveRoute(app, agentRoutes.logs, async ({ params, query }) => {
    const slot = slotOf(recordOf(params.instance, ledger))
    return slot ? (await driver.readLog(slot, query.tailBytes)).toString('utf8') : ''
  })
  serveRoute(app, agentRoutes.exec, ({ params, body }) => {
    const { state } = recordOf(params.instance, ledger)
    if (state.phase === 'started' || state.phase === 'ready') return driver.exec(state.slot, body)
    throw new ProblemError('wrong_state', `Instance ${params.instance} does not run: it is ${state.phase}.`)
  })
  serveRoute(app, agentRoutes.inspection, inspect)
}

function serveNeighbours(app: HttpApp, blobs: BlobShelf): void {
  serveRoute(app, agentRoutes.blob, async ({ params, request, response }) => {
    const { path, sizeBytes } = await findBlob(params.digest, blobs)
    await sendBytes(request, response, { sizeBytes, read: (range) => createReadStream(path, range) })
  })
}

async function findBlob(digest: Digest, blobs: BlobShelf) {
  const blob = await blobs.find(digest)
  if (blob) return blob
  throw new ProblemError('blob_unknown', `This node does not have the blob ${digest}.`)
}

/** Of a failed instance only the last words are left. */
async function readConsole(id: InstanceId, tailBytes: number, { driver, ledger }: ListenerSources): Promise<Buffer> {
  const record = recordOf(id, ledger)
  const { state } = record
  if (state.phase === 'failed') return Buffer.from(state.consoleBase64 ?? '', 'base64').subarray(-tailBytes)
  const slot = slotOf(record)
  return slot ? driver.readConsole(slot, tailBytes) : Buffer.alloc(0)
}

function recordOf(id: InstanceId, ledger: Ledger) {
  const record = ledger.instances().get(id)
  if (record) return record
  throw new ProblemError('not_found', `Instance ${id} is not on this node.`)
}
