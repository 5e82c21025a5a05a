import type { NodeId, NodeSpec, UserSpec } from '@bramble/contracts'
import { ProblemError } from '@bramble/kit'
import type { Records } from '../records/records.ts'

type Declarations = Pick<Records, 'declarations'>

/** What the description applied last says of a node, if it names it. */
export function declaredNode({ declarations }: Declarations, id: NodeId): { spec: NodeSpec; key: string } | undefined {
  const declaration = declarations.get(`nodes.${id}`)
  return declaration?.section === 'nodes' && declaration.isNamed ? declaration : undefined
}

/** One that a description made and none pruned. @throws `not_found` */
export function findUser({ declarations }: Declarations, name: string): UserSpec {
  const declaration = declarations.get(`users.${name}`)
  if (declaration?.section === 'users') return declaration.spec
  throw new ProblemError('not_found', `There is no user ${name}.`, {
    hint: 'Name the user in the description of the testbed, and apply that: `bramble apply -f FILE`.',
  })
}
