import { X509Certificate } from 'node:crypto'
import type { HttpServer, Logger, TaskDefinition } from '@bramble/kit'
import type { ServerCertificate } from './server-certificate.ts'

const periodMs = 3_600_000

/** New connections get another certificate in time, without a restart. */
export const renewServerCertificate = (
  certificate: ServerCertificate,
  { server, logger }: { server: Pick<HttpServer, 'renewTls'>; logger: Logger },
): TaskDefinition => ({
  name: 'renew-server-certificate',
  periodMs,
  run: async () => {
    const next = await certificate.renewed()
    if (!next) return
    server.renewTls(next)
    logger.info({ until: new X509Certificate(next.certificate).validToDate }, 'the certificate of the API is renewed')
  },
})
