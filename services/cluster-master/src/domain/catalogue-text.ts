import type { Service } from '@bramble/contracts'

/** What of a catalogue clients on the network can tell apart: ids and versions, in one order always. */
export const catalogueText = (services: Iterable<Pick<Service, 'id' | 'version'>>): string =>
  Array.from(services, ({ id, version }) => `${id} ${version}`)
    .toSorted()
    .join('\n')
