import { hostname } from 'node:os'
import { z } from 'zod'
import { SiteId } from '@bramble/contracts'
import { logLevels } from '@bramble/kit'
import { usualTtls } from '@bramble/mdns'

const PortNumber = z.int().min(0).max(65535)

/** A DNS label with room for what tells two of one name apart. */
export const CloudletName = z.string().regex(/^[a-z0-9]([a-z0-9-]{0,48}[a-z0-9])?$/, 'a DNS label such as shelf-1')

/** The name of an interface, as Linux has it. */
export const InterfaceName = z.string().regex(/^[^\s/]{1,15}$/, 'the name of an interface such as eth0')

/** Of host and port, and of the rest, in seconds. */
export const Ttl = z
  .strictObject({
    hostSeconds: z.int().min(1).max(86_400).default(usualTtls.hostSeconds),
    otherSeconds: z.int().min(1).max(86_400).default(usualTtls.otherSeconds),
  })
  .prefault({})

/** Settings of the discovery service as a process of its own; config/discovery.example.yaml explains them. */
export const DiscoverySettings = z.strictObject({
  /** Which of the master's `discovery.sites` this is. */
  site: SiteId.default('local' as SiteId),
  /** What the cloudlet would like to be called on the network; the host's name when left out. */
  name: CloudletName.optional(),
  /** On which it is told and looked for; on no others. */
  interfaces: z.array(InterfaceName).min(1),
  /** Where clients reach the API, when that is not where the master's publicUrl says. */
  advertisedAddress: z.ipv4().optional(),
  /** What the master left for this site: address, user and password of the broker. */
  accessFile: z.string().min(1).default('/run/bramble/discovery/local.json'),
  /** How long others go on believing in a cloudlet that ended without a word. */
  ttl: Ttl,
  /** Health and metrics, over plain HTTP for whoever reaches it. */
  probes: z.strictObject({ host: z.string().default('127.0.0.1'), port: PortNumber.default(7446) }).prefault({}),
  log: z.strictObject({ level: z.enum(logLevels).default('info') }).prefault({}),
})
export type DiscoverySettings = z.output<typeof DiscoverySettings>

/** The first label of a host's name, as a cloudlet may be called. */
export function nameOfHost(host = hostname()): string {
  const label = host.split('.', 1)[0]!.toLowerCase().replaceAll('_', '-')
  return CloudletName.safeParse(label).data ?? 'cloudlet'
}
