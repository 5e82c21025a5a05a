import { routes } from '@bramble/contracts'
import { applyDescription } from '../app/apply-description.ts'
import { showDescription } from '../app/show-description.ts'
import type { Api } from './serve.ts'

export function serveDescription({ serve, master }: Api): void {
  serve(routes.description.show, () => showDescription(master))
  serve(routes.description.apply, ({ body: description, query, principal }) =>
    applyDescription(master, { description, by: principal.tokenId, ...query }),
  )
}
