import { routes } from '@bramble/contracts'
import { findDocument } from '../app/find-document.ts'
import { projectNode } from '../fleet/project.ts'
import { listDocuments } from './list-documents.ts'
import type { Api } from './serve.ts'

export function serveNodes({ serve, master }: Api): void {
  const { records, store, fleet } = master
  serve(routes.nodes.list, ({ query }) =>
    listDocuments(store.collection('nodes'), query, (node) => projectNode(fleet, node)),
  )
  serve(routes.nodes.show, ({ params }) => projectNode(fleet, findDocument(records.nodes, 'node', params.node)))
}
