import type { Command } from 'commander'
import { withSession, addList, addShow } from './verbs.ts'
import { addExec } from './exec.ts'
import { instanceShape } from './instance-shape.ts'
import { addLaunch } from './launch.ts'
import { removeEach } from './remove-each.ts'
import { parseSize } from '../parse/size.ts'
import type { Session } from '../context/session.ts'

const listing = { what: 'instances', shape: instanceShape, list: (session: Session) => session.client.instances.list }

const addRemove = (parent: Command, name?: string): Command =>
  removeEach(
    parent,
    'instances and all they left',
    (session, instance) => session.client.instances.remove({ params: { instance } }),
    name,
  )

interface TailFlags {
  tail: string
  hypervisor?: boolean
}

const readTail = async (session: Session, instance: string, { tail, hypervisor }: TailFlags): Promise<void> => {
  const { console, logs } = session.client.instances
  const read = hypervisor ? logs : console
  session.output.text((await read({ params: { instance }, query: { tailBytes: parseSize(tail) } })).trimEnd())
}

const addConsole = (parent: Command, name: string): Command =>
  parent
    .command(`${name} <instance>`)
    .description("print the end of the guest's serial console log")
    .option('--tail <size>', 'how much of it', '64K')
    .action(withSession(readTail))

const addLogs = (parent: Command): Command =>
  addConsole(parent, 'logs').option('--hypervisor', 'what the hypervisor wrote of it, in place of the guest')

export const addInstanceCommands = (program: Command): void => {
  const noun = program.command('instance').description('running (or wanted) Service VMs')
  addList(noun, listing)
  addShow(noun, {
    what: 'one instance',
    shape: instanceShape,
    show: (session, instance) => session.client.instances.show({ params: { instance } }),
  })
  addLaunch(noun)
  addExec(noun)
  addConsole(noun, 'console')
  addLogs(noun)
  addRemove(noun)
}

/** The daily ones again, at the top. */
export const addInstanceAliases = (program: Command): void => {
  addLaunch(program)
  addList(program, listing, 'ls')
  addRemove(program, 'rm')
  addExec(program)
  addLogs(program)
}
