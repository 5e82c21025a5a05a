import type { IncomingMessage } from 'node:http'
import { ProblemError } from '../errors/problem-error.ts'

/** The JSON document in the body of a request; undefined when the body is empty. */
export async function readJsonBody(request: IncomingMessage, limitBytes: number): Promise<unknown> {
  const bytes = await readBytes(request, limitBytes)
  if (bytes.length === 0) return undefined
  checkContentType(request)
  try {
    return JSON.parse(bytes.toString('utf8')) as unknown
  } catch (error) {
    throw new ProblemError('malformed_json', (error as Error).message, { cause: error })
  }
}

async function readBytes(request: IncomingMessage, limitBytes: number): Promise<Buffer> {
  if (Number(request.headers['content-length'] ?? 0) > limitBytes) throw tooLarge(limitBytes)
  const chunks: Buffer[] = []
  let size = 0
  // Leaving the loop must not destroy the connection: the refusal is still to be sent on it.
  for await (const chunk of request.iterator({ destroyOnReturn: false }) as AsyncIterable<Buffer>) {
    size += chunk.length
    if (size > limitBytes) throw tooLarge(limitBytes)
    chunks.push(chunk)
  }
  return Buffer.concat(chunks)
}

function checkContentType(request: IncomingMessage): void {
  const type = request.headers['content-type'] ?? ''
  const encoding = request.headers['content-encoding'] ?? 'identity'
  if (/^application\/([\w.-]+\+)?json\s*(;|$)/i.test(type) && encoding === 'identity') return
  throw new ProblemError('malformed_json', `The body is ${type || 'of no type'}, encoded as ${encoding}.`)
}

const tooLarge = (limitBytes: number) =>
  new ProblemError('body_too_large', `This route takes at most ${limitBytes} bytes.`)
