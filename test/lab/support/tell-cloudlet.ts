// Tells interfaces of a cloudlet that is nowhere: tell-cloudlet.ts NAME URL INTERFACE...   Its reports are lines of JSON.
import { receiverKey } from '@bramble/contracts'
import type { SiteId } from '@bramble/contracts'
import { createInProcessBus, silentLogger, systemClock } from '@bramble/kit'
import { startDiscovery } from '../../../services/discovery/src/start-discovery.ts'

const [name, url, ...interfaces] = process.argv.slice(2) as [string, string, ...string[]]
const logger = silentLogger()
const bus = createInProcessBus({ logger })
const site = 'local' as SiteId
await bus.subscribeReports(({ body }) => console.log(JSON.stringify({ ...body, msg: 'report' })))
const discovery = startDiscovery({ site, name, interfaces, bus, clock: systemClock, logger })
const cloudlet = { url, path: '/v1', version: '0', services: '' }
const document = { type: 'desired.discovery.v1', site, revision: { epoch: 1, n: 1 }, cloudlet }
await bus.publishDesired(receiverKey('discovery', site), document)
process.once('SIGTERM', () => void discovery.stop().then(() => process.exit(0)))
