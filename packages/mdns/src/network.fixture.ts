// A network in memory: what one link sends, all on it hear, the sender too, as with multicast.
import type { Sender } from 'multicast-dns'
import type { Packet } from './domain/record.ts'
import type { LinkOptions, OpenLink } from './open-link.ts'
import type { StationClock } from './talk.ts'

export interface FakeNetwork {
  open: OpenLink
  sent: { from: string; packet: Packet; to?: Sender }[]
  /** Hears nothing and is not heard from now on, as if it had been killed. */
  cut(address: string): void
  /** Of a stranger. */
  inject(packet: Partial<Packet>, from: Sender): void
}

export function fakeNetwork(clock: StationClock): FakeNetwork {
  const links = new Set<LinkOptions>()
  const sent: FakeNetwork['sent'] = []
  const deliver = (packet: Packet, from: Sender) =>
    clock.after(0, () => {
      for (const { onPacket } of links) onPacket(packet, from)
    })
  return {
    sent,
    open: (options) => {
      links.add(options)
      return {
        send: async (packet, to) => {
          sent.push({ from: options.address, packet, ...(to && { to }) })
          if (links.has(options) && !to) deliver(packet, { address: options.address, port: 5353 })
        },
        close: async () => void links.delete(options),
      }
    },
    cut: (address) => {
      for (const link of links) if (link.address === address) links.delete(link)
    },
    inject: (packet, from) => {
      deliver({ kind: 'response', questions: [], answers: [], authorities: [], additionals: [], ...packet }, from)
    },
  }
}
