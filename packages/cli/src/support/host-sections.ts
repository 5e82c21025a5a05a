import { basename, join } from 'node:path'
import { version } from '../version.ts'
import { type BundleFile, jsonFile, type Section, type Source } from './section.ts'

// What this host tells, where it is one of the cloudlet's: the ends of its logs, and the settings in the environment.

const logBytes = 4 * 1024 * 1024
const logLines = 20_000

const isOurs = (name: string): boolean => name.startsWith('BRAMBLE')

const environment: Section = async ({ session }) => {
  const ours = Object.entries(session.env).filter(([name]) => isOurs(name))
  const lines = ours.sort().map(([name, value]) => `${name}=${JSON.stringify(value)}\n`)
  return [{ name: 'environment.txt', text: lines.join('') }]
}

/** Of what scripts/up and scripts/join started. */
const logsOfState: Section = async ({ host, stateDir }) => {
  const logs = (await host.filesIn(join(stateDir, 'run'))).filter((path) => path.endsWith('.log'))
  const files = logs.map(async (path): Promise<BundleFile[]> => {
    const text = await host.tail(path, logBytes)
    return text === undefined ? [] : [{ name: `logs/${basename(path)}`, text }]
  })
  return (await Promise.all(files)).flat()
}

const containersOf = async ({ host, project }: Source): Promise<string[]> => {
  const label = `label=com.docker.compose.project=${project}`
  const answer = await host.run('docker', ['ps', '--all', '--filter', label, '--format', '{{.Names}}'])
  return answer?.exitCode === 0 ? answer.stdout.split('\n').filter(Boolean) : []
}

/** Of the suite in containers. */
const logsOfContainers: Section = async (source) => {
  const names = await containersOf(source)
  const files = names.map(async (name): Promise<BundleFile[]> => {
    const answer = await source.host.run('docker', ['logs', '--tail', `${logLines}`, name])
    return answer ? [{ name: `logs/${name}.log`, text: answer.stdout + answer.stderr }] : []
  })
  return (await Promise.all(files)).flat()
}

export const hostSections: Section[] = [
  jsonFile('client.json', async ({ session, host }) => ({
    at: host.now().toISOString(),
    url: session.client.url,
    version,
    node: process.version,
    platform: `${process.platform} ${process.arch}`,
  })),
  environment,
  logsOfState,
  logsOfContainers,
]
