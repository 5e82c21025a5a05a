import type { Node, NodeId, SeenNode } from '@bramble/contracts'
import type { Command } from 'commander'
import type { Shape } from '../output/format.ts'
import { formatLabels } from '../parse/label.ts'
import { formatSize } from '../parse/size.ts'
import { addInspect } from './inspect.ts'
import { addInvite } from './invite.ts'
import { addNodeActs } from './node-acts.ts'
import { addList, addShow, listInstead } from './verbs.ts'

const size = (bytes: number | undefined): string => (bytes === undefined ? '' : formatSize(bytes))

export const nodeShape: Shape<Node> = {
  nameOf: (it) => it.id,
  columns: [
    { name: 'id', text: (it) => it.id },
    { name: 'cluster', text: (it) => it.cluster },
    { name: 'admission', text: (it) => it.admission },
    { name: 'liveness', text: (it) => it.liveness },
    { name: 'driver', text: (it) => it.host?.driver ?? '' },
    { name: 'accelerator', text: (it) => it.host?.accelerator ?? '' },
    { name: 'cpus', text: (it) => String(it.host?.cpus ?? '') },
    { name: 'memory', text: (it) => size(it.host?.memoryBytes) },
    { name: 'reserved', text: (it) => size(it.reserved.memoryBytes) },
    { name: 'instances', text: (it) => String(it.instances) },
    { name: 'frozen', text: (it) => it.frozen ?? '', hidden: true },
    { name: 'labels', text: (it) => formatLabels(it.labels), hidden: true },
    { name: 'troubles', text: (it) => it.troubles?.join('\n') ?? '', hidden: true },
    { name: 'joined', text: (it) => it.identity?.joinedAt ?? '', hidden: true },
    { name: 'certificate-expires', text: (it) => it.identity?.certificateExpiresAt ?? '', hidden: true },
    { name: 'hostname', text: (it) => it.host?.hostname ?? '', hidden: true },
    { name: 'arch', text: (it) => it.host?.arch ?? '', hidden: true },
    { name: 'qemu', text: (it) => it.host?.qemuVersion ?? '', hidden: true },
    { name: 'libvirt', text: (it) => it.host?.libvirtVersion ?? '', hidden: true },
    { name: 'free-memory', text: (it) => size(it.free?.memoryBytes), hidden: true },
    { name: 'free-disk', text: (it) => size(it.free?.diskBytes), hidden: true },
    { name: 'address', text: (it) => it.host?.advertisedAddress ?? '', hidden: true },
    { name: 'cpu-models', text: (it) => it.host?.cpuModels.join(' ') ?? '', hidden: true },
    { name: 'machine-types', text: (it) => it.host?.machineTypes.join(' ') ?? '', hidden: true },
    { name: 'last-seen', text: (it) => it.lastSeenAt ?? '', hidden: true },
    { name: 'cached-bases', text: (it) => it.cachedBases.join('\n'), hidden: true },
    { name: 'cached-overlays', text: (it) => it.cachedOverlays.join('\n'), hidden: true },
  ],
}

const seenShape: Shape<SeenNode> = {
  nameOf: (it) => it.id,
  columns: [
    { name: 'name', text: (it) => it.id },
    { name: 'addresses', text: (it) => it.addresses.join(' ') },
    { name: 'arch', text: (it) => it.arch ?? '' },
    { name: 'version', text: (it) => it.version ?? '' },
    { name: 'node', text: (it) => it.node ?? '' },
    { name: 'sites', text: (it) => it.sites.join(' ') },
    { name: 'first-seen', text: (it) => it.firstSeenAt },
    { name: 'last-seen', text: (it) => it.lastSeenAt, hidden: true },
  ],
}

export const addNodeCommands = (program: Command): void => {
  const noun = program.command('node').description('worker hosts')
  addList(noun, {
    what: 'nodes',
    shape: nodeShape,
    list: (session) => session.client.nodes.list,
    instead: listInstead({
      flag: 'seen',
      what: 'hosts on the networks of the cloudlet whose agents wait for a join token',
      shape: seenShape,
      list: (session) => session.client.seenNodes.list,
    }),
  })
  addShow(noun, {
    what: 'one node: its machine, what is free, what it has cached',
    shape: nodeShape,
    show: (session, node) => session.client.nodes.show({ params: { node: node as NodeId } }),
  })
  addInspect(noun)
  addInvite(noun)
  addNodeActs(noun, nodeShape)
}
