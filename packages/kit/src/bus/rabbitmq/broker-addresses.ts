// The brokers of a cluster, tried one after another. amqplib connects to one address, again and again, but reads it at each
// attempt where it is an object: here its host and port are those of the broker whose turn it is.
import { splitUrls } from '@bramble/contracts'
import type { Options } from 'amqplib'

export interface BrokerAddresses {
  target: Options.Connect
  /** The one whose turn it is. */
  current(): URL
  /** The next one's turn; with one broker it stays that one's. */
  turnToNext(): void
}

/** Joined by commas. User, password, scheme and virtual host are those of the first. @throws for what is no address */
export function createBrokerAddresses(text: string, heartbeatSeconds: number): BrokerAddresses {
  const urls = splitUrls(text).map(parseAddress)
  const first = urls[0]!
  let at = 0
  const target: Options.Connect = {
    ...Object.fromEntries(first.searchParams),
    ...{ protocol: first.protocol.slice(0, -1), vhost: first.pathname.slice(1), heartbeat: heartbeatSeconds },
    ...placeOf(first),
  }
  return {
    target,
    current: () => urls[at]!,
    turnToNext: () => {
      at = (at + 1) % urls.length
      Object.assign(target, placeOf(urls[at]!))
    },
  }
}

/** Without a port it is that of the scheme. */
const placeOf = ({ hostname, port }: URL): Options.Connect => ({
  hostname: hostname.replace(/^\[|\]$/g, ''),
  port: Number(port),
})

function parseAddress(text: string): URL {
  const url = new URL(text)
  if (url.protocol === 'amqp:' || url.protocol === 'amqps:') return url
  throw new TypeError(`The address of a broker begins with amqp: or amqps:, not with ${url.protocol}`)
}

/** Several brokers with one user, as `createBrokerAddresses` takes them. */
export const joinBrokerUrls = ({ urls, user, password }: { urls: readonly string[]; user: string; password: string }) =>
  urls
    .map((text) => {
      const url = new URL(text)
      url.username = encodeURIComponent(user)
      url.password = encodeURIComponent(password)
      return url.href
    })
    .join(',')
