import { execFile } from 'node:child_process'
import { join } from 'node:path'
import { promisify } from 'node:util'

it('the sample service passes its own tests', async () => {
  const folder = join(import.meta.dirname, '../../samples/package-search')
  const run = promisify(execFile)('python3', ['-B', '-m', 'unittest', 'discover', '-v', folder])
  const { stderr } = await run
  expect(stderr).toMatch(/Ran (1\d|[2-9]\d) tests/)
  expect(stderr.trimEnd()).toMatch(/OK$/)
}, 60_000)
