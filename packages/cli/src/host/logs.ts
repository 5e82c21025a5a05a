import { basename, join } from 'node:path'
import type { Host } from './host.ts'

/** Where this host keeps what it runs of a cloudlet. */
export interface Places {
  /** State folder of the embedded cloudlet, or of the agent that joined. */
  stateDir: string
  /** Name of the compose project. */
  project: string
}

export interface Log {
  /** `embedded.log`, or the name of a container with `.log`. */
  name: string
  text: string
}

interface HostPlaces {
  host: Host
  places: Places
}

const longestLineBytes = 200

export const placesOf = (env: NodeJS.ProcessEnv, over: Partial<Places> = {}): Places => ({
  stateDir: over.stateDir ?? env.BRAMBLE_STATE ?? '/var/lib/bramble',
  project: over.project ?? env.BRAMBLE_PROJECT ?? 'bramble',
})

/** Containers of the compose project, those that ended too, each as `docker ps` tells it in `format`. */
export const listContainers = async ({ host, places }: HostPlaces, format: string): Promise<string[]> => {
  const label = `label=com.docker.compose.project=${places.project}`
  const answer = await host.run('docker', ['ps', '--all', '--filter', label, '--format', format])
  return answer?.exitCode === 0 ? answer.stdout.split('\n').filter(Boolean) : []
}

/** Ends of the logs of all that runs on this host: by scripts/up, by scripts/join, and in containers. */
export const logsOfHost = async (given: HostPlaces, { lines }: { lines: number }): Promise<Log[]> => {
  const { host, places } = given
  const paths = (await host.filesIn(join(places.stateDir, 'run'))).filter((path) => path.endsWith('.log'))
  const files = paths.map(async (path): Promise<Log[]> => {
    const text = await host.tail(path, lines * longestLineBytes)
    return text === undefined ? [] : [{ name: basename(path), text }]
  })
  const containers = (await listContainers(given, '{{.Names}}')).map(async (name): Promise<Log[]> => {
    const answer = await host.run('docker', ['logs', '--tail', `${lines}`, name])
    return answer ? [{ name: `${name}.log`, text: answer.stdout + answer.stderr }] : []
  })
  return (await Promise.all([...files, ...containers])).flat()
}
