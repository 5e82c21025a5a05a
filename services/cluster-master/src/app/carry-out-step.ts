import type { NodeId, NodeSpec, UserSpec } from '@bramble/contracts'
import { canNode } from '@bramble/contracts'
import { declareNode } from '../domain/declared-node.ts'
import type { DescriptionStep } from '../domain/plan-description.ts'
import type { Master } from '../master.ts'

/** First what the item is about, then its declaration: a crash in between repeats the first, which then changes nothing. */
export function carryOutStep(master: Master, by: string, step: DescriptionStep): Promise<void> {
  const { section, item } = step.item ?? step.before
  return master.inTurn(section === 'nodes' ? `node ${item}` : `${section} ${item}`, async () => {
    if (step.verb !== 'left') await carryOutItem(master, by, step)
    await declare(master, step)
  })
}

async function carryOutItem(master: Master, by: string, { item, before }: DescriptionStep): Promise<void> {
  const { section, item: name } = item ?? before!
  if (section === 'nodes') {
    const now = item?.section === 'nodes' ? item.spec : undefined
    const was = before?.section === 'nodes' ? before.spec : undefined
    await changeNode(master, by, { id: name as NodeId, now, was })
  }
  if (section === 'users') await changeTokens(master, name, item?.section === 'users' ? item.spec : undefined)
}

interface ChangedNode {
  id: NodeId
  now: NodeSpec | undefined
  was: NodeSpec | undefined
}

/** One that has not joined gets it when it does; one that is retired has no use for it. */
async function changeNode({ records, clock }: Master, by: string, { id, now, was }: ChangedNode): Promise<void> {
  await records.nodes.update(id, (node) => {
    const declared = canNode('update', node.admission) ? declareNode(node, now, was) : node
    if (declared === node) return undefined
    return { ...declared, deed: { verb: 'updated', at: clock.now(), by, revision: node.revision + 1 } }
  })
}

/** Tokens of a user have its roles; with the user they go. */
async function changeTokens({ records }: Master, user: string, spec: UserSpec | undefined): Promise<void> {
  const own = [...records.tokens.values()].filter((token) => token.user === user)
  for (const { id } of own) {
    if (spec) await records.tokens.update(id, (token) => ({ ...token, roles: spec.roles }))
    else await records.tokens.remove(id)
  }
}

async function declare({ records: { declarations } }: Master, step: DescriptionStep): Promise<void> {
  switch (step.verb) {
    case 'created':
      return void (await declarations.insert({ ...step.item, isNamed: true }))
    case 'updated':
      return void (await declarations.update(step.id, ({ revision, createdAt, updatedAt }) => ({
        ...step.item,
        ...{ isNamed: true, revision, createdAt, updatedAt },
      })))
    case 'left':
      return void (await declarations.update(step.id, (before) => ({ ...before, isNamed: false })))
    case 'pruned':
      return void (await declarations.remove(step.id))
  }
}
