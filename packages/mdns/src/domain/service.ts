// A service as records (RFC 6763): who looks for its type finds its name, by that its host and port, and its addresses.
import type { DnsRecord } from './record.ts'

export interface Service {
  /** `_cloudlet._tcp` */
  type: string
  /** What it would like to be called: a DNS label. */
  label: string
  port: number
  /** IPv4 addresses of its host. */
  addresses: readonly string[]
  txt: Readonly<Record<string, string>>
}

/** How long others keep what they were told, should nobody tell them that it ended. */
export interface Ttls {
  /** Of host and port, and of addresses. */
  hostSeconds: number
  otherSeconds: number
}

/** RFC 6762, 10 */
export const usualTtls: Ttls = { hostSeconds: 120, otherSeconds: 4500 }

export const typesName = '_services._dns-sd._udp.local'

export const typeName = (type: string): string => `${type}.local`
export const instanceName = (type: string, label: string): string => `${label}.${type}.local`

/** Of this service alone: the host may well have another responder, with the host's own name. */
export const hostName = (type: string, label: string): string => `${label}-${type.split('.')[0]!.slice(1)}.local`

/** Those that nobody else may have, and that are probed for. */
export function uniqueRecords({ type, label, port, addresses, txt }: Service, ttls: Ttls): DnsRecord[] {
  const [name, target] = [instanceName(type, label), hostName(type, label)]
  const ofHost = { ttlSeconds: ttls.hostSeconds, isUnique: true }
  return [
    { name, type: 'SRV', data: { target, port }, ...ofHost },
    { name, type: 'TXT', data: textsOf(txt), ttlSeconds: ttls.otherSeconds, isUnique: true },
    ...addresses.map((data): DnsRecord => ({ name: target, type: 'A', data, ...ofHost })),
  ]
}

/** Those that all services of the type have in common. */
export function sharedRecords({ type, label }: Service, ttls: Ttls): DnsRecord[] {
  const shared = { type: 'PTR', ttlSeconds: ttls.otherSeconds, isUnique: false } as const
  return [
    { name: typeName(type), data: instanceName(type, label), ...shared },
    { name: typesName, data: typeName(type), ...shared },
  ]
}

/** `key=value`, each of at most 255 bytes; a service without any has one empty text (RFC 6763, 6.1). */
function textsOf(txt: Service['txt']): string[] {
  const texts = Object.entries(txt).map(([key, value]) => cut(`${key}=${value}`))
  return texts.length > 0 ? texts : ['']
}

function cut(text: string): string {
  let short = text
  while (Buffer.byteLength(short) > 255) short = short.slice(0, -1)
  return short
}

/** Of a key that comes twice the first counts; keys are the same in any case (RFC 6763, 6.4). */
export function readTexts(texts: readonly string[]): Record<string, string> {
  const read = new Map<string, string>()
  for (const text of texts) {
    const at = text.indexOf('=')
    const key = (at < 0 ? text : text.slice(0, at)).toLowerCase()
    if (key !== '' && !read.has(key)) read.set(key, at < 0 ? '' : text.slice(at + 1))
  }
  return Object.fromEntries(read)
}
