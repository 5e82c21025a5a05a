// How the broker is reached, or the brokers of a cluster: by the master, by its management, and by agents.
import { z } from 'zod'
import { amqpSchemes, isPlainBeyondLoopback, splitUrls, wholeUrl } from '@bramble/contracts'
import { secret } from '@bramble/kit'

const isUrl = (url: string) => URL.canParse(url)
const hasUser = (url: string) => isUrl(url) && new URL(url).username !== ''
/** One broker, or those of a cluster joined by commas. */
const brokers = (isOne: (url: string) => boolean) => (given: string) => splitUrls(given).every(isOne)
const AmqpUrl = z
  .string()
  .refine(
    brokers((url) => /^amqps?:\/\/./.test(url)),
    'must begin with amqp:// or amqps://, each where several are joined by commas; a comma in a password is %2C',
  )
  .refine(brokers(hasUser), 'must name a user: the broker lets no guest in')
  .refine(
    (given) => new Set(splitUrls(given).filter(isUrl).map(loginOf)).size <= 1,
    'must name the same scheme, user, password and virtual host for each broker: they are one cluster',
  )
const PublicAmqpUrl = z
  .string()
  .refine(
    brokers((url) => /^(amqps?:)?\/\/./.test(url)),
    'must begin with amqp://, amqps://, or // for amqps beyond loopback',
  )
  .refine(
    brokers((url) => !hasUser(wholeUrl(url, amqpSchemes))),
    'must be without user and password',
  )
  .refine(
    (given) => new Set(wholeUrls(given).filter(isUrl).map(loginOf)).size <= 1,
    'must name the same scheme and virtual host for each broker: they are one cluster',
  )
const wholeUrls = (given: string) => splitUrls(given).map((url) => wholeUrl(url, amqpSchemes))
/** All but the place. */
const loginOf = (url: string) => {
  const { protocol, username, password, pathname } = new URL(url)
  return JSON.stringify([protocol, username, password, pathname.slice(1)])
}
const ManagementUrl = z
  .string()
  .refine(
    (given) => splitUrls(given).every((url) => isUrl(url) && /^https?:\/\/[^/]/.test(url)),
    'must begin with http:// or https://',
  )
const plainBus = (url: string) =>
  `is without TLS where agents reach the broker (${url}): name an amqps:// address, or say bus.allowPlain: true ` +
  'when the network is yours alone'

export const BusSettings = z
  .strictObject({
    /** Of a cluster of brokers all of them, joined by commas. */
    url: secret(AmqpUrl).default('amqp://bramble@127.0.0.1:5672'),
    /** Where agents reach the broker, or those of a cluster, without credentials; that of `url` when left out. */
    publicUrl: PublicAmqpUrl.optional(),
    /** PEM: the authority of the broker's certificate, for `url`; what Node trusts when left out. */
    caFile: z.string().min(1).optional(),
    /** Whether agents may reach it without TLS. */
    allowPlain: z.boolean().default(false),
    /** Through which nodes get their users and queues; what is left out is taken from `url`. */
    management: z
      .strictObject({
        url: ManagementUrl.optional(),
        user: z.string().min(1).optional(),
        password: secret(z.string().min(1)).optional(),
      })
      .prefault({}),
  })
  .superRefine((bus, context) => {
    // What is no URL was told already.
    if (bus.allowPlain || !splitUrls(bus.url).every(isUrl)) return
    const plain = brokerOf(bus).publicUrls.find((url) => isUrl(url) && isPlainBeyondLoopback(url, amqpSchemes))
    if (plain) context.addIssue({ code: 'custom', path: ['publicUrl'], message: plainBus(plain) })
  })
type BusSettings = z.output<typeof BusSettings>

/** What the settings come to; agents bring credentials of their own. */
export function brokerOf({ url, publicUrl, management }: BusSettings) {
  const urls = splitUrls(url)
  const { username, password, pathname } = new URL(urls[0]!)
  const own = { user: decodeURIComponent(username), password: decodeURIComponent(password) }
  return {
    url,
    isCluster: urls.length > 1,
    publicUrls: publicUrl ? wholeUrls(publicUrl) : urls.map(withoutCredentials),
    management: {
      managementUrls: management.url ? splitUrls(management.url) : urls.map(managementUrlOf),
      user: management.user ?? own.user,
      password: management.password ?? own.password,
      vhost: decodeURIComponent(pathname.slice(1)) || '/',
    },
  }
}

function managementUrlOf(url: string): string {
  const { protocol, hostname } = new URL(url)
  return protocol === 'amqps:' ? `https://${hostname}:15671` : `http://${hostname}:15672`
}

function withoutCredentials(url: string): string {
  const bare = new URL(url)
  bare.username = ''
  bare.password = ''
  return bare.toString()
}
