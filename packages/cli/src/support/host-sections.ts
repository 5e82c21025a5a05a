import { diagnose } from '../doctor/diagnose.ts'
import { lookAround } from '../doctor/look.ts'
import { logsOfHost } from '../host/logs.ts'
import { version } from '../version.ts'
import { jsonFile, type Section } from './section.ts'

// What this host tells, where it is one of the cloudlet's: the ends of its logs, and the settings in the environment.

const lines = 20_000

const isOurs = (name: string): boolean => name.startsWith('BRAMBLE')

const environment: Section = async ({ session }) => {
  const ours = Object.entries(session.env).filter(([name]) => isOurs(name))
  const text = ours.sort().map(([name, value]) => `${name}=${JSON.stringify(value)}\n`)
  return [{ name: 'environment.txt', text: text.join('') }]
}

const logs: Section = async (source) =>
  (await logsOfHost(source, { lines })).map(({ name, text }) => ({ name: `logs/${name}`, text }))

export const hostSections: Section[] = [
  jsonFile('client.json', async ({ session, host }) => ({
    at: host.now().toISOString(),
    url: session.client.url,
    version,
    node: process.version,
    platform: `${process.platform} ${process.arch}`,
  })),
  jsonFile('doctor.json', ({ session, ...rest }) => diagnose(lookAround({ ...session, ...rest }))),
  environment,
  logs,
]
