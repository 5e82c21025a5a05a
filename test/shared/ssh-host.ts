// A host that is reached by ssh: Debian's own sshd on a port of loopback, with keys and a configuration of its own, in a
// namespace where it has a home, a name and a state folder for itself.
import { chmod, copyFile, mkdir, readFile, writeFile } from 'node:fs/promises'
import { connect } from 'node:net'
import { dirname, join } from 'node:path'
import { eventually } from '@bramble/kit'
import { makeTempFolder, runProgram, startProcessNamespace } from '@bramble/testkit'

export interface SshHost extends AsyncDisposable {
  destination: string
  /** Its line of a known_hosts file. */
  knownAs: string
  stateDir: string
  home: string
}

export interface SshHostOptions {
  name: string
  port: number
  /** Who may log in as root: a public key file. */
  authorizedKeys: string
  /** What stands at ~/bramble there. */
  checkout?: string
  env?: Record<string, string>
}

export async function makeKeyPair(path: string): Promise<void> {
  const { exitCode, stderr } = await runProgram(['ssh-keygen', '-q', '-t', 'ed25519', '-N', '', '-f', path])
  if (exitCode !== 0) throw new Error(stderr)
}

const configOf = (path: string, { port, env = {} }: SshHostOptions): string => `
Port ${port}
ListenAddress 127.0.0.1
HostKey ${path}/host-key
AuthorizedKeysFile ${path}/authorized-keys
PidFile none
UsePAM no
StrictModes no
PasswordAuthentication no
PermitRootLogin prohibit-password
SetEnv ${Object.entries(env)
  .map(([name, value]) => `${name}=${value}`)
  .join(' ')}
`

// Its own /run, so that sshd finds its folder and scripts no systemd; an account that is not locked.
const mounts = (path: string, checkout?: string): string => `
mount --bind ${path}/home /root
mount -t tmpfs tmpfs /run
mkdir /run/sshd
sed 's/^root:[^:]*:/root:*:/' /etc/shadow >${path}/shadow
mount --bind ${path}/shadow /etc/shadow
${checkout ? `mkdir /root/bramble && mount --bind ${checkout} /root/bramble` : ''}
touch ${path}/mounted
`

export async function startSshHost(options: SshHostOptions): Promise<SshHost> {
  const { name, port, authorizedKeys, checkout } = options
  const folder = await makeTempFolder()
  const inFolder = (file: string) => join(folder.path, file)
  for (const made of ['home', 'state']) await mkdir(inFolder(made))
  await makeKeyPair(inFolder('host-key'))
  await copyFile(authorizedKeys, inFolder('authorized-keys'))
  const path = `${dirname(process.execPath)}:/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin`
  const env = { PATH: path, BRAMBLE_STATE: inFolder('state'), BRAMBLE_LISTENER_PORT: '0', ...options.env }
  await writeFile(inFolder('sshd_config'), configOf(folder.path, { ...options, env }))
  await chmod(inFolder('sshd_config'), 0o600)
  const setup = mounts(folder.path, checkout)
  const namespace = await startProcessNamespace({ setup, logPath: inFolder('log') })
  await eventually(() => readFile(inFolder('mounted')), 20_000)
  const sshd = `hostname ${name} && exec /usr/sbin/sshd -D -f ${inFolder('sshd_config')} -E ${inFolder('sshd.log')}`
  await namespace.start('unshare', '-u', 'sh', '-c', sshd)
  await eventually(() => canConnect(port), 20_000)
  return {
    destination: `ssh://root@127.0.0.1:${port}`,
    knownAs: `[127.0.0.1]:${port} ${await readFile(inFolder('host-key.pub'), 'utf8')}`,
    stateDir: inFolder('state'),
    home: inFolder('home'),
    [Symbol.asyncDispose]: async () => {
      await namespace.stop()
      await folder.remove()
    },
  }
}

const canConnect = (port: number): Promise<void> =>
  new Promise((resolve, reject) => {
    const socket = connect(port, '127.0.0.1', () => resolve(void socket.destroy()))
    socket.on('error', reject)
  })
