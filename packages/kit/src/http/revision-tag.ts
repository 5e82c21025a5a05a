// A document's ETag is its revision, so that If-Match becomes the compare-and-set of the store.
import { ProblemError } from '../errors/problem-error.ts'

export const etagOf = (revision: number): string => `"${revision}"`

/** The revision that If-Match asks for; undefined without the header and for `*`. */
export function expectedRevision(ifMatch: string | undefined): number | undefined {
  if (ifMatch === undefined || ifMatch.trim() === '*') return undefined
  const revision = /^"(\d{1,15})"$/.exec(ifMatch.trim())?.[1]
  if (revision === undefined) {
    throw new ProblemError('invalid_input', 'If-Match is not an ETag of ours.', {
      hint: 'Send the ETag of the document as it was read, such as "7".',
    })
  }
  return Number(revision)
}

/** @throws `revision_mismatch` when If-Match asks for another revision than the present one */
export function checkIfMatch(ifMatch: string | undefined, revision: number): void {
  const expected = expectedRevision(ifMatch)
  if (expected === undefined || expected === revision) return
  throw new ProblemError('revision_mismatch', `It is at revision ${revision}, not ${expected}.`)
}
