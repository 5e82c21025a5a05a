import { parseArgs } from 'node:util'

export const usage = `usage: node services/node-agent/src/main.ts [flags]

  --config FILE      settings (config/node-agent.example.yaml explains them)
  --state DIR        where everything is kept (stateDir)
  --master URL       where the master is reached (master.url)
  --node NAME        name that the node would like; the host's when left out (node)
  --driver NAME      libvirt, simulated, or none (driver)
  --nodes N          so many simulated nodes (simulated.nodes)
  --version          or the word version: print the version and end
  --help

The join token is no flag, as flags are seen by all users of a host: BRAMBLE__JOIN__TOKEN or BRAMBLE__JOIN__TOKEN_FILE.
`

const options = {
  config: { type: 'string' },
  state: { type: 'string' },
  master: { type: 'string' },
  node: { type: 'string' },
  driver: { type: 'string' },
  nodes: { type: 'string' },
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
  const { config, state, master, node, driver, nodes } = values
  const settings = { stateDir: state, 'master.url': master, node, driver, 'simulated.nodes': nodes }
  return { kind: 'run', file: config, settings }
}
