import { canNode } from '@bramble/contracts'
import type { BrokerAccess, NodeId } from '@bramble/contracts'
import { ProblemError } from '@bramble/kit'
import { demandJoining } from '../join/joining.ts'
import type { Master } from '../master.ts'
import { findDocument } from './find-document.ts'

/** Gives a node what it connects to the broker with. @throws `not_approved`, `unavailable` while the broker is down */
export async function grantBroker(master: Master, id: NodeId): Promise<BrokerAccess> {
  const { access, brokerUrls } = demandJoining(master)
  return master.inTurn(`node ${id}`, async () => {
    const { admission } = findDocument(master.records.nodes, 'node', id)
    if (!canNode('serve', admission)) throw new ProblemError('not_approved', `The node ${id} is ${admission}.`)
    return { urls: brokerUrls, ...(await access.grant(id)) }
  })
}
