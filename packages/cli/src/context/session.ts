import { readFileSync } from 'node:fs'
import { type Client, createClient } from '@bramble/client'
import type { Command } from 'commander'
import type { OutputFormat } from '../output/format.ts'
import { UsageError } from '../exit-code.ts'
import { type Output, outputTo } from '../output/output.ts'
import { type Context, configPath, readConfig } from './config-file.ts'

/** Flags that every command takes. */
export interface GlobalFlags {
  url?: string
  token?: string
  caFile?: string
  context?: string
  output?: OutputFormat
  columns?: string
  header: boolean
  quiet?: boolean
  debug?: boolean
}

/** What a command works with: the master it speaks to and where its words go. */
export interface Session {
  client: Client
  output: Output
  flags: GlobalFlags
  env: NodeJS.ProcessEnv
}

/** What is stored for masters, the token above all, goes to those that it is of and to no other. */
const contextFor = (url: string, context: Context | undefined): Context | undefined =>
  context && areMastersOf(context, url) ? context : undefined

/** One or several, joined by commas. */
const areMastersOf = (context: Context, url: string): boolean => {
  const known = splitMasters(context.url)
  return splitMasters(url).every((it) => known.includes(it))
}

const splitMasters = (url: string): string[] => url.split(',').map((it) => it.trim().replace(/\/+$/, ''))

const readCa = (file: string | undefined): string | undefined => {
  try {
    return file === undefined ? undefined : readFileSync(file, 'utf8')
  } catch (error) {
    throw new UsageError(`the authority's certificate cannot be read: ${(error as Error).message}`)
  }
}

/** Flags before environment before the chosen context of the configuration file. */
export const openSession = (command: Command, over: Partial<GlobalFlags> = {}): Session => {
  const flags = { ...command.optsWithGlobals<GlobalFlags>(), ...over }
  const { env } = process
  const config = readConfig(configPath(env))
  const context = config.contexts[flags.context ?? env.BRAMBLE_CONTEXT ?? config.current]
  const url = flags.url ?? env.BRAMBLE_URL ?? context?.url ?? 'http://127.0.0.1:8080'
  const known = contextFor(url, context)
  const token = flags.token ?? env.BRAMBLE_TOKEN ?? known?.token
  const ca = readCa(flags.caFile ?? env.BRAMBLE_CA_FILE) ?? known?.ca
  const onRequest = flags.debug ? (method: string, it: string) => console.error(`> ${method} ${it}`) : undefined
  return { client: createClient({ url, token, ca, onRequest }), output: outputTo(flags, env), flags, env }
}
