// The discovery service as a process: reads flags, settings and environment, starts, and says goodbye on SIGINT and SIGTERM.
import { createLogger, runMain } from '@bramble/kit'
import { flagWords } from './flags.ts'
import { DiscoverySettings } from './settings.ts'
import { startProcess } from './start-process.ts'
import { version } from './version.ts'

/** Within what `docker stop` and systemd grant; what could not be ended by then is left as a crash would leave it. */
const stopWithinMs = 4500

const run = async (settings: DiscoverySettings): Promise<void> => {
  const logger = createLogger({ component: 'discovery', level: settings.log.level })
  const stopping = new AbortController()
  const stop = async (signal: string) => {
    logger.info({ signal }, 'stopping')
    setTimeout(() => process.exit(0), stopWithinMs)
    stopping.abort()
    await started.then((discovery) => discovery.stop()).catch(() => {})
    process.exit(0)
  }
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => void stop(signal))
  const started = startProcess(settings, { logger, stopping: stopping.signal })
  await started.catch((error: unknown) => {
    if (!stopping.signal.aborted) throw error
  })
}

await runMain({ name: 'discovery', words: flagWords, version, settings: DiscoverySettings, run })
