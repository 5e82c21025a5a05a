// Most tests begin with a base, an overlay and a service that are there. They are made once per run, by the first test
// that asks; each gets a copy of that cloudlet's state.
import { access, mkdir, readFile, rename, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { makeTempFolder, runProgram } from '@bramble/testkit'
import type { CloudletOptions } from '@bramble/testkit'
import { openLab } from './lab.ts'
import type { Lab } from './lab.ts'
import { makeArtifacts } from '../../shared/make-artifacts.ts'
import type { Saved } from '../../shared/make-artifacts.ts'

export interface PreparedLab extends Lab {
  saved: Saved
}

/** A lab whose cloudlet has base `tiny`, overlay `tiny-app` and service `org.example.tiny`, cached on its node. */
export async function openPreparedLab(options: Partial<CloudletOptions> = {}): Promise<PreparedLab> {
  const prepared = await prepare()
  const folder = await makeTempFolder()
  await copy(join(prepared, 'state'), join(folder.path, 's'))
  const lab = await openLab({ ...options, stateDir: join(folder.path, 's') }).catch(async (error: unknown) => {
    await folder.remove()
    throw error
  })
  const saved = JSON.parse(await readFile(join(prepared, 'saved.json'), 'utf8')) as Saved
  const close = async () => {
    await lab[Symbol.asyncDispose]()
    await folder.remove()
  }
  return { ...lab, saved, [Symbol.asyncDispose]: close }
}

/** test/shared/run-teardown.ts removes it. */
async function prepare(): Promise<string> {
  const prepared = join(tmpdir(), 'prepared')
  if (await exists(prepared)) return prepared
  const making = `${prepared}.partial`
  await mkdir(join(making, 'state'), { recursive: true, mode: 0o711 })
  await using lab = await openLab({ stateDir: join(making, 'state') })
  const saved = await makeArtifacts(lab.cloudlet.client)
  await writeFile(join(making, 'saved.json'), JSON.stringify(saved))
  await lab.cloudlet.stop()
  await rename(making, prepared)
  return prepared
}

async function copy(from: string, to: string): Promise<void> {
  const { exitCode, stderr } = await runProgram(['cp', '-a', '--sparse=always', '--reflink=auto', from, to])
  if (exitCode !== 0) throw new Error(`cannot copy ${from}: ${stderr}`)
}

const exists = (path: string): Promise<boolean> =>
  access(path).then(
    () => true,
    () => false,
  )
