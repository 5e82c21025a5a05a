import type { Instance } from '@bramble/contracts'

const keptParts = 10_000

/**
 * Thousands of instances start from the same service, publish the same ports and reserve as much. As the store reads
 * them each has its own copy of that, a third of what it takes in memory; here all have the first one's.
 */
export function createPartSharer(): (instance: Instance) => Instance {
  const known = new Map<string, object>()
  const share = <T extends object>(part: T): T => {
    const text = JSON.stringify(part)
    const first = known.get(text)
    if (first) return first as T
    // Ports of hosts differ from one to the next: what is kept of them has an end.
    if (known.size === keptParts) known.clear()
    known.set(text, part)
    return part
  }
  return (instance) => ({
    ...instance,
    source: share(instance.source),
    publish: share(instance.publish),
    reserved: share(instance.reserved),
  })
}
