// As much of a master as a host meets that joins: it certifies keys, gives access to the broker, and loses answers.
import { createHash, X509Certificate } from 'node:crypto'
import type { TLSSocket } from 'node:tls'
import { formatJoinToken, InvitationId, routes } from '@bramble/contracts'
import type { BrokerAccess, JoinRequest, JoinTokenParts, NodeId } from '@bramble/contracts'
import { createHttpApp, listen, ProblemError, serveRoute, silentLogger } from '@bramble/kit'
import { makeTestCa, namesOf } from './ca.fixture.ts'
import type { TestCa } from './ca.fixture.ts'
import type { NodeCertificate } from '../listener/held-certificate.ts'

export interface TestMaster extends AsyncDisposable {
  url: string
  ca: TestCa
  joins: JoinRequest[]
  /** Tokens that asked for access. */
  asked: string[]
  /** Common names of the certificates with which access was asked for, over TLS. */
  shown: unknown[]
  /** In place of the next answers, one each. */
  failWith: Error[]
  /** Whose certificates it gives; its own when absent. */
  certifyBy?: TestCa
  /** What it certifies in place of what was asked. */
  certify?: Partial<{ node: string; csr: string }>
  /** Why it gives no access; it does when absent. */
  noAccess?: ProblemError
  tokenOf(invitation: number, more?: Partial<JoinTokenParts>): string
}

export interface TestMasterOptions {
  /** What it shows of itself; plain HTTP when absent. */
  tls?: (ca: TestCa) => Promise<NodeCertificate>
}

export async function startTestMaster({ tls }: TestMasterOptions = {}): Promise<TestMaster> {
  const ca = await makeTestCa()
  const joined = new Map<string, string>()
  let passwords = 0
  const app = createHttpApp({
    logger: silentLogger(),
    authenticate: (request) => {
      const token = request.get('authorization')?.slice('Bearer '.length) ?? ''
      master.asked.push(token)
      const node = joined.get(token)
      return node === undefined ? undefined : { tokenId: token, name: `node.${node}`, roles: ['node'], node }
    },
  })
  const failIfTold = () => {
    const failure = master.failWith.shift()
    if (failure) throw failure
  }
  serveRoute(app, routes.joins.create, async ({ body }) => {
    master.joins.push(body)
    const { certifyBy = ca, certify } = master
    const node = (body.node ?? 'unnamed') as NodeId
    const certificate = await certifyBy.sign(certify?.csr ?? body.csr, namesOf(certify?.node ?? node))
    const nodeToken = `token-${master.joins.length}`
    joined.set(nodeToken, node)
    failIfTold()
    const caCertificate = certifyBy.certificate
    return { node, cluster: 'shelf-1', admission: 'approved' as const, nodeToken, certificate, caCertificate }
  })
  serveRoute(app, routes.nodes.broker, ({ params, request }): BrokerAccess => {
    if (tls) master.shown.push(nameShown(request.socket as TLSSocket))
    failIfTold()
    if (master.noAccess) throw master.noAccess
    return { urls: ['amqp://127.0.0.1:1'], user: `node.${params.node}`, password: `password-${++passwords}` }
  })
  const own = tls && asServer(await tls(ca), ca)
  const server = await listen(app, { graceMs: 100, ...(own && { tls: own }) })
  const caFingerprint = createHash('sha256').update(new X509Certificate(ca.certificate).raw).digest('hex')
  const master: TestMaster = {
    ...{ url: server.url, ca, joins: [], asked: [], shown: [], failWith: [] },
    tokenOf: (invitation, more) =>
      formatJoinToken({
        invitation: InvitationId.parse(`iv-${String(invitation).padStart(20, '0')}`),
        ...{ secret: 's'.repeat(43), caFingerprint },
        ...more,
      }),
    [Symbol.asyncDispose]: server.close,
  }
  return master
}

const asServer = ({ key, certificate, ca: own }: NodeCertificate, { certificate: clientCa }: TestCa) => ({
  ...{ key, certificate: `${certificate}\n${own}`, clientCa },
  clientIsOptional: true,
})

const nameShown = (socket: TLSSocket): unknown =>
  socket.authorized ? socket.getPeerX509Certificate()?.toLegacyObject().subject.CN : undefined
