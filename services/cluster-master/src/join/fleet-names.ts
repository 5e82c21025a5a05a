// The user of a fleet speaks at the broker for every name of the fleet, so that nobody else may have one of these names:
// neither who joins while there is the fleet, nor who was there before it.
import { canNode, fleetOfName } from '@bramble/contracts'
import type { FleetName, NodeId } from '@bramble/contracts'
import { ProblemError } from '@bramble/kit'
import type { Records } from '../records/records.ts'
import type { StoredInvitation } from '../store/store.ts'

type Known = Pick<Records, 'nodes' | 'invitations'>

/** The fleet that has a name, if there is one: it has nodes, or an invitation for some. */
export function fleetWithName({ nodes, invitations }: Known, id: NodeId): FleetName | undefined {
  const fleet = fleetOfName(id)
  if (fleet === undefined) return undefined
  for (const node of nodes.values()) if (node.identity?.fleet === fleet) return fleet
  for (const invitation of invitations.values()) if (invitation.fleet === fleet) return fleet
  return undefined
}

/** @throws `name_taken`, `invalid_input` for a name that is none of the invitation's fleet */
export function checkFleetName(known: Known, id: NodeId, { fleet }: Pick<StoredInvitation, 'fleet'>): void {
  const message = `nodes of the fleet ${fleet} are called ${fleet}- and a number`
  if (fleet !== undefined && fleetOfName(id) !== fleet)
    throw new ProblemError('invalid_input', `node: ${message}.`, { errors: [{ path: 'node', message }] })
  if (fleet !== undefined) return
  const taken = fleetWithName(known, id)
  if (taken !== undefined) throw new ProblemError('name_taken', `The name ${id} is one of the fleet ${taken}.`)
}

/** Whether a fleet may have its names. @throws `name_taken` */
export function checkFleet({ nodes }: Known, fleet: FleetName): void {
  for (const { id, admission, identity } of nodes.values()) {
    if (identity?.fleet === fleet || fleetOfName(id) !== fleet || canNode('replace', admission)) continue
    throw new ProblemError('name_taken', `There is already a node ${id}, which is not of a fleet.`)
  }
}
