import type { Software } from '@bramble/kit'
import type { MongoServer } from './mongo-server.ts'

/** What speaks MongoDB's protocol there: FerretDB tells MongoDB's version too, and its own beside it. */
export async function aboutServer(server: MongoServer): Promise<Software> {
  const { version, ferretdb } = await server.ask(() => server.database.command({ buildInfo: 1 }))
  const host = server.database.client.options.hosts.map(String).join(',')
  if (ferretdb === undefined) return { product: 'MongoDB', version: String(version), host }
  const own = (ferretdb as { version?: string }).version ?? String(version)
  return { product: 'FerretDB', version: own.replace(/^v/, ''), host }
}
