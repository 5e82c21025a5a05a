import { hostname } from 'node:os'
import { join } from 'node:path'
import { z } from 'zod'
import { isPlainBeyondLoopback, JoinToken, Name, NodeId, splitUrls, wholeUrl } from '@bramble/contracts'
import { ConfigError, logLevels, secret } from '@bramble/kit'
import { AgentConfig } from './config.ts'

const PortNumber = z.int().min(0).max(65535)
const GiB = 1024 ** 3
const hasScheme = 'must begin with http://, https://, or // for https beyond loopback'
const MasterUrl = z
  .string()
  .regex(/^(https?:)?\/\/[^/]/, hasScheme)
  .refine((url) => URL.canParse(wholeUrl(url)), 'is no URL')
/** One, or all that share a store: a list, or joined by commas. */
const MasterUrls = z.preprocess(
  (given) => (typeof given === 'string' ? splitUrls(given) : given),
  z.array(MasterUrl).min(1),
)
const { limits } = AgentConfig.shape

const isLocatable = {
  path: ['master', 'url'],
  message: 'is needed (--master), or discovery.interface to look for a cloudlet there',
}
const hasNodes = { path: ['driver'], message: 'there is no node to run: name a driver, or simulated.nodes' }

/** Whether tokens sent there could be read on the way. */
export const isPlain = (url: string): boolean => isPlainBeyondLoopback(wholeUrl(url))
export const plainBeyondHost =
  'is plain HTTP beyond this host: write https://, or say master.allowPlain: true when the network is yours alone'

/** How the master is reached; config/node-agent.example.yaml explains it. */
const MasterPlace = z
  .strictObject({
    /** Sought on the network when left out. */
    url: MasterUrls.optional(),
    /** PEM: the authority of a certificate that the master was given; the cloudlet's own when left out. */
    caFile: z.string().min(1).optional(),
    /** Whether who listens to the network may read the tokens of this host. */
    allowPlain: z.boolean().default(false),
  })
  .refine(({ url = [], allowPlain }) => allowPlain || !url.some(isPlain), { path: ['url'], message: plainBeyondHost })

/** Settings of the node agent as a process of its own; config/node-agent.example.yaml explains them. */
export const NodeAgentSettings = z
  .strictObject({
    /** Identity, ledger, images, disks of instances. */
    stateDir: z.string().min(1).default('/var/lib/bramble'),
    master: MasterPlace.prefault({}),
    /** PEM: the authority of the broker's certificate; the cloudlet's own when left out. */
    broker: z.strictObject({ caFile: z.string().min(1).optional() }).prefault({}),
    /** On which interface the master is sought, and the network told that this host waits for a token. */
    discovery: z.strictObject({ interface: z.string().min(1).max(15).optional() }).prefault({}),
    /** Needed once, until the host has joined. */
    join: z.strictObject({ token: secret(JoinToken).optional() }).prefault({}),
    /** The name that it would like; the host's when left out. */
    node: NodeId.optional(),
    /** Refused unless it is the invitation's. */
    cluster: Name.optional(),
    driver: z.enum(['libvirt', 'simulated', 'none']).default('libvirt'),
    /** Host ports for forwards that asked for none, and where all are bound; at `advertisedAddress` if not told else. */
    ports: z
      .strictObject({
        address: z.string().optional(),
        from: PortNumber.min(1).default(20_000),
        to: PortNumber.min(1).default(29_999),
      })
      .prefault({})
      .refine(({ from, to }) => from <= to, { message: 'from must not be above to' }),
    /** Address at which others find this host; that from which it reaches the master if not told else. */
    advertisedAddress: z.string().optional(),
    limits,
    /** Where the master and neighbours reach the agent, at `advertisedAddress`; certificates tell who may. */
    listener: z
      .strictObject({
        host: z.string().default('0.0.0.0'),
        port: PortNumber.default(7443),
        /** Where they find it, when that is elsewhere. */
        advertisedHost: z.string().optional(),
      })
      .prefault({}),
    /** Health and metrics, over plain HTTP for whoever reaches it. */
    probes: z.strictObject({ host: z.string().default('127.0.0.1'), port: PortNumber.default(7444) }).prefault({}),
    /** Memory that instances never get: it is kept for the host. */
    reservedMemoryBytes: z
      .int()
      .min(0)
      .default(GiB / 2),
    libvirtSocket: z.string().default('/run/libvirt/libvirt-sock'),
    /** Simulated nodes, beside the host's own if it has a driver: sim-001, sim-002, ... */
    simulated: z
      .strictObject({
        nodes: z.int().min(0).max(5000).default(0),
        prefix: z
          .string()
          .regex(/^[a-z0-9]([a-z0-9-]{0,40}[a-z0-9])?$/)
          .default('sim'),
        cpus: z.int().min(1).default(64),
        memoryBytes: z
          .int()
          .min(1)
          .default(256 * GiB),
        startMs: z.int().min(0).default(2),
        readyMs: z.int().min(0).default(2),
      })
      .prefault({}),
    log: z.strictObject({ level: z.enum(logLevels).default('info') }).prefault({}),
  })
  .refine(({ driver, simulated }) => driver !== 'none' || simulated.nodes > 0, hasNodes)
  .refine(({ master, discovery }) => master.url !== undefined || discovery.interface !== undefined, isLocatable)
export type NodeAgentSettings = z.output<typeof NodeAgentSettings>

/** With the master's address, from the settings or found. */
export type LocatedSettings = NodeAgentSettings & { master: { url: string[] } }

/** A node of this process, before it has joined. */
export interface Member {
  /** The name that it would like. */
  node: NodeId
  driver: 'libvirt' | 'simulated'
  stateDir: string
  /** Whether consoles and commands are to be had: each listener is a port of this host, too much for a fleet. */
  listens: boolean
}

/** The nodes that the settings ask for. */
export function membersOf({ driver, node, stateDir, simulated }: NodeAgentSettings): Member[] {
  const own = driver === 'none' ? [] : [{ node: node ?? nameOfHost(hostname()), driver, stateDir, listens: true }]
  const width = Math.max(3, String(simulated.nodes).length)
  const fleet = Array.from({ length: simulated.nodes }, (_, at): Member => {
    const id = `${simulated.prefix}-${String(at + 1).padStart(width, '0')}` as NodeId
    return { node: id, driver: 'simulated', stateDir: join(stateDir, 'simulated', id), listens: false }
  })
  return [...own, ...fleet]
}

/** The first label of a host's name, as a node may be called. */
export function nameOfHost(host: string): NodeId {
  const label = host.split('.', 1)[0]!.toLowerCase().replaceAll('_', '-')
  const { data } = NodeId.safeParse(label)
  if (data) return data
  const message = `is needed (--node): the host's name, ${host}, cannot be a node's`
  throw new ConfigError([{ key: 'node', where: 'settings', message }])
}
