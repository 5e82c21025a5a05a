import type { Role, Token } from '@bramble/contracts'
import type { Command } from 'commander'
import type { Session } from '../context/session.ts'
import type { Shape } from '../output/format.ts'
import { UsageError } from '../exit-code.ts'
import { parseDurationMs } from '../parse/duration.ts'
import { removeEach } from './remove-each.ts'
import { addList, withSession } from './verbs.ts'

const tokenShape: Shape<Token> = {
  nameOf: (it) => it.name,
  columns: [
    { name: 'name', text: (it) => it.name },
    { name: 'id', text: (it) => it.id },
    { name: 'roles', text: (it) => it.roles.join(' ') },
    { name: 'user', text: (it) => it.user ?? '' },
    { name: 'expires', text: (it) => it.expiresAt ?? 'never' },
    { name: 'created', text: (it) => it.createdAt },
  ],
}

interface CreateFlags {
  role?: string[]
  user?: string
  expires?: string
}

const create = async (session: Session, name: string, { role, user, expires }: CreateFlags): Promise<void> => {
  if ((role === undefined) === (user === undefined)) throw new UsageError('give either --role or --user')
  const expiry = expires && { expiresInSeconds: Math.ceil(parseDurationMs(expires) / 1000) }
  const whose = user === undefined ? { roles: role as Role[] } : { user }
  const created = await session.client.tokens.create({ body: { name, ...whose, ...expiry } })
  session.output.say(`token ${created.name} (${created.roles.join(', ')}); this is the only time that it is shown:`)
  session.output.text(created.secret)
}

export const addTokenCommands = (program: Command): void => {
  const noun = program.command('token').description('who may call the API')
  addList(noun, { what: 'tokens', shape: tokenShape, list: (session) => session.client.tokens.list })
  noun
    .command('create <name>')
    .description('make a token and print it, once')
    .option('--role <roles...>', 'admin, operator, researcher, device, node or viewer')
    .option('--user <name>', 'of a user that the description of the testbed names, with the roles of that user')
    .option('--expires <duration>', 'such as 30d; never when left out')
    .action(withSession(create))
  removeEach(noun, 'tokens: they stop working at once', (session, token) =>
    session.client.tokens.remove({ params: { token } }),
  )
}
