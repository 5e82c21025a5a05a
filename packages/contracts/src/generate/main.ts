// Writes what is made of the contracts: the OpenAPI document, the JSON Schemas, three pages of docs/reference/.
// With --check it writes nothing and fails when one of them is out of date.
import { mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { dirname, join, relative } from 'node:path'
import { jsonSchemas } from './json-schemas.ts'
import { openapiDocument } from './openapi.ts'
import { apiPage, exitCodesPage, problemsPage } from './reference-pages.ts'

const root = join(import.meta.dirname, '../../../..')
const generatedFolder = join(import.meta.dirname, '../generated')
const referenceFolder = join(root, 'docs/reference')

const json = (document: unknown): string => `${JSON.stringify(document, null, 2)}\n`

const wanted = new Map([
  [join(generatedFolder, 'openapi.json'), json(openapiDocument())],
  ...Object.entries(jsonSchemas()).map(([name, schema]): [string, string] => [
    join(generatedFolder, 'schemas', `${name}.json`),
    json(schema),
  ]),
  [join(referenceFolder, 'problems.md'), problemsPage()],
  [join(referenceFolder, 'exit-codes.md'), exitCodesPage()],
  [join(referenceFolder, 'api.md'), apiPage()],
])

const readOld = (path: string): string | undefined => {
  try {
    return readFileSync(path, 'utf8')
  } catch {
    return undefined
  }
}

/** Schemas of nouns that are no more. */
const leftOver = (): string[] =>
  readdirSync(generatedFolder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name))
    .filter((path) => !wanted.has(path))

mkdirSync(join(generatedFolder, 'schemas'), { recursive: true })
const changed = [...wanted].filter(([path, text]) => readOld(path) !== text)
const outOfDate = [...changed.map(([path]) => path), ...leftOver()]

if (!process.argv.includes('--check')) {
  for (const path of leftOver()) rmSync(path)
  for (const [path, text] of changed) {
    mkdirSync(dirname(path), { recursive: true })
    writeFileSync(path, text)
  }
} else if (outOfDate.length > 0) {
  console.error('Out of date; run `pnpm generate`:')
  for (const path of outOfDate) console.error(`  ${relative(root, path)}`)
  process.exitCode = 1
}
