import { ProblemError } from '@bramble/kit'
import type { Mirror } from '../records/mirror.ts'
import type { Stored } from '../store/store.ts'

/** What a caller named, by name or id. @throws `not_found` */
export function findDocument<D extends Stored>(mirror: Mirror<D>, noun: string, nameOrId: string): D {
  const found = mirror.find(nameOrId)
  if (!found) throw new ProblemError('not_found', `There is no ${noun} ${nameOrId}.`)
  return found
}

/** @throws `not_found`, or `wrong_state` while it is being made */
export function findAvailable<D extends Stored & { name: string; status: string }>(
  mirror: Mirror<D>,
  noun: string,
  nameOrId: string,
): D {
  const found = findDocument(mirror, noun, nameOrId)
  if (found.status === 'available') return found
  throw new ProblemError('wrong_state', `The ${noun} ${found.name} is still being made.`)
}

/** @throws `name_taken` */
export function checkNameFree<D extends Stored>(mirror: Mirror<D>, noun: string, name: string): void {
  if (mirror.find(name)) throw new ProblemError('name_taken', `There is already a ${noun} ${name}.`)
}
