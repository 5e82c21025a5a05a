import { parseArgs } from 'node:util'

export const usage = `usage: node services/embedded/src/main.ts [flags]

  --config FILE      settings (config/embedded.example.yaml explains them)
  --state DIR        where everything is kept (stateDir)
  --port N           port of the API; 0 for a free one (http.port)
  --driver NAME      libvirt, simulated, or none (node.driver)
  --nodes N          so many simulated nodes beside this host (simulated.nodes)
  --help
`

const options = {
  config: { type: 'string' },
  state: { type: 'string' },
  port: { type: 'string' },
  driver: { type: 'string' },
  nodes: { type: 'string' },
  help: { type: 'boolean' },
} as const

export interface Flags {
  help: boolean
  file?: string
  /** By dotted key, as loadConfig takes them. */
  settings: Record<string, string | undefined>
}

/** A flag that is unknown or lacks its value. */
export class FlagError extends Error {}

const parse = (args: string[]) => {
  try {
    return parseArgs({ args, options, strict: true })
  } catch (error) {
    throw new FlagError(`${(error as Error).message}\n${usage}`)
  }
}

export const readFlags = (args: string[]): Flags => {
  const { values } = parse(args)
  return {
    help: values.help ?? false,
    file: values.config,
    settings: {
      stateDir: values.state,
      'http.port': values.port,
      'node.driver': values.driver,
      'simulated.nodes': values.nodes,
    },
  }
}
