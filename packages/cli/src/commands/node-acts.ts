import type { Node, NodeId, OperationId } from '@bramble/contracts'
import type { Command } from 'commander'
import type { Session } from '../context/session.ts'
import type { Shape } from '../output/format.ts'
import { parseLabelPatch } from '../parse/label.ts'
import { parseNodeRanges } from '../parse/node-range.ts'
import { addWaitFlags, awaitOperation } from './await-operation.ts'
import type { WaitFlags } from './await-operation.ts'
import { forEachName } from './for-each.ts'
import { withSession } from './verbs.ts'

type Act<Flags> = (session: Session, node: NodeId, flags: Flags) => Promise<string>

/** A verb on nodes by name, or by range: `pi[01-16]`. `act` returns what it did, for people. */
const addAct = <Flags>(noun: Command, verb: string, { what, act }: { what: string; act: Act<Flags> }): Command =>
  noun
    .command(`${verb} <nodes...>`)
    .description(what)
    .action(
      withSession((session, words: string[], flags: Flags) =>
        forEachName(parseNodeRanges(words), async (node) =>
          session.output.say(`${node}: ${await act(session, node, flags)}`),
        ),
      ),
    )

const approve: Act<object> = async ({ client }, node) => {
  await client.nodes.approve({ params: { node } })
  return 'approved'
}

const undrain: Act<object> = async ({ client }, node) => {
  await client.nodes.undrain({ params: { node } })
  return 'takes instances again'
}

const drain: Act<WaitFlags & { evict?: boolean }> = async (session, node, { evict = false, ...flags }) => {
  const { operations, node: drained } = await session.client.nodes.drain({ params: { node }, body: { evict } })
  if (!evict) return `takes no more instances; it has ${drained.instances}`
  for (const id of operations) await awaitDeletion(session, id, flags)
  return `takes no more instances; ${operations.length} ${flags.wait ? 'deleted' : 'are being deleted'}`
}

const awaitDeletion = async (session: Session, id: OperationId, flags: WaitFlags): Promise<void> => {
  const operation = await session.client.operations.show({ params: { operation: id } })
  await awaitOperation(session, operation, flags)
}

const retire: Act<{ force?: boolean }> = async ({ client }, node, { force = false }) => {
  await client.nodes.retire({ params: { node }, body: { force } })
  return 'retired'
}

interface Labelling {
  range: string
  labels: string[]
  cluster: string | undefined
  shape: Shape<Node>
}

const label = async (session: Session, { range, labels, cluster, shape }: Labelling): Promise<void> => {
  const body = { labels: parseLabelPatch(labels), ...(cluster !== undefined && { cluster }) }
  const labelled: Node[] = []
  await forEachName(parseNodeRanges([range]), async (node) => {
    labelled.push(await session.client.nodes.update({ params: { node }, body }))
  }).finally(() => session.output.items(labelled, shape))
}

export const addNodeActs = (noun: Command, shape: Shape<Node>): void => {
  addAct(noun, 'approve', { what: 'let nodes that joined take instances', act: approve })
  addWaitFlags(
    addAct(noun, 'drain', { what: 'place nothing more on nodes (pi-07, pi[01-16])', act: drain }).option(
      '--evict',
      'delete the instances that they have',
    ),
  )
  addAct(noun, 'undrain', { what: 'let drained nodes take instances again', act: undrain })
  addAct(noun, 'retire', { what: 'end what nodes may do, for good', act: retire }).option(
    '--force',
    'give up the instances that they have: those may still run there',
  )
  noun
    .command('label <node> [labels...]')
    .description('set labels (shelf=2), take them away (shelf-); the node may be a range')
    .option('--cluster <name>', 'move it to another cluster')
    .action(
      withSession((session, range: string, labels: string[], { cluster }: { cluster?: string }) =>
        label(session, { range, labels, cluster, shape }),
      ),
    )
}
