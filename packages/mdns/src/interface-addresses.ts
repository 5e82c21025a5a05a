import { networkInterfaces } from 'node:os'
import type { InterfaceAddress } from './domain/subnet.ts'

/** The IPv4 addresses of an interface; none while it is down or not there. */
export function interfaceAddresses(name: string): InterfaceAddress[] {
  const found = (networkInterfaces()[name] ?? []).filter(({ family }) => family === 'IPv4')
  return found.map(({ address, cidr }) => ({ address, prefixLength: Number(cidr?.split('/')[1] ?? 32) }))
}
