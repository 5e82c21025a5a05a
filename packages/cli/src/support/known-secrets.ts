import { join } from 'node:path'
import { configPath, readConfig } from '../context/config-file.ts'
import type { Source } from './section.ts'

const isSecretName = (name: string): boolean => /(TOKEN|SECRET|PASSWORD|PASS|KEY|URI|URL)$/.test(name)

/** `amqp://user:password@host` is known for its password: the address alone may be told. */
const passwordIn = (value: string): string[] => {
  if (!URL.canParse(value)) return [value]
  const { password } = new URL(value)
  return password ? [password, decodeURIComponent(password)] : []
}

/** Secrets that the CLI was given or could find: they must not be in a bundle, wherever else they stand. */
export const knownSecrets = async ({ session, host, places }: Source): Promise<string[]> => {
  const { client, env } = session
  const contexts = Object.values(readConfig(configPath(env)).contexts)
  const given = Object.entries(env).filter(([name]) => name.startsWith('BRAMBLE') && isSecretName(name))
  const left = await host.tail(join(places.stateDir, 'first-admin-token'), 1000)
  return [
    client.token,
    ...contexts.map(({ token }) => token),
    ...given.flatMap(([, value]) => passwordIn(value ?? '')),
    left?.trim(),
  ].filter((it): it is string => Boolean(it))
}
