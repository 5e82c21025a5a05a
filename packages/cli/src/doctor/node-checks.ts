import type { Node } from '@bramble/contracts'
import { formatSize } from '../parse/size.ts'
import { type Check, failed, type Finding, ok, warning } from './check.ts'

// The nodes as the master knows them. Retired ones are nobody's concern any more.

interface Symptom {
  id: string
  /** What is wrong with this one; nothing when it is well. */
  of: (node: Node) => string | undefined
  advice: string
  severity?: (detail: string, advice: string) => Finding
}

const isThere = ({ admission }: Node): boolean => admission !== 'retired'

const onNodes = ({ id, of, advice, severity = failed }: Symptom): Check => ({
  id,
  find: async ({ nodes }) => {
    const there = (await nodes()).filter(isThere)
    const found = there.flatMap((node) => of(node)?.replace(/^/, `${node.id}: `) ?? [])
    return found.length === 0 ? ok(`${there.length} nodes`) : severity(found.join('; '), advice)
  },
})

const noNode: Check = {
  id: 'no-node',
  find: async ({ nodes }) => {
    const there = (await nodes()).filter(isThere)
    if (there.length > 0) return ok(`${there.length}`)
    return failed('there is no node', 'Invite one: bramble node invite; the embedded cloudlet has one of its own.')
  },
}

/** Below this a start or a capture may be refused, or fail half way. */
const leastDiskBytes = 2 * 1024 ** 3
/** Below this somebody should know. */
const littleDiskShare = 0.05

interface Disk {
  what: string
  freeBytes: number
  totalBytes: number
}

const disksOf = (node: Node): Disk[] =>
  node.free && node.host && isThere(node)
    ? [{ what: node.id, freeBytes: node.free.diskBytes, totalBytes: node.host.diskBytes }]
    : []

const diskLow: Check = {
  id: 'disk-low',
  find: async ({ nodes, host, places }) => {
    const own = await host.space(places.stateDir)
    const here = own ? [{ what: places.stateDir, ...own }] : []
    const disks = [...here, ...(await nodes().catch(() => [])).flatMap(disksOf)]
    const low = disks.filter((it) => it.freeBytes < Math.max(leastDiskBytes, littleDiskShare * it.totalBytes))
    if (low.length === 0) return ok('enough')
    const severity = low.some(({ freeBytes }) => freeBytes < leastDiskBytes) ? failed : warning
    return severity(
      low.map(({ what, freeBytes }) => `${what}: ${formatSize(freeBytes)} free`).join('; '),
      'Free space in the state folder; delete instances; or move it to a larger disk.',
    )
  },
}

const isReal = ({ host }: Node): boolean => host?.driver === 'libvirt'

export const nodeChecks: Check[] = [
  noNode,
  onNodes({
    id: 'node-silent',
    of: ({ liveness, lastSeenAt = 'never' }) =>
      liveness === 'ready' ? undefined : `${liveness}, last seen ${lastSeenAt}`,
    advice: 'See whether its agent runs, its log, and the network in between.',
  }),
  onNodes({
    id: 'node-troubled',
    of: ({ troubles = [] }) => (troubles.length > 0 ? troubles.join(', ') : undefined),
    advice: 'Its agent says what it cannot reach, or could not lately.',
  }),
  onNodes({
    id: 'node-conflict',
    of: ({ conflict }) => conflict?.detail,
    advice: 'Somebody else writes as the master: look for a second one, on a copy of the store.',
  }),
  onNodes({
    id: 'node-unapproved',
    of: ({ admission }) => (admission === 'seen' ? 'waits for approval' : undefined),
    advice: 'bramble node approve NAME, if you know it.',
    severity: warning,
  }),
  onNodes({
    id: 'no-kvm',
    of: (node) => (isReal(node) && node.host?.accelerator === 'tcg' ? 'runs guests in software' : undefined),
    advice: 'Slow, and no security boundary. Enable virtualisation in the firmware; in a VM, nested virtualisation.',
    severity: warning,
  }),
  diskLow,
]
