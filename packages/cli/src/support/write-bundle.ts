import { chmod, mkdir, mkdtemp, rename, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import type { Host } from '../host/host.ts'
import type { BundleFile } from './section.ts'

/** What is unpacked lies in one folder of this name. */
export const bundleFolder = 'bramble-support'

/**
 * Packs files into a tar.gz, readable by its owner alone; all of it or nothing. They are packed by the host's own tar.
 * @throws when that is missing or fails
 */
export const writeBundle = async (path: string, files: BundleFile[], host: Pick<Host, 'run'>): Promise<void> => {
  const work = await mkdtemp(join(tmpdir(), 'bramble-support-'))
  const partial = `${path}.partial`
  try {
    for (const { name, text } of files) {
      const place = join(work, bundleFolder, name)
      await mkdir(dirname(place), { recursive: true })
      await writeFile(place, text, { mode: 0o600 })
    }
    await writeFile(partial, '', { mode: 0o600 })
    const answer = await host.run('tar', ['-czf', partial, '-C', work, bundleFolder])
    if (answer?.exitCode !== 0) throw new Error(`tar could not pack the bundle: ${answer?.stderr ?? 'it is not there'}`)
    await chmod(partial, 0o600)
    await rename(partial, path)
  } finally {
    await rm(partial, { force: true })
    await rm(work, { recursive: true, force: true })
  }
}
