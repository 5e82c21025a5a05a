import type { Inspection, NodeId } from '@bramble/contracts'
import type { Command } from 'commander'
import type { Session } from '../context/session.ts'
import type { Shape } from '../output/format.ts'
import { withSession } from './verbs.ts'

const lines = <Item>(items: readonly Item[] | undefined, text: (item: Item) => string): string =>
  items?.map(text).join('\n') ?? ''

const inspectionShape: Shape<Inspection> = {
  nameOf: (it) => it.node,
  columns: [
    { name: 'node', text: (it) => it.node },
    { name: 'at', text: (it) => it.at },
    { name: 'agent', text: (it) => it.agentVersion },
    { name: 'obeys', text: ({ desired: it }) => (it ? `${it.revision.epoch}.${it.revision.n}` : '') },
    { name: 'wants', text: (it) => lines(it.desired?.instances, (id) => id) },
    { name: 'captures', text: (it) => lines(it.ledger.captures, ({ id, outcome }) => `${id} ${outcome}`) },
    {
      name: 'ledger',
      text: (it) =>
        lines(it.ledger.instances, ({ id, name, phase, untoldFacts }) =>
          [id, name, phase, ...(untoldFacts > 0 ? [`${untoldFacts} untold`] : [])].join(' '),
        ),
    },
    { name: 'jobs', text: (it) => lines(it.jobs, ({ step, of, detail = '' }) => `${step} ${of} ${detail}`.trimEnd()) },
    {
      name: 'domains',
      text: ({ domains }) =>
        domains ? lines(domains, ({ slot, state }) => `${slot} ${state}`) : 'the hypervisor cannot be asked',
    },
    { name: 'troubles', text: (it) => it.troubles.join('\n') },
  ],
}

const inspect = async ({ client, output }: Session, node: string): Promise<void> =>
  output.item(await client.nodes.inspect({ params: { node: node as NodeId } }), inspectionShape)

export const addInspect = (noun: Command): Command =>
  noun
    .command('inspect <node>')
    .description('look at a node from inside: what its agent was told, wrote down, does, and sees')
    .action(withSession(inspect))
