import { listContainers } from '../host/logs.ts'
import { type Check, failed, ok } from './check.ts'
import type { Look } from './look.ts'

// The suite in containers, as far as it runs on this host.

interface Container {
  name: string
  /** `running`, `exited`, `restarting` */
  state: string
  /** `Up 3 minutes (healthy)`, `Exited (1) 2 minutes ago` */
  status: string
}

const containersOf = async (look: Look): Promise<Container[]> => {
  const lines = await listContainers(look, '{{.Names}}\t{{.State}}\t{{.Status}}')
  return lines.map((line) => {
    const [name = '', state = '', status = ''] = line.split('\t')
    return { name, state, status }
  })
}

const say = (found: Container[]): string => found.map(({ name, status }) => `${name}: ${status}`).join('; ')

const isPreflight = ({ name }: Container): boolean => /-preflight(-worker)?-\d+$/.test(name)
const exitedWell = ({ status }: Container): boolean => /^Exited \(0\)/.test(status)

const preflightFailed: Check = {
  id: 'preflight-failed',
  find: async (look) => {
    const found = (await containersOf(look)).filter((it) => it.state === 'exited' && isPreflight(it) && !exitedWell(it))
    if (found.length === 0) return ok('no')
    return failed(say(found), 'This host lacks something: docker compose logs preflight preflight-worker')
  },
}

const unhealthy: Check = {
  id: 'container-unhealthy',
  find: async (look) => {
    const all = await containersOf(look)
    const isBad = (it: Container) =>
      it.state === 'restarting' ||
      it.status.includes('(unhealthy)') ||
      (it.state === 'exited' && !isPreflight(it) && !exitedWell(it))
    const found = all.filter(isBad)
    if (found.length === 0) return ok(`${all.length} containers`)
    return failed(say(found), `Its log says why: docker logs --tail 50 ${found[0]?.name}`)
  },
}

export const containerChecks: Check[] = [preflightFailed, unhealthy]
