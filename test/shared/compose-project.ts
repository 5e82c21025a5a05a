// A compose project of the test's own: its name, ports and volumes are nobody else's.
import { randomBytes } from 'node:crypto'
import { createServer } from 'node:net'
import type { AddressInfo } from 'node:net'
import { once } from 'node:events'
import { join } from 'node:path'
import { runProgram } from '@bramble/testkit'

const root = join(import.meta.dirname, '../..')

export interface Project {
  name: string
  /** Runs `docker compose` on it. @throws with what it said when it fails */
  compose(...args: string[]): Promise<string>
  /** Runs a command as somebody in the checkout would type it. */
  shell(command: string): Promise<string>
  /** What `docker inspect` tells of a service's container. */
  inspect(service: string): Promise<Inspected>
  /** Containers and volumes; nothing is left. */
  remove(): Promise<void>
}

export interface Inspected {
  Image: string
  HostConfig: { Privileged: boolean; CapDrop: string[] | null; Memory: number; RestartPolicy: { Name: string } }
  Config: { Env: string[]; Healthcheck?: object; User: string }
  State: { Status: string; ExitCode: number; Pid: number; Health?: { Status: string } }
}

export function createProject(label: string, file: string, settings: Record<string, string>): Project {
  const name = `bramble-${label}-${randomBytes(4).toString('hex')}`
  const env = { ...settings, BRAMBLE_PROJECT: name }
  const compose = (...args: string[]) => run(['docker', 'compose', '--file', join(root, file), ...args], env)
  return {
    name,
    compose,
    shell: (command) => run(['sh', '-ec', `cd "$0" && ${command}`, root], env),
    inspect: async (service) => {
      const id = await compose('ps', '--all', '--quiet', service)
      return (JSON.parse(await docker('inspect', id.trim())) as [Inspected])[0]
    },
    remove: async () => {
      await compose('--profile', '*', 'down', '--volumes', '--remove-orphans', '--timeout', '5')
    },
  }
}

export const docker = (...args: string[]): Promise<string> => run(['docker', ...args])

async function run(command: [string, ...string[]], env: Record<string, string> = {}): Promise<string> {
  const { exitCode, stdout, stderr } = await runProgram(command, { env })
  if (exitCode !== 0) throw new Error(`${command.join(' ')}: exit ${exitCode}\n${stderr.slice(-3000)}`)
  return stdout
}

/** Volumes and containers whose project has this name. */
export async function leftOf({ name }: Pick<Project, 'name'>): Promise<string[]> {
  const filter = ['--filter', `label=com.docker.compose.project=${name}`, '--quiet']
  const found = await Promise.all([docker('ps', '--all', ...filter), docker('volume', 'ls', ...filter)])
  return found.join('').split('\n').filter(Boolean)
}

export async function freePorts(count: number): Promise<string[]> {
  const servers = Array.from({ length: count }, () => createServer().listen(0, '127.0.0.1'))
  await Promise.all(servers.map((server) => once(server, 'listening')))
  const ports = servers.map((server) => String((server.address() as AddressInfo).port))
  await Promise.all(servers.map((server) => once(server.close(), 'close')))
  return ports
}

/** Settings of a worker's agent: [listener, probes] and 500 host ports of instances. */
export const agentPorts = ([listener, probes]: string[], from: number): Record<string, string> => ({
  BRAMBLE_LISTENER_PORT: listener!,
  BRAMBLE_PROBES_PORT: probes!,
  BRAMBLE_PORTS_FROM: String(from),
  BRAMBLE_PORTS_TO: String(from + 499),
})

/** That of Docker's own bridge: containers and this machine reach it, nobody else does. */
export async function addressBesideLoopback(): Promise<string> {
  const found = /inet ([\d.]+)\//.exec(await run(['ip', '-4', '-oneline', 'address', 'show', 'docker0']))
  if (!found) throw new Error('docker0 has no address')
  return found[1]!
}
