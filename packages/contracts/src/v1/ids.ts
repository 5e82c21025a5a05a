import { z } from 'zod'

// Ids are `<prefix>-<20 characters>`: 9 characters of milliseconds in base 32, then 11 random ones, so that they
// sort by time. What an operation makes takes the operation's 20 characters under its own prefix (`deriveId`):
// doing the operation's work again then meets the same documents.
const alphabet = '0123456789abcdefghjkmnpqrstvwxyz'
const body = `[${alphabet}]{20}`

const prefixed = <Brand extends string>(prefix: string, brand: Brand) =>
  z
    .string()
    .regex(new RegExp(`^${prefix}-${body}$`), `an id such as ${prefix}-01j8z3k9q0v4m2n7p5r1`)
    .brand<Brand>()
    .meta({ id: brand })

export const BaseId = prefixed('ba', 'BaseId')
export const OverlayId = prefixed('ov', 'OverlayId')
export const InstanceId = prefixed('in', 'InstanceId')
export const OperationId = prefixed('op', 'OperationId')
export const CaptureId = prefixed('ca', 'CaptureId')
export const TokenId = prefixed('tk', 'TokenId')
export const InvitationId = prefixed('iv', 'InvitationId')
export type BaseId = z.infer<typeof BaseId>
export type OverlayId = z.infer<typeof OverlayId>
export type InstanceId = z.infer<typeof InstanceId>
export type OperationId = z.infer<typeof OperationId>
export type CaptureId = z.infer<typeof CaptureId>
export type TokenId = z.infer<typeof TokenId>
export type InvitationId = z.infer<typeof InvitationId>

/** A node's id is the name its admin gave it: a DNS label. */
export const NodeId = z
  .string()
  .regex(/^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$/, 'a DNS label such as pi-07')
  .brand<'NodeId'>()
  .meta({ id: 'NodeId' })
export type NodeId = z.infer<typeof NodeId>

/** Many simulated nodes of one process, which are called after it: `sim-001` is of the fleet `sim`. */
export const FleetName = z
  .string()
  .regex(/^[a-z0-9]([a-z0-9-]{0,40}[a-z0-9])?$/, 'a DNS label such as sim, at most 42 characters')
  .brand<'FleetName'>()
  .meta({ id: 'FleetName' })
export type FleetName = z.infer<typeof FleetName>

/** The fleet that a node with such a name may be of: all but a dash and digits at its end. */
export const fleetOfName = (id: NodeId): FleetName | undefined => /^(.+)-[0-9]+$/.exec(id)?.[1] as FleetName | undefined

/** Reverse-DNS id of a service, `org.example.search`. */
export const ServiceId = z
  .string()
  .max(200)
  .regex(
    /^[a-z0-9]([a-z0-9-]*[a-z0-9])?(\.[a-z0-9]([a-z0-9-]*[a-z0-9])?)+$/,
    'a reverse-DNS id such as org.example.search',
  )
  .brand<'ServiceId'>()
  .meta({ id: 'ServiceId' })
export type ServiceId = z.infer<typeof ServiceId>

/** A name people give: unique among things of its kind. */
export const Name = z
  .string()
  .regex(/^[a-z0-9]([a-z0-9._-]{0,61}[a-z0-9])?$/, 'lower-case letters, digits, dots, dashes; at most 63 characters')
  .meta({ id: 'Name' })
export type Name = z.infer<typeof Name>

/** `sha256:` and 64 hexadecimal digits (OCI image specification, "Digests"). */
export const Digest = z
  .string()
  .regex(/^sha256:[0-9a-f]{64}$/, 'a digest such as sha256:9f86d0…')
  .brand<'Digest'>()
  .meta({ id: 'Digest' })
export type Digest = z.infer<typeof Digest>

const prefixes = {
  base: 'ba',
  overlay: 'ov',
  instance: 'in',
  operation: 'op',
  capture: 'ca',
  token: 'tk',
  invitation: 'iv',
} as const
interface IdOf {
  base: BaseId
  overlay: OverlayId
  instance: InstanceId
  operation: OperationId
  capture: CaptureId
  token: TokenId
  invitation: InvitationId
}

const base32 = (value: number, length: number): string => {
  let text = ''
  for (let rest = value; text.length < length; rest = Math.floor(rest / 32)) text = alphabet[rest % 32] + text
  return text
}

/** A new id of a kind; `now` in milliseconds since 1970. */
export const newId = <K extends keyof IdOf>(kind: K, now: number = Date.now()): IdOf[K] => {
  const random = Array.from(crypto.getRandomValues(new Uint8Array(11)), (byte) => alphabet[byte % 32]).join('')
  return `${prefixes[kind]}-${base32(now, 9)}${random}` as IdOf[K]
}

/** The id of what an operation makes: the same operation always makes the same id. */
export const deriveId = <K extends keyof IdOf>(kind: K, from: OperationId): IdOf[K] =>
  `${prefixes[kind]}-${from.slice(3)}` as IdOf[K]
