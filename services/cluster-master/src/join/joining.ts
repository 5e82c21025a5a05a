import { ProblemError } from '@bramble/kit'
import type { NodeAccess } from '../app/node-access.ts'
import type { Identity } from '../identity/open-identity.ts'

/** What it takes to let other hosts in. The embedded cloudlet has none of it. */
export interface Joining {
  identity: Identity
  access: NodeAccess
  /** Where nodes reach the broker: `amqp://host:port`, without user and password. */
  brokerUrls: string[]
  /** Where hosts that join reach the master; when absent whoever invites them has to know. */
  masterUrl?: string | undefined
}

/** @throws `not_joinable` */
export function demandJoining({ joining }: { joining?: Joining | undefined }): Joining {
  if (!joining) throw new ProblemError('not_joinable', 'The embedded cloudlet has one host.')
  return joining
}
