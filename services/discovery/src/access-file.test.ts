import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { silentLogger } from '@bramble/kit'
import { awaitAccess, readAccess } from './access-file.ts'

const access = { urls: ['amqp://10.0.0.1:5672'], user: 'discovery.local', password: 'a/b', caCertificate: '' }
let folder: string
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'access-'))
})
afterAll(() => rm(folder, { recursive: true }))

it('access is waited for until the master has left it', async () => {
  const path = join(folder, 'later.json')
  const waiting = awaitAccess(path, silentLogger(), new AbortController().signal)
  await writeFile(path, JSON.stringify(access))
  expect(await waiting).toEqual(access)
})

it('it is waited for no longer when the service stops', async () => {
  const stopping = new AbortController()
  const waiting = awaitAccess(join(folder, 'never.json'), silentLogger(), stopping.signal)
  stopping.abort(new Error('stopping'))
  await expect(waiting).rejects.toThrow('stopping')
})

it.each(['', '{', '{"urls":[],"user":"a","password":"b"}'])('%j is none', async (text) => {
  const path = join(folder, 'damaged.json')
  await writeFile(path, text)
  await expect(readAccess(path)).rejects.toThrow(`${path} holds no access`)
})
