import type { Operation } from '@bramble/contracts'
import type { Command } from 'commander'
import type { Session } from '../context/session.ts'
import { addWaitFlags, awaitOperation, type WaitFlags } from './await-operation.ts'
import { forEachName } from './for-each.ts'
import { withSession } from './verbs.ts'

type Remove = (session: Session, name: string) => Promise<Operation | undefined>

const removeOne = async (session: Session, name: string, remove: Remove, flags: WaitFlags): Promise<void> => {
  const operation = await remove(session, name)
  if (operation) await awaitOperation(session, operation, flags)
  session.output.say(`deleted ${name}`)
}

/** Adds `delete NAME...` (alias rm): exit code 8 when some could be deleted and others not. */
export const removeEach = (parent: Command, what: string, remove: Remove, name = 'delete'): Command => {
  const command = addWaitFlags(parent.command(`${name} <names...>`).description(`delete ${what}`))
  if (name === 'delete') command.alias('rm')
  return command.action(
    withSession((session, names: string[], flags: WaitFlags) =>
      forEachName(names, (one) => removeOne(session, one, remove, flags)),
    ),
  )
}
