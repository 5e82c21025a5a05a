import type { TaskStatus } from '@bramble/contracts'
import type { Command } from 'commander'
import { request } from '@bramble/client'
import { readFileSync } from 'node:fs'
import type { Session } from '../context/session.ts'
import { UsageError } from '../exit-code.ts'
import type { Shape } from '../output/format.ts'
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
  const text = data?.startsWith('@') ? readFileSync(data === '@-' ? 0 : data.slice(1), 'utf8') : data
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
