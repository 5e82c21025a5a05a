// A host of its own for scripts/up: in a namespace where folders of the test stand in the place of libvirt's, so that it
// finds no libvirtd, starts one, and touches nothing of the machine.
import { cp, mkdir } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { makeTempFolder, runProgram, startProcessNamespace } from '@bramble/testkit'
import type { ProgramResult } from '@bramble/testkit'

const root = join(import.meta.dirname, '../..')
const folders = { run: '/run/libvirt', lib: '/var/lib/libvirt', log: '/var/log/libvirt', cache: '/var/cache/libvirt' }

export interface PrivateHost extends AsyncDisposable {
  stateDir: string
  /** Runs one of scripts/ to its end. */
  script: (name: 'up' | 'down' | 'bramble', ...args: string[]) => Promise<ProgramResult>
  /** What runs there besides the namespace's own two processes. */
  processes: () => Promise<string[]>
}

const mounts = (path: string): string =>
  [
    ...Object.entries(folders).map(([name, at]) => `mkdir -p ${at}; mount --bind ${path}/${name} ${at}`),
    `mount --bind ${path}/etc /etc/libvirt`,
    // Where the machine has systemd, scripts/up would ask it to start libvirtd.
    '[ ! -d /run/systemd ] || mount -t tmpfs tmpfs /run/systemd',
    'touch /run/libvirt/mounted',
  ].join('\n')

export async function makePrivateHost(): Promise<PrivateHost> {
  const folder = await makeTempFolder()
  const inFolder = (name: string) => join(folder.path, name)
  for (const name of [...Object.keys(folders), 'home', 'state']) await mkdir(inFolder(name))
  await cp('/etc/libvirt', inFolder('etc'), { recursive: true })
  const namespace = await startProcessNamespace({ setup: mounts(folder.path), logPath: inFolder('init.log') })
  const env = {
    HOME: inFolder('home'),
    BRAMBLE_STATE: inFolder('state/b'),
    BRAMBLE_SKIP_PACKAGES: '1',
    // The programs that run this test are on the path; nothing may be installed or removed for it.
    BRAMBLE_TOOLCHAIN: inFolder('toolchain'),
    BRAMBLE_PORT: `${18_000 + (process.pid % 1000)}`,
    XDG_CONFIG_HOME: '',
    XDG_CACHE_HOME: '',
    BRAMBLE_CONFIG: inFolder('home/config.yaml'),
  }
  return {
    stateDir: env.BRAMBLE_STATE,
    script: (name, ...args) => runProgram(namespace.enter(join(root, 'scripts', name), ...args), { env }),
    processes: async () =>
      (await namespace.processes()).map(({ name }) => name).filter((name) => !['sh', 'cat'].includes(name)),
    [Symbol.asyncDispose]: async () => {
      await namespace.stop()
      await folder.remove()
    },
  }
}

/** The folder in which scripts/up looks for finished guests. */
export const guestCache = ({ stateDir }: PrivateHost): string => join(stateDir, 'guests/cache')

/** Puts a finished guest of this machine's own cache there: building one is tried elsewhere and takes minutes. */
export async function fillGuestCache(host: PrivateHost, cached: string[]): Promise<void> {
  await mkdir(guestCache(host), { recursive: true })
  await Promise.all(cached.map((path) => cp(path, join(guestCache(host), path.slice(dirname(path).length + 1)))))
}
