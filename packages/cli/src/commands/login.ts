import { isatty } from 'node:tty'
import { createClient } from '@bramble/client'
import type { Command } from 'commander'
import { configPath, readConfig, writeConfig } from '../context/config-file.ts'
import { type Session } from '../context/session.ts'
import { UsageError } from '../exit-code.ts'
import { readInputText } from '../read-input.ts'
import { explainUntrusted, isUntrusted, pinAuthority } from './trust-authority.ts'
import { withSession } from './verbs.ts'

interface LoginFlags {
  tokenFile?: string
  caFingerprint?: string
}

const readToken = async (session: Session, { tokenFile }: LoginFlags): Promise<string> => {
  const token = session.flags.token ?? session.env.BRAMBLE_TOKEN
  if (token) return token
  if (!tokenFile && isatty(0)) throw new UsageError('give the token with --token-file FILE, --token or on stdin')
  const text = (await readInputText(tokenFile ?? '-')).trim()
  if (!text) throw new UsageError('the token is empty')
  return text
}

/** Asks the master who the token is before anything is stored. */
const login = async (session: Session, flags: LoginFlags): Promise<void> => {
  const { url } = session.client
  const ca = flags.caFingerprint === undefined ? session.client.ca : await pinAuthority(url, flags.caFingerprint)
  const token = await readToken(session, flags)
  const asked = createClient({ url, token, ca }).tokens.current()
  const principal = await asked.catch(async (error: unknown) => {
    throw isUntrusted(error) ? await explainUntrusted(url, { known: ca !== undefined }) : error
  })
  const path = configPath(session.env)
  const config = readConfig(path)
  const name = session.flags.context ?? session.env.BRAMBLE_CONTEXT ?? 'default'
  writeConfig(path, { current: name, contexts: { ...config.contexts, [name]: { url, token, ...(ca && { ca }) } } })
  session.output.say(`logged in to ${url} as ${principal.name} (${principal.roles.join(', ')}); context ${name}`)
}

const contexts = async (session: Session): Promise<void> => {
  const { current, contexts: known } = readConfig(configPath(session.env))
  session.output.items(Object.entries(known), {
    nameOf: ([name]) => name,
    columns: [
      { name: 'name', text: ([name]) => name },
      { name: 'url', text: ([, context]) => context.url },
      { name: 'current', text: ([name]) => (name === current ? 'yes' : '') },
    ],
  })
}

const use = async (session: Session, name: string): Promise<void> => {
  const path = configPath(session.env)
  const config = readConfig(path)
  if (!config.contexts[name]) throw new UsageError(`there is no context '${name}'; log in with --context ${name} first`)
  writeConfig(path, { ...config, current: name })
  session.output.say(`commands now go to ${config.contexts[name].url}`)
}

const remove = async (session: Session, name: string): Promise<void> => {
  const path = configPath(session.env)
  const { current, contexts: known } = readConfig(path)
  if (!known[name]) throw new UsageError(`there is no context '${name}'`)
  const { [name]: _gone, ...rest } = known
  writeConfig(path, { current: current === name ? (Object.keys(rest)[0] ?? 'default') : current, contexts: rest })
}

export const addLoginCommands = (program: Command): void => {
  program
    .command('login')
    .description('store a token for a cloudlet (with --url and --context)')
    .option('--token-file <file>', 'read the token from a file (- for stdin)')
    .option('--ca-fingerprint <sha256>', 'trust the authority that has it: `bramble system ca` on the master prints it')
    .action(withSession(login))
  const noun = program.command('context').description('the cloudlets you are logged in to')
  noun
    .command('list')
    .description('list contexts')
    .action(withSession((session) => contexts(session)))
  noun.command('use <name>').description('choose the cloudlet that commands go to').action(withSession(use))
  noun.command('remove <name>').description('forget a context and its token').action(withSession(remove))
}
