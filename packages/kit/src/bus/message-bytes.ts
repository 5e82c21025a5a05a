import type { BusMessage } from './bus.ts'
import { checkMessage, messageText } from './message-text.ts'

export const encodeMessage = (message: BusMessage): Buffer => Buffer.from(messageText(message))

/** @throws when the bytes are no message of ours */
export const decodeMessage = (bytes: Buffer): BusMessage => checkMessage(JSON.parse(bytes.toString('utf8')))
