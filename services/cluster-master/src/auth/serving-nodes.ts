import { canNode } from '@bramble/contracts'
import { ProblemError } from '@bramble/kit'
import type { Authenticate } from '@bramble/kit'
import type { Records } from '../records/records.ts'

/** Lets nodes in only once they are approved. */
export const onlyServingNodes =
  (authenticate: Authenticate, { nodes }: Pick<Records, 'nodes'>): Authenticate =>
  async (request) => {
    const principal = await authenticate(request)
    const node = nodes.get(principal?.node ?? '')
    if (node && !canNode('serve', node.admission))
      throw new ProblemError('not_approved', `The node ${node.id} is ${node.admission}.`)
    return principal
  }
