import type { BusMessage } from './bus.ts'

export const encodeMessage = (message: BusMessage): Buffer => Buffer.from(JSON.stringify(message))

/** @throws when the bytes are no message of ours */
export function decodeMessage(bytes: Buffer): BusMessage {
  const body: unknown = JSON.parse(bytes.toString('utf8'))
  if (typeof body === 'object' && body !== null && 'type' in body && typeof body.type === 'string') {
    return body as BusMessage
  }
  throw new TypeError('a message is an object with a type')
}
