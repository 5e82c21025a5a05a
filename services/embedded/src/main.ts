// The embedded cloudlet as a process: reads flags, settings and environment, starts it, and stops it cleanly on SIGINT
// and SIGTERM. VMs outlive it; the next start adopts them.
import { armCrashPointsFrom, ConfigError, createLogger, describeError, loadConfig } from '@bramble/kit'
import { FlagError, readFlags, usage } from './read-flags.ts'
import { EmbeddedSettings } from './settings.ts'
import { startEmbedded } from './start.ts'

const readSettings = (): EmbeddedSettings | undefined => {
  const flags = readFlags(process.argv.slice(2))
  if (flags.help) return void process.stdout.write(usage)
  return loadConfig(EmbeddedSettings, { file: flags.file, env: process.env, flags: flags.settings })
}

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
  const settings = readSettings()
  if (settings) await run(settings)
} catch (error) {
  const isUsage = error instanceof ConfigError || error instanceof FlagError
  process.stderr.write(`bramble: ${isUsage ? (error as Error).message : describeError(error)}\n`)
  process.exit(isUsage ? 2 : 1)
}
