import { NodeId } from '@bramble/contracts'
import { UsageError } from '../exit-code.ts'
import { parseNodeRanges } from '../parse/node-range.ts'

/** A host that is to join. */
export interface Host {
  /** As ssh takes it: `pi-07`, `user@pi-07`, `ssh://user@pi-07:2222`. */
  destination: string
  /** The name that its node gets; the host's own when absent. */
  node?: NodeId
}

/** `user@pi[01-16]` are sixteen. With `named`, nodes are called as the hosts are called here. */
export const parseHosts = (words: string[], named = false): Host[] =>
  parseNodeRanges(words).map((destination) => {
    if (!/^[\w@.:/%+-]+$/.test(destination) || destination.startsWith('-'))
      throw new UsageError(`'${destination}' is no host; write pi-07, user@pi-07 or ssh://user@pi-07:2222`)
    return named ? { destination, node: nodeOf(destination) } : { destination }
  })

const nodeOf = (destination: string): NodeId => {
  const host = destination
    .replace(/^ssh:\/\//, '')
    .replace(/^.*@/, '')
    .replace(/:\d+$/, '')
  const parsed = NodeId.safeParse(/^[\d.]+$/.test(host) ? '' : host.split('.')[0])
  if (!parsed.success) throw new UsageError(`'${host}' gives no name for a node: leave --name-from-host out`)
  return parsed.data
}
