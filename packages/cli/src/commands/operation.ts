import type { Operation, OperationId } from '@bramble/contracts'
import type { Command } from 'commander'
import type { Session } from '../context/session.ts'
import type { Shape } from '../output/format.ts'
import { awaitOperation } from './await-operation.ts'
import { timingsText } from './instance-shape.ts'
import { addList, addShow, withSession } from './verbs.ts'

export const operationShape: Shape<Operation> = {
  nameOf: (it) => it.id,
  columns: [
    { name: 'id', text: (it) => it.id },
    { name: 'kind', text: (it) => it.kind },
    { name: 'status', text: (it) => it.status },
    { name: 'phase', text: (it) => it.phase },
    { name: 'created', text: (it) => it.createdAt },
    { name: 'ended', text: (it) => it.endedAt ?? '' },
    { name: 'problem', text: (it) => it.error?.code ?? '' },
    { name: 'detail', text: (it) => it.error?.detail ?? '', hidden: true },
    { name: 'resources', text: (it) => it.resources.map((ref) => `${ref.kind}/${ref.id}`).join(' '), hidden: true },
    { name: 'timings', text: (it) => timingsText(it.timings), hidden: true },
    { name: 'requested-by', text: (it) => it.requestedBy, hidden: true },
  ],
}

const show = (session: Session, id: string) =>
  session.client.operations.show({ params: { operation: id as OperationId } })

const wait = async (session: Session, id: string, { timeout }: { timeout?: string }): Promise<void> => {
  const ended = await awaitOperation(session, await show(session, id), { wait: true, timeout })
  session.output.item(ended!, operationShape)
}

const addWait = (parent: Command): Command =>
  parent
    .command('wait <operation>')
    .description('wait for the end of an operation')
    .option('--timeout <duration>', 'give up after this long (exit code 6)')
    .action(withSession(wait))

export const addOperationCommands = (program: Command): void => {
  const noun = program.command('operation').description('asynchronous work and how it went')
  addList(noun, { what: 'operations', shape: operationShape, list: (session) => session.client.operations.list })
  addShow(noun, { what: 'one operation', shape: operationShape, show })
  addWait(noun)
  noun
    .command('cancel <operation>')
    .description('cancel an operation; what it half did is undone')
    .action(
      withSession(async (session, id: string) => {
        const operation = await session.client.operations.cancel({ params: { operation: id as OperationId } })
        session.output.item(operation, operationShape)
      }),
    )
  addWait(program)
}
