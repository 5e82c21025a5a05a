import { routes } from '@bramble/contracts'
import { joinNode } from '../app/join-node.ts'
import type { Api } from './serve.ts'

export function serveJoins({ serve, master }: Api): void {
  serve(routes.joins.create, ({ body }) => joinNode(master, body))
}
