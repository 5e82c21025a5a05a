import { z } from 'zod'
import { uniqueBy } from './unique-by.ts'

export const PortNumber = z.number().int().min(1).max(65535)
export const Protocol = z.enum(['tcp', 'udp']).meta({ id: 'Protocol' })
export type Protocol = z.infer<typeof Protocol>

/** A port on which the guest listens. */
export const ServicePort = z
  .object({ name: z.string().regex(/^[a-z0-9-]{1,15}$/), port: PortNumber, protocol: Protocol.default('tcp') })
  .strict()
  .meta({ id: 'ServicePort' })
export type ServicePort = z.infer<typeof ServicePort>

/** What a service's author may write: each name once, each port once. */
export const ServicePorts = z
  .array(ServicePort)
  .max(64)
  .superRefine(uniqueBy(({ name }) => `the name ${name}`))
  .superRefine(uniqueBy(({ port, protocol }) => `the port ${port}/${protocol}`))

/** A forward that was asked for: without `hostPort` the node chooses a free one. */
export const Publish = z
  .object({ guestPort: PortNumber, protocol: Protocol.default('tcp'), hostPort: PortNumber.optional() })
  .strict()
  .meta({ id: 'Publish' })
export type Publish = z.infer<typeof Publish>

/** What a launch may ask for: a guest port may have several host ports, each of them once. */
export const PublishList = z
  .array(Publish)
  .max(64)
  .superRefine(uniqueBy(({ guestPort, protocol, hostPort = 'any' }) => `${guestPort}/${protocol} at ${hostPort}`))

/** A forward that exists: host address and port -> guest port. */
export const Forward = z
  .object({
    name: z.string().optional(),
    guestPort: PortNumber,
    protocol: Protocol,
    hostAddress: z.string(),
    hostPort: PortNumber,
  })
  .meta({ id: 'Forward' })
export type Forward = z.infer<typeof Forward>

const bounds = {
  timeoutSeconds: z
    .number()
    .int()
    .min(1)
    .max(3600)
    .default(120)
    .meta({ description: 'how long the guest may take in all' }),
  intervalMs: z.number().int().min(10).max(60_000).default(100),
}

/**
 * How the node finds out that the guest serves: bytes from the guest, through the forward, from the host's side.
 * A connect alone never counts: the forwarder accepts for a guest that is paused.
 */
export const Probe = z
  .discriminatedUnion('kind', [
    z
      .object({
        kind: z.literal('http'),
        port: PortNumber,
        path: z
          .string()
          .regex(/^\/[\x21-\x7e]*$/, 'a path such as /health, without blanks')
          .max(1000)
          .default('/'),
        expectStatus: z.number().int().min(100).max(599).default(200),
        ...bounds,
      })
      .strict(),
    z
      .object({
        kind: z.literal('banner'),
        port: PortNumber,
        protocol: Protocol.default('tcp'),
        send: z.string().max(1000).optional().meta({ description: 'sent first; needed over udp' }),
        expect: z
          .string()
          .max(1000)
          .optional()
          .meta({ description: 'the answer begins with this; any byte counts when left out' }),
        ...bounds,
      })
      .strict(),
  ])
  .meta({ id: 'Probe' })
export type Probe = z.infer<typeof Probe>

/** Over which protocol a probe asks. */
export const protocolOf = (probe: Probe): Protocol => (probe.kind === 'banner' ? probe.protocol : 'tcp')
