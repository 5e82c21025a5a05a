import { createServer, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { createClient } from '@bramble/client'
import { type Route, routes, toTimestamp } from '@bramble/contracts'
import type { Host, ProgramAnswer } from '../../../packages/cli/src/host/host.ts'
import { version } from '../../../packages/cli/src/version.ts'
import type { Surroundings } from '../../../packages/cli/src/doctor/look.ts'

// A host on which all is well, and an API on which all is well, each with what a test has wrong with it.

const said = (stdout: string): ProgramAnswer => ({ exitCode: 0, stdout, stderr: '' })

export interface Wrong {
  /** By the command and its words; undefined: there is no such program. */
  programs?: Record<string, ProgramAnswer | undefined>
  files?: Record<string, string>
  access?: Record<string, 'denied' | 'granted'>
  space?: { freeBytes: number; totalBytes: number }
  mode?: number
  now?: () => Date
}

const programs = {
  'qemu-system-x86_64': said('QEMU emulator version 10.0.2 (Debian 1:10.0.2)'),
  virsh: said('11.3.0'),
  passt: said('passt 0.0~git20250503'),
  'dpkg-query': said('0.0~git20250503.587980c-2'),
  ip: said('default via 192.0.2.1 dev eth0'),
  docker: undefined,
}

export const hostWith = (wrong: Wrong = {}): Host => {
  const files: Record<string, string> = { '/etc/os-release': 'ID=debian\nVERSION_ID="13"\n', ...wrong.files }
  const known: Record<string, ProgramAnswer | undefined> = { ...programs, ...wrong.programs }
  return {
    now: wrong.now ?? (() => new Date()),
    hostname: () => 'pi-01',
    run: async (command, args) => known[[command, ...args].join(' ')] ?? known[command],
    tail: async (path) => files[path],
    filesIn: async (folder) => Object.keys(files).filter((path) => path.startsWith(`${folder}/`)),
    access: async (path) => wrong.access?.[path] ?? 'absent',
    mode: async () => wrong.mode,
    space: async () => wrong.space ?? { freeBytes: 80e9, totalBytes: 100e9 },
  }
}

export const placesOfTest = { stateDir: '/state', project: 'bramble' }

export const aroundMaster = (url: string, token: string | undefined, wrong: Wrong = {}): Surroundings => ({
  client: createClient({ url, token }),
  env: { BRAMBLE_CONFIG: '/config.yaml' },
  host: hostWith(wrong),
  places: placesOfTest,
})

/** What the API answers, by the id of the route; each is checked against the contract. */
export type Answers = Partial<Record<string, unknown>>

const at = toTimestamp(new Date())
const well: Answers = {
  'tokens.current': { tokenId: 'tk-1', name: 'me', roles: ['admin'] },
  'system.version': { version, apiVersion: 'v1', nodeVersion: 'v24.0.0', shape: 'suite', startedAt: at },
  'system.services': { items: [] },
  'system.tasks': { items: [] },
  'system.deadFacts': { count: 0, items: [] },
  'nodes.list': { items: [] },
  'instances.list': { items: [] },
  'operations.list': { items: [] },
  'bases.list': { items: [] },
  'services.list': { items: [] },
  'invitations.list': { items: [] },
}
const wellHealth = { store: { ok: true }, lease: { ok: true }, bus: { ok: true } }

const allRoutes: Route[] = Object.values(routes).flatMap((noun) => Object.values(noun) as Route[])

/** An API for symptoms that no master can be brought to show on purpose; made of the contracts. */
export const apiWith = async (answers: Answers & { health?: object; metrics?: string }) => {
  const { health = {}, metrics = '', ...over } = answers
  const checks = { ...wellHealth, ...health }
  const isWell = Object.values(checks).every((it) => (it as { ok: boolean }).ok)
  const send = (response: ServerResponse, status: number, text: string) => void response.writeHead(status).end(text)
  const server = createServer((request, response) => {
    const path = request.url!.split('?')[0]!
    if (path === '/metrics') return send(response, 200, metrics)
    if (path === '/readyz')
      return send(response, isWell ? 200 : 503, JSON.stringify({ status: isWell ? 'ok' : 'degraded', checks }))
    const route = allRoutes.find((it) => it.path === path && it.method.toUpperCase() === request.method)
    const answer = route && { ...well, ...over }[route.id]
    if (!answer) return send(response, 404, '{}')
    send(response, 200, JSON.stringify(route.answer!.parse(answer)))
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  return { url, stop: () => new Promise<void>((resolve) => void server.close(() => resolve())) }
}
