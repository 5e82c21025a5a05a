// The images for arm64, from the same Dockerfile as this machine's. QEMU runs their programs here (scripts/test sets that up),
// which takes minutes: with the full counts alone.
import { randomBytes } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { isFull } from '../shared/full-counts.ts'
import { createProject, docker, removeImages } from '../shared/compose-project.ts'

const services = ['cluster-master', 'node-agent', 'discovery']
const version = `test-${randomBytes(4).toString('hex')}`
const isOwn = process.arch === 'arm64'
const tag = isOwn ? version : `${version}-arm64`
const imageOf = (service: string) => `bramble/${service}:${tag}`
const run = async (...args: string[]) =>
  (await docker('run', '--rm', '--network', 'none', '--platform', 'linux/arm64', ...args)).trim()

afterAll(() => (isFull ? removeImages(tag) : undefined), 60_000)

const withFullCounts = isFull ? it : it.skip

withFullCounts(
  'images for arm64 answer for their version',
  async () => {
    const { shell } = createProject({ label: 'arm64', files: ['compose.yaml'], settings: { BRAMBLE_VERSION: version } })
    console.log(await shell('scripts/build-images --platform linux/arm64'))
    for (const service of services) {
      const started = performance.now()
      expect(await run('--entrypoint', 'uname', imageOf(service), '-m')).toBe('aarch64')
      expect(await run(imageOf(service), 'version')).toBe(await versionOf(service))
      console.log(`${service}: its version after ${((performance.now() - started) / 1000).toFixed(1)} s`)
    }
    expect(await run('--entrypoint', 'bramble', imageOf('cluster-master'), '--version')).toBe(
      await versionOf('cluster-master'),
    )
  },
  30 * 60_000,
)

async function versionOf(service: string): Promise<string> {
  const manifest = await readFile(join(import.meta.dirname, `../../services/${service}/package.json`), 'utf8')
  return (JSON.parse(manifest) as { version: string }).version
}
