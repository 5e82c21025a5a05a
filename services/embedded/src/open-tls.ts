// TLS of the embedded cloudlet, where others than this host reach it, with a CA in its state folder. Its own nodes are this
// very process and have no certificates: they ask at a port of loopback.
import { join } from 'node:path'
import { openIdentity, openServerCertificate, renewServerCertificate, serverNames } from '@bramble/cluster-master'
import type { StartMaster } from '@bramble/cluster-master'
import { createTaskSet, listen, systemClock } from '@bramble/kit'
import type { Logger } from '@bramble/kit'
import type { EmbeddedSettings } from './settings.ts'

export interface EmbeddedTls extends Required<Pick<StartMaster, 'authority' | 'serve'>> {
  /** Where the nodes of this process reach the master, once it serves. */
  nodesUrl: () => string
}

export const openTls = async (
  { http }: Pick<EmbeddedSettings, 'http'>,
  { dataDir, logger }: { dataDir: string; logger: Logger },
): Promise<EmbeddedTls> => {
  const identity = await openIdentity(join(dataDir, 'identity'))
  const names = serverNames({ http })
  const certificate = await openServerCertificate({ http, names, identity, clock: systemClock })
  let nodesUrl = ''
  return {
    authority: identity,
    nodesUrl: () => nodesUrl,
    serve: async (app) => {
      const { host, port } = http
      const server = await listen(app, { host, port, tls: certificate.current() })
      const own = await listen(app)
      nodesUrl = own.url
      const tasks = createTaskSet({ logger })
      tasks.add(renewServerCertificate(certificate, { server, logger }))
      tasks.start()
      const close = async () => void (await Promise.all([tasks.stop(), own.close(), server.close()]))
      return { url: server.url, close }
    },
  }
}
