// One request to a neighbour's listener, within the time that the blob may take.
import { request as httpsRequest } from 'node:https'
import type { IncomingMessage } from 'node:http'
import { nodeServerName } from '@bramble/contracts'
import type { Digest, Neighbour, Repository } from '@bramble/contracts'
import type { NodeCertificate } from '../listener/held-certificate.ts'

export interface WantedBlob {
  repository: Repository
  digest: Digest
  sizeBytes: number
  signal: AbortSignal
}

/** An honest no. */
export class BlobNotThereError extends Error {}

const answerWithinMs = 3000
/** A neighbour that is slower than this is no help. */
const minBytesPerSecond = 2 * 1024 * 1024

export async function* readBlobOf(
  { node, url }: Neighbour,
  { repository, digest, sizeBytes, signal }: WantedBlob,
  { key, certificate, ca }: NodeCertificate,
): AsyncGenerator<Buffer> {
  const limitMs = answerWithinMs + Math.ceil((sizeBytes / minBytesPerSecond) * 1000)
  const request = httpsRequest(new URL(`/v2/${repository}/blobs/${digest}`, url), {
    ...{ key, cert: certificate, ca, servername: nodeServerName(node), minVersion: 'TLSv1.3' },
    agent: false,
    timeout: answerWithinMs,
    signal: AbortSignal.any([signal, AbortSignal.timeout(limitMs)]),
  })
  request.once('timeout', () => request.destroy(new Error(`silent for ${answerWithinMs} ms`)))
  const answered = new Promise<IncomingMessage>((resolve, reject) => {
    request.once('response', resolve).on('error', reject)
  })
  request.end()
  const response = await answered
  try {
    if (response.statusCode === 404) throw new BlobNotThereError(`${node} does not have ${digest}`)
    if (response.statusCode !== 200) throw new Error(`it answered with status ${response.statusCode}`)
    yield* response as AsyncIterable<Buffer>
  } finally {
    response.destroy()
  }
}
