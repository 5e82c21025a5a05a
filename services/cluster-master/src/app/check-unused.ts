import type { BaseId, OverlayId, ServiceId } from '@bramble/contracts'
import { ProblemError } from '@bramble/kit'
import type { Accepted } from '../fleet/fleet.ts'
import type { Master } from '../master.ts'

const named = 10

/** @throws `in_use`, naming the users */
function refuse(what: string, users: string[]): void {
  if (users.length === 0) return
  const rest = users.length > named ? ` and ${users.length - named} more` : ''
  throw new ProblemError('in_use', `${what} is used by ${users.slice(0, named).join(', ')}${rest}.`)
}

export function checkBaseUnused(master: Master, id: BaseId, name: string): void {
  const overlays = [...master.records.overlays.values()].filter(({ base }) => base === id)
  refuse(`The base ${name}`, [
    ...overlays.map((overlay) => `overlay ${overlay.name}`),
    ...instancesWith(master, ({ source }) => 'base' in source && source.base === id),
    ...operationsAbout(master, id),
  ])
}

export function checkOverlayUnused(master: Master, id: OverlayId, name: string): void {
  const services = [...master.records.services.values()]
  const using = services.filter(({ variants }) => variants.some(({ overlay }) => overlay === id))
  refuse(`The overlay ${name}`, [
    ...using.map((service) => `service ${service.id}`),
    ...instancesWith(master, ({ source }) => 'overlay' in source && source.overlay === id),
    ...operationsAbout(master, id),
  ])
}

export function checkServiceUnused(master: Master, id: ServiceId): void {
  refuse(
    `The service ${id}`,
    instancesWith(master, ({ source }) => source.kind === 'service' && source.service === id),
  )
}

/** Stored or only accepted. */
function instancesWith({ fleet }: Master, uses: (instance: Accepted) => boolean): string[] {
  const all = [...fleet.nodes()].flatMap(({ instances }) => [...instances.values()])
  return all.filter(({ instance }) => uses(instance)).map(({ instance }) => `instance ${instance.name}`)
}

const operationsAbout = ({ operations }: Master, id: string) => [...operations.about(id)].map((it) => `operation ${it}`)
