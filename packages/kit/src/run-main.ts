import type { z } from 'zod'
import { ConfigError } from './config/config-error.ts'
import { loadConfig } from './config/load-config.ts'
import { FlagError, readFlags } from './config/read-flags.ts'
import type { FlagWords } from './config/read-flags.ts'
import { describeError } from './errors/describe-error.ts'

export interface Main<S extends z.ZodType> {
  /** With which it begins what it says of its own mistakes. */
  name: string
  words: FlagWords
  version: string
  settings: S
  run: (settings: z.output<S>) => Promise<void>
}

/**
 * What every service does first: answers --help and --version, or reads its settings from file, environment and flags and
 * runs. The process ends with 2 when they are wrong, with 1 when it cannot run.
 */
export async function runMain<S extends z.ZodType>({ name, words, version, settings, run }: Main<S>): Promise<void> {
  try {
    const flags = readFlags(process.argv.slice(2), words)
    if (flags.kind === 'help') process.stdout.write(words.usage)
    else if (flags.kind === 'version') process.stdout.write(`${version}\n`)
    else await run(loadConfig(settings, { file: flags.file, env: process.env, flags: flags.settings }))
  } catch (error) {
    const isUsage = error instanceof ConfigError || error instanceof FlagError
    process.stderr.write(`${name}: ${isUsage ? (error as Error).message : describeError(error)}\n`)
    process.exit(isUsage ? 2 : 1)
  }
}
