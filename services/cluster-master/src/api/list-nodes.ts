import type { ListQuery, Node, Page } from '@bramble/contracts'
import { JsonBytes } from '@bramble/kit'
import type { NodeBytes } from '../fleet/node-bytes.ts'
import { projectNode } from '../fleet/project.ts'
import type { Master } from '../master.ts'
import { decodeCursor, encodeCursor } from '../store/page-cursor.ts'
import { listShown } from './list-shown.ts'

/** One page of the nodes. As they are, in order of their ids, it is put together of the bytes that are kept of each. */
export function listNodes(
  { records, fleet }: Pick<Master, 'records' | 'fleet'>,
  query: ListQuery,
  bytesOf: NodeBytes,
): Page<Node> | JsonBytes<Page<Node>> {
  const { filter, fields, sort = 'id', cursor, limit } = query
  const nodes = records.nodes.inOrder()
  if (filter || fields || sort !== 'id')
    return listShown(
      nodes.map((node) => projectNode(fleet, node)),
      query,
    )
  const from = cursor === undefined ? 0 : countUpTo(nodes, decodeCursor(cursor).id)
  return pageBytes(nodes.slice(from, from + limit), { isLast: from + limit >= nodes.length, bytesOf })
}

/** How many there are up to this id, in a list in order. */
function countUpTo(nodes: readonly Node[], id: string): number {
  let [low, high] = [0, nodes.length]
  while (low < high) {
    const middle = (low + high) >> 1
    if (nodes[middle]!.id <= id) low = middle + 1
    else high = middle
  }
  return low
}

const [start, comma, end] = ['{"items":[', ',', ']}'].map((text) => Buffer.from(text)) as [Buffer, Buffer, Buffer]

function pageBytes(nodes: readonly Node[], { isLast, bytesOf }: { isLast: boolean; bytesOf: NodeBytes }) {
  const parts = [start]
  for (const node of nodes) parts.push(bytesOf(node), comma)
  if (nodes.length > 0) parts.pop()
  const last = nodes.at(-1)
  parts.push(isLast || !last ? end : Buffer.from(`],"nextCursor":"${encodeCursor({ value: last.id, id: last.id })}"}`))
  return new JsonBytes<Page<Node>>(Buffer.concat(parts))
}
