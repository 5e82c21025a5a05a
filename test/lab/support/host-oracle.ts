// What is on the host, read from libvirt, /proc and the file system: what the product says of itself is not asked.
import { readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { Libvirt } from '@bramble/libvirt'
import type { Cloudlet, PrivateLibvirt } from '@bramble/testkit'

export interface HostSight {
  /** By name, sorted. */
  domains: { name: string; uuid: string; id: number; state: string }[]
  /** Process ids of QEMU by domain name. */
  qemus: Record<string, number>
  /** How many passt processes. */
  passts: number
  /** Names of the files in each slot's folder. */
  slots: Record<string, string[]>
  /** Sizes of what the node keeps of images, by path below its folder. */
  images: string[]
  /** Names of the records in the agent's ledger. */
  ledger: { instances: string[]; captures: string[] }
  /** Of captures that go on. */
  captures: string[]
  /** Of the master's uploads that go on. */
  uploads: string[]
}

export interface Host {
  cloudlet: Cloudlet
  daemon: PrivateLibvirt
  libvirt: Libvirt
}

export async function lookAtHost({ cloudlet, daemon, libvirt }: Host): Promise<HostSight> {
  const agent = join(cloudlet.stateDir, 'agent')
  const processes = await daemon.processes()
  const slots = await list(join(agent, 'slots'))
  const files = await Promise.all(slots.map(async (slot) => [slot, await list(join(agent, 'slots', slot))] as const))
  return {
    domains: await listDomains(libvirt),
    qemus: Object.fromEntries(await Promise.all(processes.filter(isQemu).map(domainOfQemu))),
    passts: processes.filter(({ name }) => name.startsWith('passt')).length,
    slots: Object.fromEntries(files),
    images: await listImages(agent),
    ledger: {
      instances: await list(join(agent, 'ledger/instances')),
      captures: await list(join(agent, 'ledger/captures')),
    },
    captures: await list(join(agent, 'captures')),
    uploads: await list(join(cloudlet.stateDir, 'master/blobs/uploads')),
  }
}

async function listDomains({ domains }: Libvirt) {
  const refs = await domains.list()
  const seen = await Promise.all(
    refs.map(async ({ name, uuid, id }) => ({ name, uuid, id, ...(await domains.state({ name, uuid, id })) })),
  )
  return seen.map(({ name, uuid, id, state }) => ({ name, uuid, id, state })).sort((a, b) => (a.name < b.name ? -1 : 1))
}

async function listImages(agent: string): Promise<string[]> {
  const kinds = ['bases', 'overlays', 'disks']
  return (
    await Promise.all(
      kinds.map(async (kind) => (await list(join(agent, 'images', kind))).map((name) => `${kind}/${name}`)),
    )
  ).flat()
}

const list = async (folder: string): Promise<string[]> => (await readdir(folder).catch(() => [])).sort()

const isQemu = ({ name }: { name: string }) => name.startsWith('qemu-system')

async function domainOfQemu({ pid }: { pid: number }): Promise<[domain: string, pid: number]> {
  const command = await readFile(`/proc/${pid}/cmdline`, 'utf8').catch(() => '')
  return [/guest=([^,]+)/.exec(command)?.[1] ?? `without a name (${pid})`, pid]
}

/** Ports below 65536 on which somebody listens on this host. */
export async function listeningPorts(protocol: 'tcp' | 'udp' = 'tcp'): Promise<Set<number>> {
  const rows = (await readFile(`/proc/net/${protocol}`, 'utf8')).trim().split('\n').slice(1)
  const listening = protocol === 'tcp' ? '0A' : '07'
  const fields = rows.map((row) => row.trim().split(/\s+/)).filter(([, , , state]) => state === listening)
  return new Set(fields.map(([, local]) => parseInt(local!.split(':')[1]!, 16)))
}
