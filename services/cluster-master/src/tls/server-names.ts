import { networkInterfaces } from 'node:os'
import { splitUrls } from '@bramble/contracts'

const own = ['localhost', '127.0.0.1', '::1']

export interface NamedServer {
  http: { host: string; names: readonly string[] }
  publicUrl?: string | undefined
}

/** Under what a server is called, each once: its public name, where it listens, this host itself, what it was given. */
export function serverNames({ http, publicUrl }: NamedServer, addresses = addressesOfHost): string[] {
  const listens = isAnyAddress(http.host) ? addresses() : [http.host]
  const called = publicUrl === undefined ? [] : splitUrls(publicUrl).map((url) => new URL(url).hostname)
  return [...new Set([...called, ...listens, ...own, ...http.names].map((it) => it.replace(/^\[|\]$/g, '')))]
}

const isAnyAddress = (host: string) => host === '0.0.0.0' || host === '::'

/** Those of one link alone are no use to anybody who reads a certificate. */
const addressesOfHost = (): string[] =>
  Object.values(networkInterfaces())
    .flat()
    .flatMap((it) => (it && !it.address.startsWith('fe80:') ? [it.address] : []))
