// Host ports of this node's instances. What a slot in the ledger owns, or a launch under way has taken, is never given
// out a second time; whether something else on this host holds a port, only the driver can tell.
import { protocolOf } from '@bramble/contracts'
import type { DesiredInstance, Forward, InstanceId, Protocol } from '@bramble/contracts'
import { ProblemError } from '@bramble/kit'
import type { Driver } from './drivers/driver.ts'
import type { Instances } from './ledger/records.ts'
import { slotOf } from './ledger/records.ts'

export interface PortRange {
  address: string
  from: number
  to: number
}

export interface Ports {
  /** Takes a host port for each forward of the instance, or none. @throws `port_taken`, naming the holder; `port_unusable` */
  take(instance: DesiredInstance): Promise<Forward[]>
  release(forwards: readonly Forward[]): void
}

type Publish = DesiredInstance['publish'][number]
type PortUse = Pick<Forward, 'protocol' | 'hostPort'>

const useKey = ({ protocol, hostPort }: PortUse) => `${protocol}/${hostPort}`

export function createPorts(range: PortRange, driver: Pick<Driver, 'checkPort'>, instances: Instances): Ports {
  const holders = new Map<string, InstanceId>()
  for (const record of instances.values()) {
    for (const forward of slotOf(record)?.forwards ?? []) holders.set(useKey(forward), record.instance.id)
  }
  const size = range.to - range.from + 1
  let nextOffset = 0

  /** Holds the port while it is looked at, and after that if it is free. */
  const tryHolding = async (id: InstanceId, use: PortUse) => {
    holders.set(useKey(use), id)
    let looked: Awaited<ReturnType<Driver['checkPort']>> = { free: false }
    try {
      looked = await driver.checkPort({ address: range.address, port: use.hostPort, protocol: use.protocol })
    } finally {
      if (!looked.free) holders.delete(useKey(use))
    }
    return looked
  }

  const takeAskedFor = async (id: InstanceId, use: PortUse) => {
    const owner = holders.get(useKey(use))
    if (owner) throw portTaken(use, owner === id ? 'this instance itself' : `instance ${owner}`)
    const { free, holder } = await tryHolding(id, use)
    if (free) return use.hostPort
    throw portTaken(use, holder)
  }

  const takeAny = async (id: InstanceId, protocol: Protocol) => {
    for (let tries = 0; tries < size; tries += 1) {
      const use = { protocol, hostPort: range.from + nextOffset }
      nextOffset = (nextOffset + 1) % size
      if (!holders.has(useKey(use)) && (await tryHolding(id, use)).free) return use.hostPort
    }
    throw new ProblemError('port_taken', `All ${protocol} ports from ${range.from} to ${range.to} are taken.`)
  }

  const release = (forwards: readonly Forward[]) => forwards.forEach((forward) => holders.delete(useKey(forward)))

  return {
    release,
    take: async (instance) => {
      const taken: Forward[] = []
      try {
        for (const { hostPort: wanted, name, guestPort, protocol } of forwardsOf(instance)) {
          const hostPort =
            wanted === undefined
              ? await takeAny(instance.id, protocol)
              : await takeAskedFor(instance.id, { protocol, hostPort: wanted })
          taken.push({ ...(name && { name }), guestPort, protocol, hostAddress: range.address, hostPort })
        }
        return taken
      } catch (error) {
        release(taken)
        throw error
      }
    },
  }
}

/**
 * What was asked for, and one for the probe: it comes in from the host's side like any client. The master lists that one
 * too, but as of the launch; the probe is the service's as it is now, and may have got another port meanwhile.
 */
function forwardsOf({ publish, probe }: DesiredInstance): Publish[] {
  const needed = probe && { guestPort: probe.port, protocol: protocolOf(probe), name: 'probe' }
  const isThere = publish.some((it) => it.guestPort === needed?.guestPort && it.protocol === needed.protocol)
  return needed && !isThere ? [...publish, needed] : publish
}

const portTaken = ({ protocol, hostPort }: PortUse, holder: string | undefined) =>
  new ProblemError('port_taken', `Host port ${hostPort}/${protocol} is taken by ${holder ?? 'another program'}.`)
