// The units that --service writes, for a host with everything in common places: systemd understands them, and none changes
// unseen.
import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { makeTempFolder, runProgram } from '@bramble/testkit'

const root = join(import.meta.dirname, '../..')

const script = `
set -euo pipefail
BRAMBLE_ROOT=$1 BRAMBLE_STATE=/var/lib/bramble BRAMBLE_TOOLCHAIN=/usr/local/lib/bramble/toolchain BRAMBLE_PORT=8080
. "$BRAMBLE_ROOT/scripts/lib/service.sh"
render_unit "\${@:2}"
`

async function render(unit: string, ...needs: string[]): Promise<string> {
  const { exitCode, stdout, stderr } = await runProgram(['bash', '-c', script, 'bash', root, unit, ...needs])
  if (exitCode !== 0) throw new Error(stderr)
  return stdout
}

const units: [string, ...string[]][] = [
  ['bramble-agent.service', 'bramble-end-expired.service', 'libvirtd.service'],
  ['bramble-end-expired.service'],
  ['bramble.service', 'libvirtd.service'],
]

describe.each(units)('%s', (unit, ...needs) => {
  it('is as it was', async () => {
    const golden = join(import.meta.dirname, 'units', unit)
    const text = (await render(unit, ...needs))
      .replaceAll(root, '/opt/bramble')
      .replace(process.execPath, '/usr/bin/node')
    if (process.env['UPDATE_GOLDEN']) await writeFile(golden, text)
    expect(text).toBe(await readFile(golden, 'utf8'))
    expect(text).not.toContain('@')
  })
})

it('systemd finds nothing to say about them', async () => {
  await using folder = await makeTempFolder()
  const paths = units.map(([unit]) => join(folder.path, unit))
  for (const [at, [unit, ...needs]] of units.entries()) {
    await writeFile(paths[at]!, await render(unit, ...needs))
  }
  const { exitCode, stderr } = await runProgram(['systemd-analyze', 'verify', '--man=no', ...paths])
  const about = stderr.split('\n').filter((line) => line.includes('bramble'))
  expect([exitCode, about]).toEqual([0, []])
  await writeFile(paths[0]!, (await readFile(paths[0]!, 'utf8')).replace('ProtectSystem=strict', 'ProtectSystem=much'))
  expect((await runProgram(['systemd-analyze', 'verify', '--man=no', paths[0]!])).stderr).toContain('protect system')
})
