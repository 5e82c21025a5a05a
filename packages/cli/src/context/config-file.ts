import { chmodSync, mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs'
import { homedir } from 'node:os'
import { dirname, join } from 'node:path'
import { parse, stringify } from 'yaml'
import { UsageError } from '../exit-code.ts'

export interface Context {
  url: string
  token?: string
  /** PEM: the authority of a cloudlet that has its own. */
  ca?: string
}

/** The CLI's own file: the cloudlets this user knows, and which one is meant. */
export interface ConfigFile {
  current: string
  contexts: Record<string, Context>
}

export const configPath = (env: NodeJS.ProcessEnv): string =>
  env.BRAMBLE_CONFIG ?? join(env.XDG_CONFIG_HOME ?? join(homedir(), '.config'), 'bramble', 'config.yaml')

export const readConfig = (path: string): ConfigFile => {
  try {
    const { current = 'default', contexts = {} } = (parse(readFileSync(path, 'utf8')) ?? {}) as Partial<ConfigFile>
    return { current, contexts }
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return { current: 'default', contexts: {} }
    throw new UsageError(`${path} cannot be read: ${(error as Error).message}`)
  }
}

/** Written whole under another name first, readable by its owner alone: it holds tokens. */
export const writeConfig = (path: string, config: ConfigFile): void => {
  mkdirSync(dirname(path), { recursive: true, mode: 0o700 })
  const next = `${path}.${process.pid}`
  writeFileSync(next, stringify(config), { mode: 0o600 })
  chmodSync(next, 0o600)
  renameSync(next, path)
}
