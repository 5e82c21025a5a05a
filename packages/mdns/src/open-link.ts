import multicastDns from 'multicast-dns'
import type { Sender } from 'multicast-dns'
import type { Packet } from './domain/record.ts'
import { readPacket, writePacket } from './raw-packet.ts'

/** Multicast DNS on one interface. */
export interface Link {
  /** To all, or to who asked. Rejects when it could not be sent. */
  send(packet: Packet, to?: Sender): Promise<void>
  close(): Promise<void>
}

export interface LinkOptions {
  /** Of the interface. */
  address: string
  onPacket: (packet: Packet, from: Sender) => void
  /** Called at most once: it cannot be used (any more). */
  onFailure: (error: Error) => void
}

export type OpenLink = (options: LinkOptions) => Link

/** Bound to the interface's own address a socket would receive nothing that is sent to the group. */
export const openLink: OpenLink = ({ address, onPacket, onFailure }) => {
  const socket = multicastDns({ interface: address, bind: '0.0.0.0' })
  socket.on('packet', (raw: Parameters<typeof readPacket>[0], from: Sender) => onPacket(readPacket(raw, from), from))
  // What cannot be decoded is not for us; a membership that fails is tried again by the library.
  socket.on('warning', () => {})
  socket.once('error', onFailure)
  return {
    send: (packet, to) =>
      new Promise((resolve, reject) => {
        socket.send(writePacket(packet), to, (error) => (error ? reject(error) : resolve()))
      }),
    close: () => new Promise((resolve) => socket.destroy(resolve)),
  }
}
