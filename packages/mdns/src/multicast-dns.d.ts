// As much of multicast-dns 7 as is used here.
declare module 'multicast-dns' {
  import type { EventEmitter } from 'node:events'

  namespace multicastDns {
    interface Sender {
      address: string
      port: number
    }

    interface RawRecord {
      name: string
      type: string
      class?: string
      ttl?: number
      flush?: boolean
      data?: unknown
    }

    interface RawPacket {
      id?: number
      type?: 'query' | 'response'
      flags?: number
      questions?: { name: string; type: string; class?: string }[]
      answers?: RawRecord[]
      authorities?: RawRecord[]
      additionals?: RawRecord[]
    }

    interface Socket extends EventEmitter {
      send(packet: RawPacket, to?: Sender, done?: (error?: Error | null) => void): void
      destroy(done?: () => void): void
    }
  }

  function multicastDns(options: { interface: string; bind: string }): multicastDns.Socket
  export = multicastDns
}
