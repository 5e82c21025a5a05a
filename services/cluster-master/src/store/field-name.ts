import { QueryError } from './errors.ts'

const fieldPattern = /^[a-zA-Z][a-zA-Z0-9]*(\.[a-zA-Z][a-zA-Z0-9]*)*$/

/** A field may be named by a caller, and becomes part of what the database is asked. @throws {QueryError} */
export function checkFieldName(field: string): void {
  if (!fieldPattern.test(field)) throw new QueryError(`"${field}" is not the name of a field`)
}
