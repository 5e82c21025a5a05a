import { X509Certificate } from 'node:crypto'
import { routes } from '@bramble/contracts'
import type { Clock, Logger, TaskDefinition } from '@bramble/kit'
import type { HeldCertificate } from '../listener/held-certificate.ts'
import type { AskMaster } from './ask-master.ts'
import { checkJoined, fingerprintOf } from './check-joined.ts'
import type { IdentityFiles, NodeIdentity } from './identity-files.ts'
import { makeRequest } from './make-request.ts'

export interface RenewCertificate {
  identity: NodeIdentity
  files: Pick<IdentityFiles, 'node'>
  held: HeldCertificate
  ask: AskMaster
  clock: Pick<Clock, 'now'>
  logger: Logger
}

const periodMs = 6 * 3_600_000
/** The master may be away for most of it. */
const renewBeforeMs = 30 * 86_400_000

/** Gets a new certificate for the same key, in time before the present one expires. */
export const renewCertificate = ({ identity, files, held, ask, clock, logger }: RenewCertificate): TaskDefinition => ({
  name: 'renew-certificate',
  periodMs,
  run: async (stopping) => {
    const { certificate: present, key, ca } = held.current()
    const { validToDate } = new X509Certificate(present)
    if (validToDate.getTime() - Date.parse(clock.now()) > renewBeforeMs) return
    const { node, nodeToken: token } = identity
    const body = { csr: await makeRequest(key, node) }
    const renewed = await ask(routes.nodes.certificate, { params: { node }, body, token, signal: stopping })
    checkJoined({ node, ...renewed }, { caFingerprint: fingerprintOf(ca), key })
    const { certificate } = renewed
    await files.node.write({ ...identity, certificate })
    held.renew({ key, certificate, ca })
    logger.info({ until: new X509Certificate(certificate).validToDate }, 'certificate renewed')
  },
})
