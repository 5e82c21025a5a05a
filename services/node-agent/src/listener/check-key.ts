import { createHash, timingSafeEqual } from 'node:crypto'
import type { Authenticate } from '@bramble/kit'
import { ProblemError } from '@bramble/kit'

const digest = (text: string) => createHash('sha256').update(text).digest()

/** Only the master has the key. Digests are compared, so that the time taken tells neither length nor content. */
export function checkKey(key: string): Authenticate {
  const expected = digest(key)
  return (request) => {
    const header = request.get('authorization')
    if (header === undefined) return undefined
    const given = /^Bearer (.+)$/i.exec(header)?.[1] ?? ''
    if (!timingSafeEqual(digest(given), expected)) {
      throw new ProblemError('unauthenticated', 'The key is not the one of this node.')
    }
    return { tokenId: 'master', name: 'master', roles: ['admin'] }
  }
}
