// Messages between a master and its nodes, which take as long as the scenario says, overtake each other, or get lost.
import type { Bus, BusMessage, Clock, DeliveryHandler } from '@bramble/kit'

export type Way = 'up' | 'down'

/** What happens to all messages of a node in one direction for some time. */
export interface Disturbance {
  node: number
  way: Way
  fromS: number
  forS: number
  effect: 'lost' | { delayS: number }
}

export interface SimulatedNetwork {
  /** What a master is given; `isAlive`: a dead one sends nothing more. */
  busFor(isAlive: () => boolean): Bus
  sendReport(node: number, report: BusMessage): void
  onDesired(node: number, handler: (document: BusMessage) => void): void
}

export interface NetworkOptions {
  clock: Clock
  nodes: readonly string[]
  disturbances: readonly Disturbance[]
  /** Of messages that nothing disturbs, one after another. */
  latenciesMs: readonly number[]
}

export function createSimulatedNetwork({ clock, nodes, ...scenario }: NetworkOptions): SimulatedNetwork {
  const receivers = new Map<number, (document: BusMessage) => void>()
  let reportHandler: DeliveryHandler | undefined
  let sent = 0

  const delayMs = (node: number, way: Way): number | undefined => {
    const now = clock.monotonicMs() / 1000
    const hit = scenario.disturbances.find(
      (it) => it.node === node && it.way === way && now >= it.fromS && now < it.fromS + it.forS,
    )
    const latency = scenario.latenciesMs[sent++ % scenario.latenciesMs.length]!
    if (hit?.effect === 'lost') return undefined
    return latency + (hit ? hit.effect.delayS * 1000 : 0)
  }
  const send = (node: number, way: Way, message: BusMessage, deliver: (copy: BusMessage) => void) => {
    const delay = delayMs(node, way)
    const copy = structuredClone(message)
    if (delay !== undefined) clock.after(delay, () => deliver(copy))
  }

  return {
    sendReport: (node, report) =>
      send(node, 'up', report, (body) => {
        void reportHandler?.({ key: `node.${nodes[node]}`, body, redelivered: false })
      }),
    onDesired: (node, handler) => void receivers.set(node, handler),
    busFor: (isAlive) => ({
      ...silentBus,
      publishDesired: async (key, document) => {
        const node = nodes.indexOf(key.slice('node.'.length))
        if (isAlive()) send(node, 'down', document, (copy) => receivers.get(node)?.(copy))
      },
      subscribeReports: async (handler) => {
        const own: DeliveryHandler = (delivery) => (isAlive() ? handler(delivery) : undefined)
        reportHandler = own
        return { stop: async () => void (reportHandler === own && (reportHandler = undefined)) }
      },
    }),
  }
}

const nothing = { stop: async () => {} }

/** What the simulation has no use for. */
const silentBus: Omit<Bus, 'publishDesired' | 'subscribeReports'> = {
  subscribeDesired: async () => nothing,
  publishReport: async () => {},
  publishFact: async () => {},
  subscribeFacts: async () => nothing,
  subscribeDead: async () => nothing,
  countDead: async () => 0,
  about: () => ({ product: 'simulated' }),
  probe: async () => {},
  close: async () => {},
}
