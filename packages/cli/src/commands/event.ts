import { followEvents } from '@bramble/client'
import type { Event } from '@bramble/contracts'
import type { Command } from 'commander'
import type { Session } from '../context/session.ts'
import type { Shape } from '../output/format.ts'
import { withSession } from './verbs.ts'

const eventShape: Shape<Event> = {
  nameOf: (it) => String(it.sequence),
  columns: [
    { name: 'sequence', text: (it) => String(it.sequence) },
    { name: 'at', text: (it) => it.at },
    { name: 'type', text: (it) => it.type },
    { name: 'resource', text: (it) => `${it.resource.kind}/${it.resource.id}` },
    { name: 'summary', text: (it) => it.summary },
  ],
}

interface EventFlags {
  since?: string
  types?: string
  resource?: string
  follow?: boolean
  limit: string
}

const line = (event: Event): string => eventShape.columns.map((column) => column.text(event)).join('  ')

const follow = async (session: Session, { since, types, resource }: EventFlags): Promise<void> => {
  const options = { since: since === undefined ? undefined : Number(since), types, resource }
  for await (const item of followEvents(session.client, options)) {
    if (item.kind === 'gap') session.output.say(`events before ${item.firstSequence} are no longer kept`)
    else session.output.text(session.output.format === 'json' ? JSON.stringify(item.event) : line(item.event))
  }
}

const events = async (session: Session, flags: EventFlags): Promise<void> => {
  if (flags.follow) return follow(session, flags)
  const { since, types, resource, limit } = flags
  const query = { since: since === undefined ? undefined : Number(since), types, resource, limit: Number(limit) }
  session.output.items((await session.client.events.list({ query })).items, eventShape)
}

const addEvents = (parent: Command, name: string): Command =>
  parent
    .command(name)
    .description('what happened in the cloudlet')
    .option('--since <sequence>', 'events after this one')
    .option('--types <types>', 'such as instance,operation.failed')
    .option('--resource <id>', 'of one thing only')
    .option('--limit <n>', 'at most so many', '100')
    .option('-F, --follow', 'go on as they happen')
    .action(withSession(events))

export const addEventCommands = (program: Command): void => {
  addEvents(program.command('event').description('what happened in the cloudlet'), 'list')
  addEvents(program, 'events')
}
