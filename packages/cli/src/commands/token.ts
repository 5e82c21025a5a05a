import type { Role, Token } from '@bramble/contracts'
import type { Command } from 'commander'
import type { Session } from '../context/session.ts'
import type { Shape } from '../output/format.ts'
import { parseDurationMs } from '../parse/duration.ts'
import { removeEach } from './remove-each.ts'
import { addList, withSession } from './verbs.ts'

const tokenShape: Shape<Token> = {
  nameOf: (it) => it.name,
  columns: [
    { name: 'name', text: (it) => it.name },
    { name: 'id', text: (it) => it.id },
    { name: 'roles', text: (it) => it.roles.join(' ') },
    { name: 'expires', text: (it) => it.expiresAt ?? 'never' },
    { name: 'created', text: (it) => it.createdAt },
  ],
}

const create = async (session: Session, name: string, flags: { role: string[]; expires?: string }): Promise<void> => {
  const expiry = flags.expires && { expiresInSeconds: Math.ceil(parseDurationMs(flags.expires) / 1000) }
  const created = await session.client.tokens.create({ body: { name, roles: flags.role as Role[], ...expiry } })
  session.output.say(`token ${created.name} (${created.roles.join(', ')}); this is the only time that it is shown:`)
  session.output.text(created.secret)
}

export const addTokenCommands = (program: Command): void => {
  const noun = program.command('token').description('who may call the API')
  addList(noun, { what: 'tokens', shape: tokenShape, list: (session) => session.client.tokens.list })
  noun
    .command('create <name>')
    .description('make a token and print it, once')
    .requiredOption('--role <roles...>', 'admin, operator, researcher, device, node or viewer')
    .option('--expires <duration>', 'such as 30d; never when left out')
    .action(withSession(create))
  removeEach(noun, 'tokens: they stop working at once', (session, token) =>
    session.client.tokens.remove({ params: { token } }),
  )
}
