// A message on libvirt's socket: its length in bytes (itself included), a header of six words, then the payload.
// Source: src/rpc/virnetprotocol.x of libvirt.
import { decode, encode, i32, struct, u32 } from '../xdr/index.ts'
import type { Infer } from '../xdr/index.ts'

export const messageTypes = { call: 0, reply: 1, event: 2 } as const
export const statuses = { ok: 0, error: 1 } as const

export const lengthBytes = 4
export const headerBytes = 24
/** Today's libvirt refuses messages above this; older ones above 16 MiB. */
export const maxMessageBytes = 32 * 1024 * 1024 + lengthBytes

export type Header = Infer<typeof header>
const header = struct({ program: u32, version: u32, procedure: i32, type: i32, serial: u32, status: i32 })

export type Message = { header: Header; payload: Buffer }

export function encodeMessage({ header: fields, payload }: Message): Buffer {
  const length = Buffer.alloc(lengthBytes)
  length.writeUInt32BE(lengthBytes + headerBytes + payload.length)
  return Buffer.concat([length, encode(header, fields), payload])
}

/** `frame`: one whole message, its length included. */
export function decodeMessage(frame: Buffer): Message {
  const body = frame.subarray(lengthBytes)
  return { header: decode(header, body), payload: body.subarray(headerBytes) }
}
