import { parseArgs } from 'node:util'

/** What a service's command line may say, beside `--config FILE`, `--version` (or the word) and `--help`. */
export interface FlagWords {
  usage: string
  /** Each flag and the dotted key of the setting that it sets. */
  settings: Readonly<Record<string, string>>
}

/** What a command line asks for. */
export type Flags =
  | { kind: 'help' }
  | { kind: 'version' }
  /** `settings` by dotted key, as loadConfig takes them. */
  | { kind: 'run'; file: string | undefined; settings: Record<string, string | undefined> }

/** A flag that is unknown or lacks its value, or a word that is no command. */
export class FlagError extends Error {}

/** @throws FlagError */
export function readFlags(args: string[], { usage, settings }: FlagWords): Flags {
  const { values, positionals } = parse(args, { usage, settings })
  const texts = values as Record<string, string | undefined>
  const [word, ...rest] = positionals
  if (values.help) return { kind: 'help' }
  if ((values.version || word === 'version') && rest.length === 0) return { kind: 'version' }
  if (word !== undefined) throw new FlagError(`There is no command ${positionals.join(' ')}.\n${usage}`)
  const given = Object.entries(settings).map(([flag, key]) => [key, texts[flag]])
  return { kind: 'run', file: values.config, settings: Object.fromEntries(given) }
}

function parse(args: string[], { usage, settings }: FlagWords) {
  const text = { type: 'string' } as const
  const own = Object.fromEntries(Object.keys(settings).map((flag) => [flag, text]))
  const options = { ...own, config: text, version: { type: 'boolean' }, help: { type: 'boolean' } } as const
  try {
    return parseArgs({ args, options, strict: true, allowPositionals: true })
  } catch (error) {
    throw new FlagError(`${(error as Error).message}\n${usage}`)
  }
}
