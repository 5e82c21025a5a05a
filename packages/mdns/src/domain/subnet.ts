// Which addresses clients of an interface can reach: those of the networks that the interface is in.

export interface InterfaceAddress {
  address: string
  /** Length of its network's prefix. */
  prefixLength: number
}

/** A number of 32 bits; undefined for what is no IPv4 address. */
export function parseIPv4(text: string): number | undefined {
  if (!/^\d{1,3}(\.\d{1,3}){3}$/.test(text)) return undefined
  const bytes = text.split('.').map(Number)
  return bytes.every((byte) => byte <= 255) ? bytes.reduce((all, byte) => all * 256 + byte, 0) : undefined
}

/** Whether it is of the interface's networks, and of a host: neither a network's first nor its last address. */
export function isReachable(address: string, own: readonly InterfaceAddress[]): boolean {
  const wanted = parseIPv4(address)
  return wanted !== undefined && own.some((one) => one.address === address || isHostIn(wanted, one))
}

function isHostIn(wanted: number, { address, prefixLength }: InterfaceAddress): boolean {
  const size = 2 ** (32 - prefixLength)
  const first = Math.floor((parseIPv4(address) ?? NaN) / size) * size
  const isEdge = size > 2 && (wanted === first || wanted === first + size - 1)
  return wanted >= first && wanted < first + size && !isEdge
}

/**
 * The addresses of a server that are told on an interface: of those at which it is to be found the ones that clients of
 * the interface can reach, or, where it is found at any address of its host, those of the interface itself.
 */
export function addressesFor(own: readonly InterfaceAddress[], found: 'anywhere' | readonly string[]): string[] {
  if (found === 'anywhere') return own.map(({ address }) => address)
  return found.filter((address) => isReachable(address, own))
}
