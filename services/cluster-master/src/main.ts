// The master as a process: reads flags, settings and environment, starts, and stops cleanly on SIGINT and SIGTERM. It
// ends by itself when it lost the lease: whoever supervises it starts it again, and it waits for its turn.
import { armCrashPointsFrom, createLogger, runMain, systemClock } from '@bramble/kit'
import { flagWords } from './flags.ts'
import { MasterSettings } from './settings.ts'
import { connectAdapters } from './start-adapters.ts'
import { startSuite } from './start-suite.ts'
import { version } from './version.ts'

/** Within what `docker stop` and systemd grant; what could not be ended by then is left as a crash would leave it. */
const stopWithinMs = 4500

const run = async (settings: MasterSettings): Promise<void> => {
  const loggerOf = (component: string) => createLogger({ component, level: settings.log.level })
  const logger = loggerOf('cluster-master')
  armCrashPointsFrom(process.env)
  const stopping = new AbortController()
  const onLeaseLost = (holder: string) => {
    logger.fatal({ holder }, 'the lease is lost: the process ends, so that two masters never act at the same time')
    process.exit(1)
  }
  const adapters = await connectAdapters(settings, { loggerOf, clock: systemClock, onLeaseLost })
  const stop = async (signal: string) => {
    logger.info({ signal }, 'stopping')
    setTimeout(() => {
      logger.warn('not everything could be ended in time')
      process.exit(1)
    }, stopWithinMs)
    stopping.abort()
    await started.then((suite) => suite.stop()).catch(() => {})
    process.exit(0)
  }
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => void stop(signal))
  const started = startSuite({ settings, adapters, logger, stopping: stopping.signal })
  await started.catch((err: unknown) => {
    if (stopping.signal.aborted) return
    logger.fatal({ err }, 'cannot start')
    process.exit(1)
  })
}

await runMain({ name: 'cluster-master', words: flagWords, version, settings: MasterSettings, run })
