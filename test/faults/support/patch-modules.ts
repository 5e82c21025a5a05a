// Loaded with --import before anything else: applies the patches in BRAMBLE_PATCHES (JSON) to the modules of this process.
// A patch whose fragment is gone ends the process at once: a broken build that is not broken proves nothing.
import { readFileSync } from 'node:fs'
import { registerHooks } from 'node:module'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { applyPatch } from './patch.ts'
import type { Patch } from './patch.ts'

const root = join(import.meta.dirname, '../../..')
const patches = Map.groupBy(JSON.parse(process.env['BRAMBLE_PATCHES'] ?? '[]') as Patch[], ({ file }) => file)
const sources = new Map<string, string>()
for (const [file, ofFile] of patches) {
  const path = join(root, file)
  sources.set(pathToFileURL(path).href, ofFile.reduce(applyPatch, readFileSync(path, 'utf8')))
}

registerHooks({
  load: (url, context, nextLoad) => {
    const source = sources.get(url)
    return source === undefined ? nextLoad(url, context) : { format: 'module-typescript', source, shortCircuit: true }
  },
})
