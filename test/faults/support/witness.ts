// Agents with simulated VMs write down, beside their work, when each VM begins and ends to be there, by the clock that all
// processes of this machine share. What two nodes had at the same time is found in that.
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { Patch } from './patch.ts'

export const witnessed: Patch = {
  file: 'services/node-agent/src/drivers/simulated/simulated-hypervisor.ts',
  find: 'const vms = new Map<string, SimulatedVm>()',
  replace: `const witness = (what, name) =>
    process.getBuiltinModule('node:fs').appendFileSync(
      process.env['BRAMBLE_VMS_FILE'],
      \`\${process.hrtime.bigint()} \${what} \${name}\\n\`,
    )
  const vms = new (class extends Map<string, SimulatedVm> {
    override set(id, vm) {
      if (!this.has(id)) witness('begins', vm.name)
      return super.set(id, vm)
    }
    override delete(id) {
      const vm = this.get(id)
      const isGone = super.delete(id)
      if (vm) witness('ends', vm.name)
      return isGone
    }
  })()`,
}

export interface Life {
  node: string
  name: string
  beginsAt: bigint
  /** Undefined while it is there. */
  endsAt?: bigint
}

export interface Witness {
  /** For the agent of a node. */
  env(node: string): Record<string, string>
  /** Of all VMs that were ever there. */
  lives(): Promise<Life[]>
}

export function openWitness(folder: string, nodes: readonly string[]): Witness {
  const pathOf = (node: string) => join(folder, `vms-${node}`)
  return {
    env: (node) => ({ BRAMBLE_VMS_FILE: pathOf(node) }),
    lives: async () =>
      (await Promise.all(nodes.map(async (node) => readLives(node, await readFile(pathOf(node), 'utf8'))))).flat(),
  }
}

function readLives(node: string, text: string): Life[] {
  const lives: Life[] = []
  for (const line of text.split('\n').slice(0, -1)) {
    const [at = '', what, name = ''] = line.split(' ')
    const open = lives.find((life) => life.name === name && life.endsAt === undefined)
    if (what === 'ends' && open) open.endsAt = BigInt(at)
    else lives.push({ node, name, beginsAt: BigInt(at) })
  }
  return lives
}

/** VMs of one instance that were there at the same time. */
export function judgeCopies(lives: readonly Life[]): string[] {
  const byName = Map.groupBy(lives, ({ name }) => name)
  return [...byName].flatMap(([name, all]) => {
    const inOrder = all.toSorted((a, b) => Number(a.beginsAt - b.beginsAt))
    return inOrder.flatMap((life, at) => {
      const before = inOrder[at - 1]
      const isApart = !before || (before.endsAt !== undefined && before.endsAt <= life.beginsAt)
      return isApart ? [] : [`${name} ran on ${before.node} and on ${life.node} at the same time`]
    })
  })
}

export const alive = (lives: readonly Life[]) => lives.filter(({ endsAt }) => endsAt === undefined)
