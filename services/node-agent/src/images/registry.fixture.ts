// A registry in the test's own process that breaks connections on demand.
import { hash, randomUUID } from 'node:crypto'
import { createServer } from 'node:http'
import type { IncomingMessage, ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'

export interface TestRegistry extends AsyncDisposable {
  url: string
  blobs: Map<string, Buffer>
  manifests: Map<string, Buffer>
  /** `GET /v2/...` and so on, as they came. */
  requests: string[]
  /** Break the connection of the next requests after so many bytes of their body, one entry per request. */
  breakAfterBytes: (number | undefined)[]
  /** Answer the next requests with these statuses. */
  failWith: number[]
  forgetUploads(): void
}

export const testToken = 'secret-token'
export const digestOf = (bytes: Buffer) => `sha256:${hash('sha256', bytes, 'hex')}`

export async function startTestRegistry(): Promise<TestRegistry> {
  const uploads = new Map<string, Buffer>()
  const state = {
    blobs: new Map<string, Buffer>(),
    manifests: new Map<string, Buffer>(),
    requests: [] as string[],
    breakAfterBytes: [] as (number | undefined)[],
    failWith: [] as number[],
  }

  const server = createServer((request, response) => {
    state.requests.push(`${request.method} ${request.url}`)
    void serve(request, response).catch(() => response.destroy())
  })

  async function serve(request: IncomingMessage, response: ServerResponse) {
    const url = new URL(request.url!, 'http://registry')
    const [, kind, name] = /^\/v2\/[a-z]+\/(blobs\/uploads|blobs|manifests)\/(.*)$/.exec(url.pathname) ?? []
    const failure = state.failWith.shift()
    if (failure !== undefined) return void response.writeHead(failure).end()
    if (request.headers.authorization !== `Bearer ${testToken}`) return refuse(response, 401, 'UNAUTHORIZED')
    if (kind === 'blobs/uploads') return serveUpload(request, response, name!, url.searchParams.get('digest'))
    if (kind === 'manifests' && request.method === 'PUT') {
      state.manifests.set(name!, await readAll(request))
      return void response.writeHead(201).end()
    }
    const content = (kind === 'manifests' ? state.manifests : state.blobs).get(name ?? '')
    if (content === undefined) return refuse(response, 404, 'BLOB_UNKNOWN')
    if (request.method === 'HEAD') return void response.writeHead(200, { 'content-length': content.length }).end()
    sendRange(request, response, content)
  }

  function sendRange(request: IncomingMessage, response: ServerResponse, content: Buffer) {
    const [, from, to] = /^bytes=(\d+)-(\d+)$/.exec(request.headers.range ?? '') ?? []
    const part = from === undefined ? content : content.subarray(Number(from), Number(to) + 1)
    response.writeHead(from === undefined ? 200 : 206, { 'content-length': part.length })
    const breakAfter = state.breakAfterBytes.shift()
    if (breakAfter === undefined) return void response.end(part)
    response.write(part.subarray(0, breakAfter), () => response.destroy())
  }

  async function serveUpload(request: IncomingMessage, response: ServerResponse, id: string, digest: string | null) {
    if (request.method === 'POST') {
      const opened = randomUUID()
      uploads.set(opened, Buffer.alloc(0))
      return void response.writeHead(202, { location: `/v2/disks/blobs/uploads/${opened}` }).end()
    }
    const soFar = uploads.get(id)
    if (soFar === undefined) return refuse(response, 404, 'BLOB_UPLOAD_UNKNOWN')
    const standing = (length: number) => ({
      location: `/v2/disks/blobs/uploads/${id}`,
      range: `0-${Math.max(0, length - 1)}`,
    })
    if (request.method === 'GET') return void response.writeHead(204, standing(soFar.length)).end()
    if (request.method === 'PATCH') {
      const start = Number(request.headers['content-range']!.split('-')[0])
      if (start !== soFar.length) return refuse(response, 416, 'RANGE_INVALID')
      const breakAfter = state.breakAfterBytes.shift()
      const body = await readAll(request, breakAfter)
      uploads.set(id, Buffer.concat([soFar, body]))
      if (breakAfter !== undefined) return void response.destroy()
      return void response.writeHead(202, standing(soFar.length + body.length)).end()
    }
    if (digest !== digestOf(soFar)) return refuse(response, 400, 'DIGEST_INVALID')
    uploads.delete(id)
    state.blobs.set(digest, soFar)
    response.writeHead(201).end()
  }

  await new Promise<void>((resolve) => void server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo
  return {
    ...state,
    url: `http://127.0.0.1:${port}`,
    forgetUploads: () => uploads.clear(),
    [Symbol.asyncDispose]: async () => {
      server.closeAllConnections()
      await new Promise((resolve) => void server.close(resolve))
    },
  }
}

function refuse(response: ServerResponse, status: number, code: string) {
  response.writeHead(status, { 'content-type': 'application/json' })
  response.end(JSON.stringify({ errors: [{ code, message: code.toLowerCase() }] }))
}

async function readAll(request: IncomingMessage, limit = Infinity): Promise<Buffer> {
  const chunks: Buffer[] = []
  let length = 0
  for await (const chunk of request) {
    chunks.push(chunk.subarray(0, limit - length))
    length += chunks.at(-1)!.length
    if (length >= limit) break
  }
  return Buffer.concat(chunks)
}
