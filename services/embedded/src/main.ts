// The embedded cloudlet as a process: reads flags, settings and environment, starts it, and stops it cleanly on SIGINT
// and SIGTERM. VMs outlive it; the next start adopts them.
import {
  armCrashPointsFrom,
  ConfigError,
  createLogger,
  describeError,
  FlagError,
  loadConfig,
  readFlags,
} from '@bramble/kit'
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

try {
  const flags = readFlags(process.argv.slice(2), flagWords)
  if (flags.kind === 'help') process.stdout.write(flagWords.usage)
  else if (flags.kind === 'version') process.stdout.write(`${version}\n`)
  else await run(loadConfig(EmbeddedSettings, { file: flags.file, env: process.env, flags: flags.settings }))
} catch (error) {
  const isUsage = error instanceof ConfigError || error instanceof FlagError
  process.stderr.write(`bramble: ${isUsage ? (error as Error).message : describeError(error)}\n`)
  process.exit(isUsage ? 2 : 1)
}
