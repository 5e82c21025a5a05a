import type { SeenCloudlet } from '@bramble/contracts'
import type { Command } from 'commander'
import type { Shape } from '../output/format.ts'
import { addList } from './verbs.ts'

const cloudletShape: Shape<SeenCloudlet> = {
  nameOf: (it) => it.id,
  columns: [
    { name: 'name', text: (it) => it.id },
    { name: 'url', text: (it) => it.url ?? '' },
    { name: 'version', text: (it) => it.version ?? '' },
    { name: 'encryption', text: (it) => it.encryption },
    { name: 'sites', text: (it) => it.sites.join(' ') },
    { name: 'last-seen', text: (it) => it.lastSeenAt },
    { name: 'first-seen', text: (it) => it.firstSeenAt, hidden: true },
    { name: 'addresses', text: (it) => it.addresses.join(' '), hidden: true },
    { name: 'services', text: (it) => it.services ?? '', hidden: true },
  ],
}

export const addCloudletCommands = (program: Command): void => {
  const noun = program
    .command('cloudlet')
    .description('other cloudlets on the networks of this one; as they tell of themselves')
  addList(noun, { what: 'other cloudlets that are near', shape: cloudletShape, list: (it) => it.client.cloudlets.list })
}
