import { routes } from '@bramble/contracts'
import { createOverlay } from '../app/create-overlay.ts'
import { deleteOverlay } from '../app/delete-artifact.ts'
import { findDocument } from '../app/find-document.ts'
import { listDocuments } from './list-documents.ts'
import { acceptOnce } from './serve.ts'
import type { Api } from './serve.ts'

export function serveOverlays(api: Api): void {
  const { serve, master } = api
  serve(routes.overlays.list, ({ query }) =>
    listDocuments(master.store.collection('overlays'), query, (overlay) => overlay),
  )
  serve(routes.overlays.show, ({ params }) => findDocument(master.records.overlays, 'overlay', params.overlay))
  serve(
    routes.overlays.create,
    acceptOnce(api, routes.overlays.create, (caller, { body }) => createOverlay(master, caller, body)),
  )
  serve(routes.overlays.remove, ({ params }) => deleteOverlay(master, params.overlay))
}
