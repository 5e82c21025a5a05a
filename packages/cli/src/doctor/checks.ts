import { execFile } from 'node:child_process'
import { existsSync, statSync } from 'node:fs'
import { promisify } from 'node:util'
import { configPath } from '../context/config-file.ts'
import type { Session } from '../context/session.ts'

const execute = promisify(execFile)

export interface Finding {
  result: 'ok' | 'warning' | 'failed'
  detail: string
  advice?: string
}

/** One thing that commonly goes wrong, and what to do about it. */
export interface Check {
  name: string
  run: (session: Session) => Promise<Finding>
}

const ok = (detail: string): Finding => ({ result: 'ok', detail })
const warning = (detail: string, advice: string): Finding => ({ result: 'warning', detail, advice })
const failed = (detail: string, advice: string): Finding => ({ result: 'failed', detail, advice })

const toolCheck = (name: string, args: string[], least: number, advice: string): Check => ({
  name,
  run: async () => {
    const answer = await execute(name, args, { timeout: 10_000 }).catch(() => undefined)
    if (!answer) return warning(`${name} is not on this host`, advice)
    const found = /(\d+)\.\d+(\.\d+)?/.exec(answer.stdout + answer.stderr)
    if (found && Number(found[1]) < least) return failed(`version ${found[0]}; ${least} or newer is needed`, advice)
    return ok(found ? `version ${found[0]}` : 'installed')
  },
})

const master: Check = {
  name: 'master',
  run: async ({ client }) => {
    const answer = await client.system.version().catch((error: Error) => error)
    if (answer instanceof Error) return failed(answer.message, 'Start it: scripts/up; or name another one with --url.')
    return ok(`version ${answer.version} at ${client.url}`)
  },
}

const token: Check = {
  name: 'token',
  run: async ({ client }) => {
    if (!client.token) return failed('no token for this master', 'bramble login --token-file FILE')
    const answer = await client.tokens.current().catch((error: Error) => error)
    if (answer instanceof Error) return failed(answer.message, 'bramble login --token-file FILE')
    return ok(`${answer.name} (${answer.roles.join(', ')})`)
  },
}

const configMode: Check = {
  name: 'config file',
  run: async ({ env }) => {
    const path = configPath(env)
    if (!existsSync(path)) return ok(`${path}: none yet`)
    const open = statSync(path).mode & 0o077
    return open ? failed(`${path} can be read by others; it holds tokens`, `chmod 600 ${path}`) : ok(path)
  },
}

const health: Check = {
  name: 'health',
  run: async ({ client }) => {
    const answer = await client.system.health().catch((error: Error) => error)
    if (answer instanceof Error) return failed(answer.message, 'See the checks of master and token.')
    const down = Object.entries(answer.checks).filter(([, check]) => !check.ok)
    if (down.length === 0) return ok(Object.keys(answer.checks).join(', '))
    return failed(
      down.map(([name, check]) => `${name}: ${check.detail ?? 'down'}`).join('; '),
      'See the log of the master.',
    )
  },
}

const nodes: Check = {
  name: 'nodes',
  run: async ({ client }) => {
    const page = await client.nodes.list({ query: { limit: 1000 } }).catch((error: Error) => error)
    if (page instanceof Error) return failed(page.message, 'See the checks of master and token.')
    const unwell = page.items.filter((it) => it.liveness !== 'ready')
    if (page.items.length === 0)
      return failed('there is no node', 'Start an agent; the embedded cloudlet has one of its own.')
    if (unwell.length === 0) return ok(`${page.items.length} ready`)
    return failed(unwell.map((it) => `${it.id} is ${it.liveness}`).join(', '), 'See the log of its agent.')
  },
}

const accelerator: Check = {
  name: 'accelerator',
  run: async ({ client }) => {
    const page = await client.nodes.list({ query: { limit: 1000 } }).catch((error: Error) => error)
    if (page instanceof Error) return failed(page.message, 'See the checks of master and token.')
    const real = page.items.filter((it) => it.host?.driver === 'libvirt')
    const slow = real.filter((it) => it.host?.accelerator === 'tcg')
    if (real.length === 0) return ok('not needed: no node runs real VMs')
    if (slow.length === 0) return ok(`KVM on ${real.map((it) => it.id).join(', ')}`)
    const names = slow.map((it) => it.id).join(', ')
    return warning(
      `without KVM: ${names}`,
      'Guests run in software: slow, and no security boundary. Enable virtualisation in the BIOS.',
    )
  },
}

const distribution = 'Debian: scripts/up installs it (bookworm: from backports).'

export const checks: Check[] = [
  configMode,
  master,
  token,
  health,
  nodes,
  accelerator,
  toolCheck('qemu-system-x86_64', ['--version'], 10, distribution),
  toolCheck('virsh', ['--version'], 11, distribution),
  toolCheck('passt', ['--version'], 0, distribution),
]
