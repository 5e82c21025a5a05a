import type { Authority, DeadFact, SystemService, TaskStatus } from '@bramble/contracts'
import type { Command } from 'commander'
import { request } from '@bramble/client'
import type { Session } from '../context/session.ts'
import { UsageError } from '../exit-code.ts'
import type { Shape } from '../output/format.ts'
import { readInputText } from '../read-input.ts'
import { version } from '../version.ts'
import { withSession } from './verbs.ts'

const taskShape: Shape<TaskStatus> = {
  nameOf: (it) => it.name,
  columns: [
    { name: 'name', text: (it) => it.name },
    { name: 'runs', text: (it) => String(it.runs) },
    { name: 'failures', text: (it) => String(it.failures) },
    { name: 'last', text: (it) => it.lastStartedAt ?? '' },
    { name: 'took-ms', text: (it) => it.lastDurationMs?.toFixed(1) ?? '' },
    { name: 'error', text: (it) => it.lastError ?? '' },
  ],
}

const serviceShape: Shape<SystemService> = {
  nameOf: (it) => it.name,
  columns: [
    { name: 'name', text: (it) => it.name },
    { name: 'host', text: (it) => it.host },
    { name: 'product', text: (it) => it.product },
    { name: 'version', text: (it) => it.version ?? '' },
    { name: 'state', text: (it) => it.state },
    { name: 'last-seen', text: (it) => it.lastSeenAt ?? '' },
    { name: 'detail', text: (it) => it.detail ?? '' },
  ],
}

const deadFactShape: Shape<DeadFact> = {
  nameOf: (it) => it.id,
  columns: [
    { name: 'at', text: (it) => it.at },
    { name: 'key', text: (it) => it.key },
    { name: 'reason', text: (it) => it.reason },
    { name: 'id', text: (it) => it.id, hidden: true },
    { name: 'text', text: (it) => it.text, hidden: true },
  ],
}

interface DeadFactFlags {
  limit: string
  forget?: boolean
}

const deadFacts = async ({ client, output }: Session, { limit, forget }: DeadFactFlags): Promise<void> => {
  const { count, items } = await client.system.deadFacts({ query: { limit: Number(limit) } })
  output.items(items, deadFactShape)
  if (forget) await client.system.forgetDeadFacts()
  output.say(forget ? `${count} dead facts forgotten` : `${items.length} of ${count} dead facts, the newest first`)
}

const health = async (session: Session): Promise<void> => {
  const { checks } = await session.client.system.health()
  session.output.items(Object.entries(checks), {
    nameOf: ([name]) => name,
    columns: [
      { name: 'name', text: ([name]) => name },
      { name: 'ok', text: ([, check]) => (check.ok ? 'yes' : 'no') },
      { name: 'detail', text: ([, check]) => check.detail ?? '' },
    ],
  })
}

const authorityShape: Shape<Authority> = {
  nameOf: (it) => it.fingerprint,
  columns: [{ name: 'fingerprint', text: (it) => it.fingerprint }],
}

const showAuthority = async ({ client, output }: Session, { pem }: { pem?: boolean }): Promise<void> => {
  const authority = await client.system.authority()
  if (pem) output.text(authority.certificate.trimEnd())
  else output.item(authority, authorityShape)
}

const showVersion = async (session: Session): Promise<void> => {
  const server = await session.client.system.version().catch(() => undefined)
  if (session.output.format !== 'table') return session.output.text(JSON.stringify({ client: version, server }))
  session.output.text(`client ${version}`)
  session.output.text(
    server
      ? `server ${server.version} (${server.shape}, ${session.client.url})`
      : `server: no answer from ${session.client.url}`,
  )
}

const query = async (session: Session, method: string, path: string, { data }: { data?: string }): Promise<void> => {
  if (!path.startsWith('/')) throw new UsageError('the path begins with /, for example: bramble query GET /v1/nodes')
  const text = data?.startsWith('@') ? await readInputText(data.slice(1)) : data
  const json: unknown = text === undefined ? undefined : JSON.parse(text)
  const response = await request(session.client, { method: method.toUpperCase(), path, json })
  session.output.text(await response.text())
}

export const addSystemCommands = (program: Command): void => {
  const noun = program.command('system').description('the master itself')
  noun
    .command('tasks')
    .description('the background tasks and how their last runs went')
    .action(
      withSession(async (session) => session.output.items((await session.client.system.tasks()).items, taskShape)),
    )
  noun
    .command('health')
    .description('what the master depends on, and whether it is well')
    .action(withSession((session) => health(session)))
  noun
    .command('services')
    .description('every service: where it runs, its version, its state, when it was last seen')
    .action(
      withSession(async (session) =>
        session.output.items((await session.client.system.services()).items, serviceShape),
      ),
    )
  noun
    .command('ca')
    .description("the fingerprint of the cloudlet's own authority, by which others log in")
    .option('--pem', 'its certificate')
    .action(withSession(showAuthority))
  noun
    .command('dead-facts')
    .description('what nodes told and the master could not take, with the reason')
    .option('--limit <n>', 'at most so many', '100')
    .option('--forget', 'show them, then forget all that are kept')
    .action(withSession(deadFacts))
  program
    .command('version')
    .description('version of this client and of the master')
    .action(withSession((session) => showVersion(session)))
  program
    .command('query <method> <path>')
    .description('call the API as it is: bramble query GET /v1/nodes')
    .option('-d, --data <json>', 'body; @FILE reads it from a file, @- from stdin')
    .action(withSession(query))
}
