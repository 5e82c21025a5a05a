import { routes } from '@bramble/contracts'
import { createToken, createUserToken, revokeToken, withoutHash } from '../auth/tokens.ts'
import { listDocuments } from './list-documents.ts'
import type { Api } from './serve.ts'

export function serveTokens({ serve, master }: Api): void {
  serve(routes.tokens.list, ({ query }) => listDocuments(master.store.collection('tokens'), query, withoutHash))
  serve(routes.tokens.create, ({ body: { user, roles = [], ...rest } }) =>
    user === undefined ? createToken(master, { roles, ...rest }) : createUserToken(master, { user, ...rest }),
  )
  serve(routes.tokens.remove, ({ params }) => revokeToken(master, params.token))
  serve(routes.tokens.current, ({ principal }) => principal)
}
