import { canNode } from '@bramble/contracts'
import type { ShownDescription } from '@bramble/contracts'
import type { Master } from '../master.ts'
import { readApplied } from './applied-description.ts'

export async function showDescription(master: Master): Promise<ShownDescription> {
  const { records, config, refusedFile } = master
  const { applied } = await readApplied(master)
  const items = [...records.declarations.values()].sort((a, b) => (a.id < b.id ? -1 : 1))
  const hasJoined = (id: string) => {
    const node = records.nodes.get(id)
    return node !== undefined && !canNode('replace', node.admission)
  }
  const named = items.filter(({ section, isNamed }) => section === 'nodes' && isNamed)
  return {
    ...(applied && { applied }),
    ...(config.descriptionFile !== undefined && { file: config.descriptionFile }),
    ...(refusedFile.now && { refused: refusedFile.now }),
    items,
    expected: named.map(({ item }) => item).filter((id) => !hasJoined(id)),
  }
}
