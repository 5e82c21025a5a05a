// Certificates for tests, made by openssl: what checks them has no part in making them.
import { randomUUID } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { runProgram } from './run-program.ts'

export interface TestAuthority {
  /** Path of its certificate. */
  caFile: string
  /** PEM. */
  ca: string
  /** SHA-256, `AB:CD:...`, as openssl prints it. */
  fingerprint: string
  /** A server's key with its certificate, PEM. */
  issue(wanted: WantedCertificate): Promise<{ key: string; certificate: string }>
}

export interface WantedCertificate {
  /** Alternative names as openssl writes them: `DNS:broker.bramble.internal,IP:127.0.0.1`. */
  names: string
  /** From now; below 0 it has expired. */
  days?: number
}

const newKey = (path: string) => ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-noenc', '-keyout', path]

/** An authority of its own; its files are left in the folder. */
export async function makeAuthority(folder: string): Promise<TestAuthority> {
  const fresh = (...endings: string[]) => {
    const name = randomUUID()
    return endings.map((ending) => join(folder, `${name}.${ending}`))
  }
  const [caFile, caKey] = fresh('crt', 'key') as [string, string]
  await openssl('req', '-x509', ...newKey(caKey), '-subj', '/CN=Test cloudlet', '-days', '2', '-out', caFile)
  const shown = await openssl('x509', '-in', caFile, '-noout', '-fingerprint', '-sha256')
  return {
    caFile,
    ca: await readFile(caFile, 'utf8'),
    fingerprint: shown.split('=')[1]!.trim(),
    issue: async ({ names, days = 1 }) => {
      const [request, key, certificate] = fresh('csr', 'key', 'crt') as [string, string, string]
      const subject = ['-subj', '/CN=test', '-addext', `subjectAltName=${names}`]
      await openssl('req', '-new', ...newKey(key), ...subject, '-out', request)
      const signed = ['-CA', caFile, '-CAkey', caKey, '-days', `${days}`, '-copy_extensions', 'copy']
      await openssl('x509', '-req', '-in', request, ...signed, '-out', certificate)
      return { key: await readFile(key, 'utf8'), certificate: await readFile(certificate, 'utf8') }
    },
  }
}

async function openssl(...args: string[]): Promise<string> {
  const { exitCode, stdout, stderr } = await runProgram(['openssl', ...args])
  if (exitCode !== 0) throw new Error(`openssl ${args.join(' ')}: ${stderr}`)
  return stdout
}
