import { parseArgs } from 'node:util'

export const usage = `usage: node services/cluster-master/src/main.ts [flags]

  --config FILE      settings (config/cluster-master.example.yaml explains them)
  --port N           port of the API; 0 for a free one (http.port)
  --data DIR         where the master keeps its files (dataDir)
  --version          or the word version: print the version and end
  --help
`

const options = {
  config: { type: 'string' },
  port: { type: 'string' },
  data: { type: 'string' },
  version: { type: 'boolean' },
  help: { type: 'boolean' },
} as const

/** What the command line asks for. */
export type Flags =
  | { kind: 'help' }
  | { kind: 'version' }
  /** `settings` by dotted key, as loadConfig takes them. */
  | { kind: 'run'; file: string | undefined; settings: Record<string, string | undefined> }

/** A flag that is unknown or lacks its value. */
export class FlagError extends Error {}

const parse = (args: string[]) => {
  try {
    return parseArgs({ args, options, strict: true, allowPositionals: true })
  } catch (error) {
    throw new FlagError(`${(error as Error).message}\n${usage}`)
  }
}

export function readFlags(args: string[]): Flags {
  const { values, positionals } = parse(args)
  const [word, ...rest] = positionals
  if (values.help) return { kind: 'help' }
  if ((values.version || word === 'version') && rest.length === 0) return { kind: 'version' }
  if (word !== undefined) throw new FlagError(`There is no command ${positionals.join(' ')}.\n${usage}`)
  return { kind: 'run', file: values.config, settings: { 'http.port': values.port, dataDir: values.data } }
}
