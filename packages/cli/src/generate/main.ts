import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { buildProgram } from '../program.ts'
import { cliReference } from './reference.ts'

// Writes docs/reference/cli.md; with --check fails when it is out of date.
const path = join(import.meta.dirname, '../../../../docs/reference/cli.md')
const text = cliReference(buildProgram())

const readOld = (): string => {
  try {
    return readFileSync(path, 'utf8')
  } catch {
    return ''
  }
}

if (!process.argv.includes('--check')) {
  mkdirSync(dirname(path), { recursive: true })
  writeFileSync(path, text)
} else if (readOld() !== text) {
  console.error('docs/reference/cli.md is out of date; run: pnpm generate')
  process.exitCode = 1
}
