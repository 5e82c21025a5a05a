// A host with a hypervisor of its own on which agents of a suite run real VMs, seen through libvirt and /proc.
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { connectLibvirt } from '@bramble/libvirt'
import { pushDisk } from '@bramble/client'
import { buildTinyGuest, makeTempFolder, startPrivateLibvirt } from '@bramble/testkit'
import type { AgentProcess } from '@bramble/testkit'
import { succeeded } from '../../shared/operations.ts'
import type { StartAgent, Suite } from './suite.ts'

export interface Host extends AsyncDisposable {
  /** A node of this host. Each has ports of its own. */
  startNode(suite: Suite, node: string, more?: Partial<StartAgent>): Promise<AgentProcess>
  /** Process ids of QEMU by the UUID of the VM. */
  qemus(): Promise<Map<string, number>>
  /** UUIDs of VMs that libvirt knows, running or not. */
  domains(): Promise<string[]>
}

const nodes = ['a', 'b']

export async function openHost(): Promise<Host> {
  const daemon = await startPrivateLibvirt()
  const libvirt = await connectLibvirt({ socketPath: daemon.socketPath })
  const portsFrom = 20_000 + 200 * Math.floor(Math.random() * 40)
  return {
    startNode: (suite, node, { env, ...more } = {}) => {
      const from = portsFrom + 100 * nodes.indexOf(node)
      const settings = {
        BRAMBLE__LIBVIRT_SOCKET: daemon.socketPath,
        BRAMBLE__PORTS__FROM: `${from}`,
        BRAMBLE__PORTS__TO: `${from + 99}`,
        BRAMBLE_CRASH_FILE: join(suite.folder, `armed-${node}`),
      }
      return suite.startAgent({ folder: node, node, driver: 'libvirt', env: { ...settings, ...env }, ...more })
    },
    qemus: async () => {
      const processes = (await daemon.processes()).filter(({ name }) => name.startsWith('qemu-system'))
      return new Map(await Promise.all(processes.map(async ({ pid }) => [await uuidOf(pid), pid] as const)))
    },
    domains: async () => (await libvirt.domains.list()).map(({ uuid }) => uuid).sort(),
    [Symbol.asyncDispose]: async () => {
      await libvirt.close()
      await daemon.stop()
    },
  }
}

async function uuidOf(pid: number): Promise<string> {
  const command = await readFile(`/proc/${pid}/cmdline`, 'utf8').catch(() => '')
  return /-uuid\0([0-9a-f-]+)/.exec(command)?.[1] ?? `none: ${pid}`
}

const probe = { kind: 'http', port: 80, path: '/cgi-bin/status', timeoutSeconds: 60, intervalMs: 50 } as const

/** The tiny guest as a base, booted and saved on one of the nodes. */
export async function makeTinyBase({ client }: Suite): Promise<void> {
  await using folder = await makeTempFolder()
  const path = join(folder.path, 'tiny.qcow2')
  await buildTinyGuest(path)
  const machine = { memoryBytes: 128 * 2 ** 20, cpus: 1 }
  const source = { kind: 'disk' as const, disk: await pushDisk(client(), path), machine, probe }
  await succeeded(client(), client().bases.create({ body: { name: 'tiny', source } }))
}
