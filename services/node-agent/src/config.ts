import { z } from 'zod'
import { NodeId } from '@bramble/contracts'

const PortNumber = z.int().min(1).max(65535)

/** What the agent of one node works with. */
export const AgentConfig = z.strictObject({
  node: NodeId,
  /** Ledger, images, disks of instances. */
  stateDir: z.string().min(1),
  /** Host ports for forwards that asked for none, and the address at which all forwards are bound. */
  ports: z
    .strictObject({
      address: z.string().default('127.0.0.1'),
      from: PortNumber.default(20_000),
      to: PortNumber.default(29_999),
    })
    .prefault({})
    .refine(({ from, to }) => from <= to, { message: 'from must not be above to' }),
  /** Address at which clients reach the forwards of this node. */
  advertisedAddress: z.string().default('127.0.0.1'),
  /** How many steps of a kind may run at a time. */
  limits: z
    .strictObject({
      starts: z.int().min(1).default(4),
      deletes: z.int().min(1).default(4),
      captures: z.int().min(1).default(1),
    })
    .prefault({}),
})
export type AgentConfig = z.output<typeof AgentConfig>
