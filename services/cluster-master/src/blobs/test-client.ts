import { hash } from 'node:crypto'
import type { Digest } from '@bramble/contracts'

// Plain HTTP against a registry, for tests.

export const sha256 = (bytes: Uint8Array | string): Digest => `sha256:${hash('sha256', bytes, 'hex')}` as Digest

export interface Ask {
  headers?: Record<string, string>
  body?: Uint8Array<ArrayBuffer> | string | ReadableStream
  token?: string | undefined
}

export type Client = ReturnType<typeof testClient>

export function testClient(url: () => string) {
  const ask = (method: string, path: string, { headers, body, token = 'node' }: Ask = {}) =>
    fetch(new URL(path, url()), {
      method,
      headers: { ...(token !== '' && { authorization: `Bearer ${token}` }), ...headers },
      ...(body !== undefined && { body, duplex: 'half' }),
    })

  const begin = async (repository = 'bases'): Promise<string> => {
    const response = await ask('POST', `/v2/${repository}/blobs/uploads/`)
    return response.headers.get('location') ?? ''
  }

  /** All in one request. */
  const push = async (bytes: Uint8Array<ArrayBuffer> | string, repository = 'bases'): Promise<Digest> => {
    const digest = sha256(bytes)
    const response = await ask('POST', `/v2/${repository}/blobs/uploads/?digest=${digest}`, { body: bytes })
    if (response.status !== 201) throw new Error(`push: ${response.status} ${await response.text()}`)
    return digest
  }

  return { ask, begin, push }
}

/** Status and first error code of a refusal. */
export async function refusalOf(response: Response): Promise<[number, string | undefined]> {
  const { errors } = (await response.json()) as { errors: { code: string }[] }
  return [response.status, errors[0]?.code]
}
