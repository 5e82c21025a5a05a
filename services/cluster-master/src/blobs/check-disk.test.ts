import { mkdtempDisposable, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { ProblemError } from '@bramble/kit'
import { checkDisk } from './check-disk.ts'

it('refuses with a problem what is no disk', async () => {
  await using folder = await mkdtempDisposable(join(tmpdir(), 'check-disk-'))
  const path = join(folder.path, 'disk')
  await writeFile(path, 'a text')
  const refused = await checkDisk(path).catch((error: unknown) => error)
  expect(refused).toBeInstanceOf(ProblemError)
  expect(refused).toMatchObject({ code: 'disk_not_an_image' })
})
