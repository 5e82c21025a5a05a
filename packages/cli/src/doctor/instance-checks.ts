import type { ProblemCode } from '@bramble/contracts'
import { type Check, ok, warning } from './check.ts'
import type { Look } from './look.ts'

// How instances fared: those that are `failed` now, and operations that failed within the last day.

const dayMs = 86_400_000

interface Failure {
  what: string
  code: string
  detail: string | undefined
}

const failuresOf = async ({ instances, operations, host }: Look): Promise<Failure[]> => {
  const since = new Date(host.now().getTime() - dayMs).toISOString()
  const ofInstances = (await instances()).flatMap(({ name, status: { problem } }) =>
    problem ? [{ what: name, ...problem }] : [],
  )
  const ofOperations = (await operations()).flatMap(({ id, endedAt, error }) =>
    error && endedAt && endedAt > since ? [{ what: id, ...error }] : [],
  )
  return [...ofInstances, ...ofOperations]
}

const sayFailures = (found: Failure[]): string => {
  const [first] = found
  const names = [...new Set(found.map(({ what }) => what))].slice(0, 5).join(', ')
  return `${names}${found.length > 5 ? ', ...' : ''}: ${first?.detail}`
}

const failedWith = (id: string, codes: ProblemCode[], advice: string): Check => ({
  id,
  find: async (look) => {
    const found = (await failuresOf(look)).filter(({ code }) => (codes as string[]).includes(code))
    return found.length === 0 ? ok('none') : warning(sayFailures(found), advice)
  },
})

const leastFreeShare = 0.05

const noRoom: Check = {
  id: 'no-room',
  find: async ({ nodes }) => {
    const taking = (await nodes()).filter((it) => it.admission === 'approved' && it.liveness === 'ready' && it.host)
    const isFull = ({ reserved, host }: (typeof taking)[number]) =>
      reserved.memoryBytes > (1 - leastFreeShare) * host!.memoryBytes
    if (taking.length === 0 || !taking.every(isFull)) return ok('some')
    return warning('all memory of all nodes that take instances is reserved', 'Delete instances, or add a node.')
  },
}

export const instanceChecks: Check[] = [
  noRoom,
  failedWith('guest-not-ready', ['guest_not_ready'], 'bramble logs NAME; try its probe by hand.'),
  failedWith('guest-stopped', ['guest_stopped'], 'bramble instance console NAME; then bramble rm, and launch again.'),
  failedWith('guest-agent-missing', ['guest_agent_missing', 'guest_agent_failed'], 'See docs/howto/make-a-base.md.'),
  failedWith(
    'machine-mismatch',
    ['machine_mismatch', 'cpu_model_unavailable'],
    'Make the base with a machine and a CPU model that all nodes provide.',
  ),
  failedWith('master-lost', ['lost_master'], 'See docs/howto/keep-services-alive.md.'),
  failedWith(
    'storage-full',
    ['storage_full', 'insufficient_disk'],
    'Free space below the state folder; delete instances; or move it to a larger disk.',
  ),
]
