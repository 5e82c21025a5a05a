import { NodeId, routes } from '@bramble/contracts'
import type { SeenNode } from '@bramble/contracts'
import { listShown } from './list-shown.ts'
import type { Api } from './serve.ts'

export function serveCloudlets({ serve, master }: Api): void {
  const { records, sightings } = master
  const withNode = (seen: SeenNode): SeenNode => {
    const node = NodeId.safeParse(seen.id).data
    return node !== undefined && records.nodes.get(node) ? { ...seen, node } : seen
  }
  serve(routes.cloudlets.list, ({ query }) => listShown(sightings.cloudlets(), query))
  serve(routes.seenNodes.list, ({ query }) => listShown(sightings.agents().map(withNode), query))
}
