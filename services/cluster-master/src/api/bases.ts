import { routes } from '@bramble/contracts'
import { createBase } from '../app/create-base.ts'
import { deleteBase } from '../app/delete-artifact.ts'
import { findDocument } from '../app/find-document.ts'
import { listDocuments } from './list-documents.ts'
import { acceptOnce } from './serve.ts'
import type { Api } from './serve.ts'

export function serveBases(api: Api): void {
  const { serve, master } = api
  serve(routes.bases.list, ({ query }) => listDocuments(master.store.collection('bases'), query, (base) => base))
  serve(routes.bases.show, ({ params }) => findDocument(master.records.bases, 'base', params.base))
  serve(
    routes.bases.create,
    acceptOnce(api, routes.bases.create, (caller, { body }) => createBase(master, caller, body)),
  )
  serve(routes.bases.remove, ({ params }) => deleteBase(master, params.base))
}
