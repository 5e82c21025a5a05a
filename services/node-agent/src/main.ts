// The node agent as a process: reads flags, settings and environment, starts, and stops cleanly on SIGINT and SIGTERM.
// VMs outlive it; the next start adopts them.
import { armCrashPointsFrom, createLogger, runMain } from '@bramble/kit'
import { flagWords } from './flags.ts'
import { NodeAgentSettings } from './settings.ts'
import { startProcess } from './start-process.ts'
import { version } from './version.ts'

/** Within what `docker stop` and systemd grant; what could not be ended by then is left as a crash would leave it. */
const stopWithinMs = 4500

const run = async (settings: NodeAgentSettings): Promise<void> => {
  const logger = createLogger({ component: 'node-agent', level: settings.log.level })
  armCrashPointsFrom(process.env)
  const stopping = new AbortController()
  const stop = async (signal: string) => {
    logger.info({ signal }, 'stopping; VMs run on')
    setTimeout(() => process.exit(0), stopWithinMs)
    stopping.abort()
    await started.then((agent) => agent.stop()).catch(() => {})
    process.exit(0)
  }
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => void stop(signal))
  const started = startProcess(settings, { logger, stopping: stopping.signal })
  await started.catch((error: unknown) => {
    if (!stopping.signal.aborted) throw error
  })
}

await runMain({ name: 'node-agent', words: flagWords, version, settings: NodeAgentSettings, run })
