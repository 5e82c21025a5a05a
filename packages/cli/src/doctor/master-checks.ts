import { ProblemError } from '@bramble/client'
import type { Health } from '@bramble/contracts'
import { configPath } from '../context/config-file.ts'
import { version } from '../version.ts'
import { type Check, failed, ok, warning } from './check.ts'

// The way to the master, what the master says of itself, and what it cannot do without.

const mostSkewMs = 5000

const unreachable: Check = {
  id: 'master-unreachable',
  find: async ({ client, probe }) => {
    const answer = await probe().catch((error: Error) => error)
    if (!(answer instanceof Error)) return ok(client.url)
    return failed(answer.message, 'Start it: scripts/up, or docker compose up; or name another one with --url.')
  },
}

const tokenRefused: Check = {
  id: 'token-refused',
  find: async ({ client }) => {
    if (!client.token) return failed('no token for this master', 'bramble login --token-file FILE')
    const answer = await client.tokens.current().catch((error: unknown) => error)
    if (answer instanceof ProblemError && answer.problem.status === 401)
      return failed(answer.message, 'bramble login --token-file FILE')
    if (answer instanceof Error) throw answer
    const { name, roles } = answer as Awaited<ReturnType<typeof client.tokens.current>>
    return ok(`${name} (${roles.join(', ')})`)
  },
}

const configOpen: Check = {
  id: 'config-open',
  find: async ({ env, host }) => {
    const path = configPath(env)
    const mode = await host.mode(path)
    if (mode === undefined) return ok(`${path}: none yet`)
    return mode & 0o077 ? failed(`${path} can be read by others; it holds tokens`, `chmod 600 ${path}`) : ok(path)
  },
}

const seconds = (ms: number): string => `${Math.abs(Math.round(ms / 1000))} s ${ms < 0 ? 'behind' : 'ahead'}`

const clockSkew: Check = {
  id: 'clock-skew',
  find: async ({ client, probe, nodes }) => {
    const { aheadMs } = await probe()
    const own = Math.abs(aheadMs) > mostSkewMs ? [`the master is ${seconds(aheadMs)} of this host`] : []
    // Without a token the nodes cannot be asked about; the master's clock still can.
    const known = client.token ? await nodes().catch(() => []) : []
    const others = known
      .filter(({ liveness, clockAheadMs = 0 }) => liveness === 'ready' && Math.abs(clockAheadMs) > mostSkewMs)
      .map(({ id, clockAheadMs = 0 }) => `${id} is ${seconds(clockAheadMs)} of the master`)
    const skews = [...own, ...others]
    if (skews.length === 0) return ok(`within ${mostSkewMs / 1000} s`)
    return failed(skews.join('; '), 'Let NTP set the clocks: tokens and invitations expire by them.')
  },
}

const away = (id: string, name: keyof Health['checks'], advice: string): Check => ({
  id,
  find: async ({ probe }) => {
    const check = (await probe()).health.checks[name]
    if (!check) return ok('not one that is watched')
    return check.ok ? ok('works') : failed(check.detail ?? 'down', advice)
  },
})

const taskFailing: Check = {
  id: 'task-failing',
  find: async ({ client }) => {
    const { items } = await client.system.tasks()
    const failing = items.filter(({ lastError }) => lastError !== undefined)
    if (failing.length === 0) return ok(`${items.length} tasks`)
    const detail = failing.map(({ name, lastError }) => `${name}: ${lastError}`).join('; ')
    return warning(detail, 'What depends on it waits; the log of the master says more.')
  },
}

const deadFacts: Check = {
  id: 'dead-facts',
  find: async ({ client }) => {
    const { count, items } = await client.system.deadFacts({ query: { limit: 1 } })
    if (count === 0) return ok('none')
    return warning(`${count}, the newest from ${items[0]?.key}: ${items[0]?.reason}`, 'bramble system dead-facts')
  },
}

const internalError: Check = {
  id: 'internal-error',
  find: async ({ metrics, operations }) => {
    const answers = [...(await metrics()).matchAll(/^bramble_http_request_duration_seconds_count\{(.*)\} (\d+)/gm)]
    const routes = answers
      .filter(([, labels, count]) => labels!.includes('status="500"') && Number(count) > 0)
      .map(([, labels]) => /route="([^"]*)"/.exec(labels!)?.[1] ?? 'a route')
    const broken = (await operations()).filter(({ error }) => error?.code === 'internal').map(({ id }) => id)
    const found = [...new Set(routes), ...broken]
    if (found.length === 0) return ok('none since it was started')
    return failed(
      `500 internal: ${found.join(', ')}`,
      'It is a bug: report it with what bramble support-bundle collects.',
    )
  },
}

const versionMismatch: Check = {
  id: 'version-mismatch',
  find: async ({ client, services }) => {
    const master = (await client.system.version()).version
    const agents = (await services()).filter((it) => it.kind !== 'cluster-master' && it.product === 'Bramble')
    const others = [
      ...(version === master ? [] : [`this client is ${version}`]),
      ...agents.filter((it) => it.version && it.version !== master).map((it) => `${it.name} is ${it.version}`),
    ]
    if (others.length === 0) return ok(`${master} everywhere`)
    return warning(`the master is ${master}, ${others.join(', ')}`, 'See docs/howto/upgrade.md.')
  },
}

export const masterChecks: Check[] = [
  configOpen,
  unreachable,
  tokenRefused,
  clockSkew,
  away('store-down', 'store', 'Start the database; the master goes on by itself. Its log says more.'),
  away('lease-missing', 'lease', 'Wait 10 s; if it stays so, another master acts on this store: stop that one.'),
  away('bus-down', 'bus', 'Start the broker; the master goes on by itself. Its log says more.'),
  taskFailing,
  deadFacts,
  internalError,
  versionMismatch,
]
