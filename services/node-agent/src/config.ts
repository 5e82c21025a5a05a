import { z } from 'zod'
import { Name, NodeId } from '@bramble/contracts'
import { secret } from '@bramble/kit'

const GiB = 1024 ** 3
const PortNumber = z.int().min(1).max(65535)

/** Settings of one node agent. */
export const AgentConfig = z.strictObject({
  node: NodeId,
  cluster: Name.default('default'),
  /** Ledger, images, disks of instances. */
  stateDir: z.string().min(1),
  /** Where images are pulled from and pushed to. */
  master: z.strictObject({ url: z.url(), token: secret(z.string().min(1)) }),
  driver: z.enum(['libvirt', 'simulated']).default('libvirt'),
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
  /** The agent's own listener; the master calls it with `key`. Without it consoles and exec are not to be had. */
  listener: z
    .strictObject({
      host: z.string().default('127.0.0.1'),
      port: z.int().min(0).max(65535).default(0),
      key: secret(z.string().min(16)),
    })
    .optional(),
  /** Memory that instances never get: it is kept for the host. For the driver. */
  reservedMemoryBytes: z
    .int()
    .min(0)
    .default(GiB / 2),
})
export type AgentConfig = z.output<typeof AgentConfig>
