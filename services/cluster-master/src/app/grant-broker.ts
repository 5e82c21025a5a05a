import { canNode } from '@bramble/contracts'
import type { BrokerAccess, NodeId } from '@bramble/contracts'
import { ProblemError } from '@bramble/kit'
import { checkFleet } from '../join/fleet-names.ts'
import { demandJoining } from '../join/joining.ts'
import type { Master } from '../master.ts'
import { findDocument } from './find-document.ts'

/** Gives a node what it connects to the broker with. @throws `not_approved`, `unavailable` while the broker is down */
export async function grantBroker(master: Master, id: NodeId): Promise<BrokerAccess> {
  const { access, brokerUrls } = demandJoining(master)
  return master.inTurn(`node ${id}`, async () => {
    const { admission, identity } = findDocument(master.records.nodes, 'node', id)
    if (!canNode('serve', admission)) throw new ProblemError('not_approved', `The node ${id} is ${admission}.`)
    const fleet = identity?.fleet
    // Once more: who joined under such a name while the fleet was invited is not to be spoken for.
    if (fleet) checkFleet(master.records, fleet)
    return { urls: brokerUrls, ...(await (fleet ? access.grantInFleet(id, fleet) : access.grant(id))) }
  })
}
