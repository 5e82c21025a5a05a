// Avahi as Debian has it, on a host of its own: the daemon and the D-Bus that it wants, with a /run that is theirs alone.
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { makeTempFolder, pollUntil, runProgram, startProcessNamespace } from '@bramble/testkit'
import type { LanHost } from './lan.ts'

export interface Avahi extends AsyncDisposable {
  /** What `avahi-browse` shows of a type. */
  browse(type: string): Promise<AvahiService[]>
  /** The same without asking for hosts and addresses, which it would wait for in vain where one was killed. */
  names(type: string): Promise<string[]>
  /** As `avahi-publish` does; what is returned ends it. */
  publish(...args: string[]): Promise<() => Promise<void>>
  /** Runs a program of avahi-utils. */
  run(...command: string[]): Promise<string>
  enter(...command: string[]): [string, ...string[]]
}

export interface AvahiService {
  name: string
  host: string
  address: string
  port: number
  txt: string[]
}

const busConf = `<!DOCTYPE busconfig PUBLIC "-//freedesktop//DTD D-Bus Bus Configuration 1.0//EN"
 "http://www.freedesktop.org/standards/dbus/1.0/busconfig.dtd">
<busconfig>
  <type>system</type>
  <listen>unix:path=/run/dbus/system_bus_socket</listen>
  <auth>EXTERNAL</auth>
  <policy context="default">
    <allow user="*"/><allow own="*"/><allow send_destination="*"/><allow receive_sender="*"/>
  </policy>
</busconfig>
`
const avahiConf = `[server]
use-ipv4=yes
use-ipv6=no
enable-dbus=yes
[publish]
publish-hinfo=no
publish-workstation=no
`

/** Needs root. Ready when its daemon answers. */
export async function startAvahi(host: LanHost): Promise<Avahi> {
  const folder = await makeTempFolder('av-')
  const path = (name: string) => join(folder.path, name)
  await writeFile(path('bus.conf'), busConf)
  await writeFile(path('avahi.conf'), avahiConf)
  const setup = 'mount -t tmpfs tmpfs /run && mkdir -p /run/dbus /run/avahi-daemon'
  const namespace = await startProcessNamespace({ setup, logPath: path('log'), netns: host.name })
  const run = async (...command: string[]) => {
    const { exitCode, stdout, stderr } = await runProgram(namespace.enter(...command))
    if (exitCode !== 0) throw new Error(`${command.join(' ')}: ${stderr}`)
    return stdout
  }
  const answers = (...command: string[]) => run(...command).then(Boolean, () => false)
  await pollUntil(() => answers('sh', '-c', 'test -d /run/avahi-daemon && echo yes'), 'a /run of its own')
  await namespace.start('dbus-daemon', '--nofork', '--nopidfile', `--config-file=${path('bus.conf')}`)
  await pollUntil(() => answers('sh', '-c', 'test -S /run/dbus/system_bus_socket && echo yes'), 'D-Bus')
  const daemon = ['avahi-daemon', '--no-drop-root', '--no-chroot', '--no-rlimits', '-f', path('avahi.conf')]
  await namespace.start(...daemon)
  await pollUntil(() => answers('avahi-resolve', '--version'), 'avahi')
  await pollUntil(() => answers('avahi-browse', '--all', '--terminate', '--cache', '--verbose'), 'avahi-daemon')
  return {
    run,
    enter: namespace.enter,
    browse: async (type) => parseServices(await run('avahi-browse', '-p', '-r', '-t', type)),
    names: async (type) => {
      const lines = (await run('avahi-browse', '-p', '-t', type)).split('\n')
      return lines.flatMap((line) => (line.startsWith('+') ? line.split(';')[3]! : [])).toSorted()
    },
    publish: async (...args) => {
      const script = ['sh', '-c', 'echo "pid $$" && exec avahi-publish "$@"', 'sh', ...args]
      const [command, ...rest] = namespace.enter(...script)
      const child = spawn(command, rest, { stdio: ['ignore', 'pipe', 'pipe'] })
      let said = ''
      for (const stream of [child.stdout, child.stderr]) stream.on('data', (text: Buffer) => (said += text))
      await pollUntil(() => said.includes('Established'), `avahi-publish ${args.join(' ')}`)
      const ended = once(child, 'exit')
      return async () => {
        // A signal to nsenter would not reach it.
        await run('kill', /^pid (\d+)$/m.exec(said)![1]!)
        await ended
      }
    },
    [Symbol.asyncDispose]: async () => {
      await namespace.stop()
      await folder.remove()
    },
  }
}

/** `=;eth0;IPv4;name;type;domain;host;address;port;"text" "text"` */
const parseServices = (text: string): AvahiService[] =>
  text
    .split('\n')
    .filter((line) => line.startsWith('='))
    .map((line) => {
      const [, , , name = '', , , host = '', address = '', port = '', txt = ''] = line.split(';')
      const texts = Array.from(txt.matchAll(/"([^"]*)"/g), ([, it]) => it!)
      return { name, host, address, port: Number(port), txt: texts.toSorted() }
    })
