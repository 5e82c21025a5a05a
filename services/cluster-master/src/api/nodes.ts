import { routes } from '@bramble/contracts'
import { inspectNode } from '../app/ask-agent.ts'
import { findDocument } from '../app/find-document.ts'
import { projectNode } from '../fleet/project.ts'
import { listShown } from './list-shown.ts'
import type { Api } from './serve.ts'

export function serveNodes({ serve, master }: Api): void {
  const { records, fleet } = master
  serve(routes.nodes.list, ({ query }) =>
    listShown(
      Array.from(records.nodes.values(), (node) => projectNode(fleet, node)),
      query,
    ),
  )
  serve(routes.nodes.show, ({ params }) => projectNode(fleet, findDocument(records.nodes, 'node', params.node)))
  serve(routes.nodes.inspect, ({ params }) => inspectNode(master, params.node))
}
