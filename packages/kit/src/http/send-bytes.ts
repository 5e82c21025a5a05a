import type { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import type { Request, Response } from 'express'
import { readRange } from './byte-range.ts'
import type { ByteRange } from './byte-range.ts'

export interface RangedBytes {
  sizeBytes: number
  read: (range: ByteRange) => Readable
}

/** Answers `GET` with bytes, whole or the range that was asked for, and `HEAD` with their size. */
export async function sendBytes(request: Request, response: Response, { sizeBytes, read }: RangedBytes): Promise<void> {
  response.set({ 'Accept-Ranges': 'bytes', 'Content-Type': 'application/octet-stream' })
  // A range is a matter of GET alone (RFC 9110, section 14.2).
  const asked = readRange(request.method === 'GET' ? request.headers.range : undefined, sizeBytes)
  if (asked.kind === 'unsatisfiable')
    return void response.status(416).set('Content-Range', `bytes */${sizeBytes}`).end()
  const { start, end } = asked.kind === 'part' ? asked.range : { start: 0, end: sizeBytes - 1 }
  if (asked.kind === 'part') response.status(206).set('Content-Range', `bytes ${start}-${end}/${sizeBytes}`)
  response.set('Content-Length', String(end - start + 1))
  if (request.method === 'HEAD' || sizeBytes === 0) return void response.end()
  await send(read({ start, end }), response)
}

async function send(bytes: Readable, response: Response): Promise<void> {
  await pipeline(bytes, response).catch((error: unknown) => {
    // The caller left, as one does that has read what it wanted.
    if ((error as NodeJS.ErrnoException).code !== 'ERR_STREAM_PREMATURE_CLOSE') throw error
  })
}
