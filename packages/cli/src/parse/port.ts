import type { Probe, Publish, ServicePort } from '@bramble/contracts'
import { UsageError } from '../exit-code.ts'

const port = (text: string, whole: string): number => {
  const value = Number(text)
  if (!Number.isInteger(value) || value < 1 || value > 65535) throw new UsageError(`'${whole}': ${text} is not a port`)
  return value
}

/** `8080:80/tcp` (host port 8080 to guest port 80), `80/udp` or `80` (any free host port). */
export const parsePublish = (text: string): Publish => {
  const match = /^(?:(\d+):)?(\d+)(?:\/(tcp|udp))?$/.exec(text)
  if (!match) throw new UsageError(`'${text}' is not HOST:GUEST/tcp, GUEST/udp or GUEST`)
  const [, host, guest, protocol = 'tcp'] = match
  return {
    guestPort: port(guest!, text),
    protocol: protocol as 'tcp' | 'udp',
    ...(host && { hostPort: port(host, text) }),
  }
}

/** `http=8080/tcp`: a name and the guest's port. */
export const parseServicePort = (text: string): ServicePort => {
  const match = /^([a-z0-9-]{1,15})=(\d+)(?:\/(tcp|udp))?$/.exec(text)
  if (!match) throw new UsageError(`'${text}' is not NAME=PORT/tcp or NAME=PORT/udp`)
  const [, name, number, protocol = 'tcp'] = match
  return { name: name!, port: port(number!, text), protocol: protocol as 'tcp' | 'udp' }
}

/** `http:80/path`, `banner:22`, `banner:22=SSH-`: what must answer before the guest counts as ready. */
export const parseProbe = (text: string, timeoutSeconds?: number): Probe => {
  const bounds = { timeoutSeconds: timeoutSeconds ?? 120, intervalMs: 100 }
  const http = /^http:(\d+)(\/.*)?$/.exec(text)
  if (http) return { kind: 'http', port: port(http[1]!, text), path: http[2] ?? '/', expectStatus: 200, ...bounds }
  const banner = /^banner:(\d+)(?:=(.*))?$/.exec(text)
  if (!banner) throw new UsageError(`'${text}' is not http:PORT/PATH, banner:PORT or banner:PORT=EXPECTED`)
  return {
    kind: 'banner',
    port: port(banner[1]!, text),
    protocol: 'tcp',
    ...(banner[2] && { expect: banner[2] }),
    ...bounds,
  }
}
