/** PEM texts of a node: its key, its certificate for it, and the CA of its cloudlet. */
export interface NodeCertificate {
  key: string
  certificate: string
  ca: string
}

/** A node's certificate, which another one replaces before it expires. */
export interface HeldCertificate {
  current(): NodeCertificate
  renew(next: NodeCertificate): void
  onRenewed(listener: (next: NodeCertificate) => void): void
}

export function holdCertificate(first: NodeCertificate): HeldCertificate {
  const listeners: ((next: NodeCertificate) => void)[] = []
  let current = first
  return {
    current: () => current,
    renew: (next) => {
      current = next
      for (const listener of listeners) listener(next)
    },
    onRenewed: (listener) => void listeners.push(listener),
  }
}
