import { mkdir } from 'node:fs/promises'
import { join } from 'node:path'
import { openSqliteStore } from '@bramble/cluster-master'
import { newId } from '@bramble/contracts'
import type { Digest, HostFacts, Node, NodeId } from '@bramble/contracts'
import { systemClock } from '@bramble/kit'

const GiB = 1024 ** 3
const cached = (digit: string) => `sha256:${digit.repeat(64)}` as Digest

const host = (hostname: string): HostFacts => ({
  ...{ hostname, arch: 'x86_64', driver: 'libvirt', accelerator: 'kvm' },
  ...{ cpus: 64, memoryBytes: 256 * GiB, diskBytes: 4096 * GiB },
  ...{ agentVersion: '0.1.0', qemuVersion: '10.0.2', libvirtVersion: '11.3.0' },
  machineTypes: ['pc-q35-9.2', 'pc-q35-10.0'],
  cpuModels: ['qemu64', 'Nehalem', 'Haswell', 'Skylake-Server', 'EPYC'],
  ...{ advertisedAddress: '10.0.0.1', listenerUrl: 'https://10.0.0.1:7443' },
})

/**
 * As agents have told them, in the store of an embedded cloudlet that is not there yet. Lost from the beginning: silence
 * changes nothing of them, so nothing is written while they are listed.
 */
export async function fillNodes(stateDir: string, count: number): Promise<void> {
  await mkdir(join(stateDir, 'master'), { recursive: true })
  const store = openSqliteStore({ path: join(stateDir, 'master/bramble.sqlite'), clock: systemClock })
  try {
    const nodes = store.collection('nodes')
    await Promise.all(
      Array.from({ length: count }, (_, at) => nodes.insert(nodeNamed(`pi-${String(at).padStart(4, '0')}`))),
    )
  } finally {
    await store.close()
  }
}

function nodeNamed(name: string): Omit<Node, 'revision' | 'createdAt' | 'updatedAt'> {
  const now = systemClock.now()
  return {
    ...{ id: name as NodeId, cluster: 'bench', labels: { rack: name.slice(0, 4) } },
    ...{ admission: 'approved', liveness: 'lost', lastSeenAt: now },
    host: host(name),
    free: { memoryBytes: 200 * GiB, diskBytes: 3000 * GiB },
    reserved: { memoryBytes: 20 * GiB, cpus: 20 },
    instances: 20,
    ...{ cachedBases: [cached('a')], cachedOverlays: [cached('b')] },
    identity: { invitation: newId('invitation'), key: 'c'.repeat(64), joinedAt: now, certificateExpiresAt: now },
  }
}
