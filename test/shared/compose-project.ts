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
  /** What a service's container takes of the host's memory, as `docker stats` reckons: without files that are cached. */
  memoryBytes(service: string): Promise<number>
  /** Containers and volumes; nothing is left. */
  remove(): Promise<void>
}

export interface Inspected {
  Image: string
  HostConfig: { Privileged: boolean; CapDrop: string[] | null; Memory: number; RestartPolicy: { Name: string } }
  Config: { Env: string[]; Image: string; Healthcheck?: object; User: string }
  RestartCount: number
  State: { Status: string; ExitCode: number; OOMKilled: boolean; Pid: number; Health?: { Status: string } }
}

export interface ProjectOptions {
  label: string
  /** Compose files of its checkout. */
  files: string[]
  settings: Record<string, string>
  /** This one, unless it has one of its own. */
  checkout?: string
}

export function createProject({ label, files, settings, checkout = root }: ProjectOptions): Project {
  const name = `bramble-${label}-${randomBytes(4).toString('hex')}`
  const env = { ...settings, BRAMBLE_PROJECT: name }
  const named = files.flatMap((file) => ['--file', join(checkout, file)])
  const compose = (...args: string[]) => run(['docker', 'compose', ...named, ...args], env)
  const containerOf = async (service: string) => (await compose('ps', '--all', '--quiet', service)).trim()
  return {
    name,
    compose,
    shell: (command) => run(['sh', '-ec', `cd "$0" && ${command}`, checkout], env),
    inspect: async (service) => (JSON.parse(await docker('inspect', await containerOf(service))) as [Inspected])[0],
    memoryBytes: async (service) =>
      bytesOf(await docker('stats', '--no-stream', '--format', '{{.MemUsage}}', await containerOf(service))),
    remove: async () => {
      await compose('--profile', '*', 'down', '--volumes', '--remove-orphans', '--timeout', '5')
    },
  }
}

/** Of what Docker prints: `88.49MiB / 384MiB`. */
function bytesOf(usage: string): number {
  const [, amount, unit] = /^([\d.]+)([KMG]?)i?B/.exec(usage) ?? []
  if (amount === undefined) throw new Error(`docker stats printed no memory: ${usage}`)
  return Number(amount) * 1024 ** ['', 'K', 'M', 'G'].indexOf(unit!)
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

/** The suite's own of this version: their tags, and what no other tag has. */
export async function removeImages(version: string): Promise<void> {
  const named = ['--filter', `reference=bramble/*:${version}`, '--format', '{{.Repository}}:{{.Tag}}']
  const tags = (await docker('image', 'ls', ...named)).split('\n').filter(Boolean)
  if (tags.length > 0) await docker('image', 'rm', ...tags)
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
