import { request } from '@bramble/client'
import type { Session } from '../context/session.ts'
import { jsonFile, type Section } from './section.ts'

// What the master tells of the cloudlet: what a bug report needs to be understood without asking back.

const most = 500

const metricsOf = async ({ client }: Session): Promise<string> =>
  (await request(client, { method: 'GET', path: '/metrics' })).text()

/** Events are read forwards; where the newest ones begin, the metrics tell. */
const lastEvents = async (session: Session) => {
  const recorded = /^bramble_events_recorded\S* (\d+)/m.exec(await metricsOf(session).catch(() => ''))?.[1]
  const since = Math.max(0, Number(recorded ?? 0) - most)
  return session.client.events.list({ query: { since, limit: most } })
}

const metrics: Section = async ({ session }) => {
  const text = await metricsOf(session).catch((error: Error) => `# unavailable: ${error.message}\n`)
  return [{ name: 'metrics.txt', text }]
}

export const apiSections: Section[] = [
  jsonFile('version.json', ({ session }) => session.client.system.version()),
  jsonFile('health.json', ({ session }) => session.client.system.health()),
  jsonFile('services.json', ({ session }) => session.client.system.services()),
  jsonFile('tasks.json', ({ session }) => session.client.system.tasks()),
  jsonFile('settings.json', ({ session }) => session.client.system.settings()),
  jsonFile('dead-facts.json', ({ session }) => session.client.system.deadFacts()),
  jsonFile('nodes.json', ({ session }) => session.client.nodes.list({ query: { limit: 1000 } })),
  jsonFile('operations.json', ({ session }) =>
    session.client.operations.list({ query: { sort: '-createdAt', limit: most } }),
  ),
  jsonFile('events.json', ({ session }) => lastEvents(session)),
  metrics,
]
