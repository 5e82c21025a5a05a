import { createHash, timingSafeEqual } from 'node:crypto'
import type { Request } from 'express'
import { readers } from '@bramble/contracts'
import { checkRoles } from '@bramble/kit'
import type { Authenticate } from '@bramble/kit'

/** @throws `unauthenticated` or `forbidden` for who may not read the metrics */
export type MayScrape = (request: Request) => Promise<void>

const digest = (text: string) => createHash('sha256').update(text).digest()

/** Whoever may read the cloudlet may read its metrics; and so may a scraper by a token that is good for nothing else. */
export function createMayScrape(scrapeToken: string | undefined, authenticate: Authenticate): MayScrape {
  const expected = scrapeToken === undefined ? undefined : digest(`Bearer ${scrapeToken}`)
  return async (request) => {
    const given = request.headers.authorization ?? ''
    if (expected && timingSafeEqual(digest(given), expected)) return
    checkRoles(readers, await authenticate(request))
  }
}
