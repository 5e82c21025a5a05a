// The embedded cloudlet as a process: reads flags, settings and environment, starts it, and stops it cleanly on SIGINT
// and SIGTERM. VMs outlive it; the next start adopts them.
import { armCrashPointsFrom, createLogger, runMain } from '@bramble/kit'
import { flagWords } from './flags.ts'
import { EmbeddedSettings } from './settings.ts'
import { startEmbedded } from './start.ts'
import { version } from './version.ts'

const run = async (settings: EmbeddedSettings): Promise<void> => {
  const loggerOf = (component: string) => createLogger({ component, level: settings.log.level })
  armCrashPointsFrom(process.env)
  const embedded = await startEmbedded(settings, loggerOf)
  const stop = async (signal: string) => {
    loggerOf('embedded').info({ signal }, 'stopping; VMs run on')
    await embedded.stop()
    process.exit(0)
  }
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => void stop(signal))
}

await runMain({ name: 'bramble', words: flagWords, version, settings: EmbeddedSettings, run })
