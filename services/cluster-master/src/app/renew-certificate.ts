import type { NodeId, RenewedCertificate } from '@bramble/contracts'
import { ProblemError } from '@bramble/kit'
import { readCertificateRequest } from '../identity/certificate-request.ts'
import { demandJoining } from '../join/joining.ts'
import type { Caller, Master } from '../master.ts'
import { findDocument } from './find-document.ts'

/** A node's next certificate, for the key that it joined with. @throws `csr_invalid` */
export async function renewCertificate(
  master: Master,
  { tokenId }: Caller,
  { id, csr }: { id: NodeId; csr: string },
): Promise<RenewedCertificate> {
  const { identity } = demandJoining(master)
  const key = await readCertificateRequest(csr)
  return master.inTurn(`node ${id}`, async () => {
    const node = findDocument(master.records.nodes, 'node', id)
    if (node.identity?.key !== key.fingerprint)
      throw new ProblemError('csr_invalid', `It is not for the key that ${id} joined with.`)
    const { certificate, expiresAt } = await identity.signNode(id, key.publicKey)
    const deed = { verb: 'renewed', at: master.clock.now(), by: tokenId } as const
    await master.records.nodes.update(id, (current) => ({
      ...current,
      identity: { ...node.identity!, certificateExpiresAt: expiresAt },
      deed: { ...deed, revision: current.revision + 1 },
    }))
    return { certificate, caCertificate: identity.caCertificate }
  })
}
