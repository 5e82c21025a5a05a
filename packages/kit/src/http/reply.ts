import type { Response } from 'express'
import { JsonBytes } from './json-bytes.ts'

export interface ReplyOptions {
  /** In place of the status that the route declares. */
  status?: number
  /** Where the thing made, or its operation, is found. */
  location?: string
  /** Of the document sent, made by `etagOf`; answers 304 to a request that has it already. */
  etag?: string
  headers?: Readonly<Record<string, string>>
}

/** An answer with more than its body: made by `reply()`. */
export class Reply<Answer> {
  readonly answer: Answer
  readonly options: ReplyOptions

  constructor(answer: Answer, options: ReplyOptions) {
    this.answer = answer
    this.options = options
  }
}

/** `return reply(operation, { location: '/v1/operations/op-1' })` */
export const reply = <Answer>(answer: Answer, options: ReplyOptions): Reply<Answer> => new Reply(answer, options)

export function sendAnswer(response: Response, result: unknown, status: number): void {
  const { answer, options } = result instanceof Reply ? result : new Reply(result, {})
  for (const [name, value] of Object.entries(headersOf(options))) response.setHeader(name, value)
  if (options.etag !== undefined && response.req.headers['if-none-match'] === options.etag) {
    response.statusCode = 304
    response.end()
    return
  }
  sendBody(response, answer, options.status ?? status)
}

export function sendBody(response: Response, body: unknown, status: number, contentType?: string): void {
  response.statusCode = status
  if (body === undefined) {
    response.end()
    return
  }
  if (body instanceof JsonBytes) {
    response.setHeader('Content-Type', 'application/json')
    response.setHeader('Content-Length', body.bytes.length)
    response.end(body.bytes)
    return
  }
  const isText = typeof body === 'string' && contentType === undefined
  // A string leaves in one write with the headers; a Buffer would cost a second one.
  const text = isText ? body : JSON.stringify(body)
  response.setHeader('Content-Type', contentType ?? (isText ? 'text/plain; charset=utf-8' : 'application/json'))
  response.setHeader('Content-Length', Buffer.byteLength(text))
  response.end(text)
}

function headersOf({ headers, location, etag }: ReplyOptions): Record<string, string> {
  return {
    ...headers,
    ...(location !== undefined && { Location: location }),
    ...(etag !== undefined && { ETag: etag }),
  }
}
