import type { Forward, Instance, Timings } from '@bramble/contracts'
import type { Shape } from '../output/format.ts'
import { formatSize } from '../parse/size.ts'
import { formatWhenLost } from '../parse/when-lost.ts'

const sourceText = (instance: Instance): string => {
  const { source } = instance
  if (source.kind === 'service') return source.service
  if (source.kind === 'overlay') return `overlay ${source.overlay}`
  return source.kind === 'base' ? `base ${source.base}` : 'disk'
}

const forwardText = ({ hostAddress, hostPort, guestPort, protocol }: Forward): string =>
  `${hostAddress}:${hostPort}->${guestPort}/${protocol}`

/** Where a client reaches its first TCP port. */
const urlOf = (instance: Instance): string => {
  const forward = instance.status.forwards.find((it) => it.protocol === 'tcp')
  return forward ? `http://${forward.hostAddress}:${forward.hostPort}` : ''
}

const stages = ['fetch', 'verify', 'decompress', 'place', 'resume', 'ready', 'total'] as const

export const timingsText = (timings: Timings | undefined): string =>
  stages
    .map((stage) => [stage, timings?.[`${stage}Ms`]] as const)
    .filter(([, ms]) => ms !== undefined)
    .map(([stage, ms]) => `${stage} ${Math.round(ms!)} ms`)
    .join(', ')

export const instanceShape: Shape<Instance> = {
  nameOf: (it) => it.name,
  columns: [
    { name: 'name', text: (it) => it.name },
    { name: 'id', text: (it) => it.id },
    { name: 'runs', text: sourceText },
    { name: 'node', text: (it) => it.node },
    { name: 'phase', text: (it) => it.status.phase },
    { name: 'url', text: urlOf },
    { name: 'forwards', text: (it) => it.status.forwards.map(forwardText).join(' '), hidden: true },
    { name: 'detail', text: (it) => it.status.detail ?? '', hidden: true },
    { name: 'reserved', text: (it) => `${formatSize(it.reserved.memoryBytes)}, ${it.reserved.cpus} cpu`, hidden: true },
    { name: 'when-lost', text: (it) => formatWhenLost(it.whenLost), hidden: true },
    { name: 'replaced', text: (it) => String(it.incarnation ?? 0), hidden: true },
    { name: 'clock', text: (it) => it.status.clock ?? '', hidden: true },
    { name: 'timings', text: (it) => timingsText(it.status.timings), hidden: true },
    { name: 'problem', text: (it) => it.status.problem?.detail ?? '', hidden: true },
    { name: 'created', text: (it) => it.createdAt, hidden: true },
    { name: 'ready', text: (it) => it.status.readyAt ?? '', hidden: true },
  ],
}
