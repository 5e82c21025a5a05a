import { randomUUID } from 'node:crypto'
import type { InstanceId, NodeId, Publish, WhenLost } from '@bramble/contracts'
import type { Command } from 'commander'
import type { Session } from '../context/session.ts'
import { UsageError } from '../exit-code.ts'
import { parsePublish } from '../parse/port.ts'
import { parseWhenLost, whenLostHint } from '../parse/when-lost.ts'
import { addWaitFlags, awaitOperation, type WaitFlags } from './await-operation.ts'
import { instanceShape } from './instance-shape.ts'
import { withSession } from './verbs.ts'

interface LaunchFlags extends WaitFlags {
  name?: string
  base?: string
  overlay?: string
  node?: string
  publish: Publish[]
  whenLost?: WhenLost
}

const launch = async (session: Session, service: string | undefined, flags: LaunchFlags): Promise<void> => {
  const { name, base, overlay, node, publish, whenLost } = flags
  if ([service, base, overlay].filter(Boolean).length !== 1) {
    throw new UsageError('name a service, or give --overlay or --base: exactly one of the three')
  }
  const body = { name, service, base, overlay, node: node as NodeId | undefined, publish, whenLost }
  const operation = await session.client.instances.launch({ body, idempotencyKey: randomUUID() })
  if (!(await awaitOperation(session, operation, flags))) return
  const id = operation.resources.find((it) => it.kind === 'instance')!.id as InstanceId
  session.output.item(await session.client.instances.show({ params: { instance: id } }), instanceShape)
}

/** `launch`, both below `instance` and at the top. */
export const addLaunch = (parent: Command): Command =>
  addWaitFlags(
    parent
      .command('launch [service]')
      .description('launch an instance of a service, an overlay, or a bare base (an edit session)')
      .option('--name <name>', 'name of the instance; made from the service when left out')
      .option('--overlay <name>', 'launch an overlay that no service names')
      .option('--base <name>', 'launch the base itself, to customise it')
      .option('--node <node>', 'run it on this node')
      .option('--when-lost <policy>', `when node and master lose each other: ${whenLostHint}`, parseWhenLost)
      .option(
        '--publish <ports>',
        'HOST:GUEST/tcp or GUEST/udp, besides the ports of the service (repeat for more)',
        (text: string, all: Publish[]) => [...all, parsePublish(text)],
        [],
      ),
  ).action(withSession(launch))
