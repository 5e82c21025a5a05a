import { mkdirSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

/** Marks everything that a run of a suite makes: its temporary files lie in one folder, its processes carry its name. */
export default function setUp(): void {
  const folder = join(tmpdir(), `bl-${process.pid}`)
  mkdirSync(folder, { mode: 0o711 })
  process.env['TMPDIR'] = folder
  process.env['BRAMBLE_TEST_RUN'] = folder
}
