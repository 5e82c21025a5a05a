// The agent's own listener. What is bulky or needs an answer now (consoles, commands in the guest) does not ride the
// bus: the master asks here, with the key that it shares with this node.
import { agentRoutes } from '@bramble/contracts'
import type { InstanceId } from '@bramble/contracts'
import { createHttpApp, listen, ProblemError, serveRoute } from '@bramble/kit'
import type { HttpServer, Logger } from '@bramble/kit'
import type { Driver } from '../drivers/driver.ts'
import type { Ledger } from '../ledger/ledger.ts'
import { slotOf } from '../ledger/records.ts'
import { checkKey } from './check-key.ts'

export interface ListenerOptions {
  host: string
  port: number
  key: string
  driver: Pick<Driver, 'exec' | 'readConsole'>
  ledger: Ledger
  logger: Logger
}

/** The body of exec may carry 8 MB for the command's standard input. */
const bodyLimitBytes = 9_000_000

export async function startListener(options: ListenerOptions): Promise<HttpServer> {
  const { host, port, key, driver, ledger, logger } = options
  const app = createHttpApp({ logger, authenticate: checkKey(key), bodyLimitBytes })

  serveRoute(app, agentRoutes.console, async ({ params, query }) => {
    const bytes = await readConsole(params.instance, query.tailBytes, { driver, ledger })
    return bytes.toString('utf8')
  })
  serveRoute(app, agentRoutes.exec, ({ params, body }) => {
    const { state } = recordOf(params.instance, ledger)
    if (state.phase === 'started' || state.phase === 'ready') return driver.exec(state.slot, body)
    throw new ProblemError('wrong_state', `Instance ${params.instance} does not run: it is ${state.phase}.`)
  })
  return listen(app, { host, port })
}

type Sources = Pick<ListenerOptions, 'driver' | 'ledger'>

/** Of a failed instance only the last words are left. */
async function readConsole(id: InstanceId, tailBytes: number, { driver, ledger }: Sources): Promise<Buffer> {
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
