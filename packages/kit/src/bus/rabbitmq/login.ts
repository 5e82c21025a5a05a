import { credentials } from 'amqplib'
import { describeError } from '../../errors/describe-error.ts'
import type { Logger } from '../../log/logger.ts'
import { isRefusal } from './broker-problem.ts'

export interface BrokerLogin {
  user: string
  password: string
}

export interface LoginOptions {
  /** The broker's address, with user and password. */
  url: URL
  logger: Logger
  /** Asked for others when the broker refused these; they are taken at the next attempt. */
  renewLogin?: (() => Promise<BrokerLogin>) | undefined
}

/** User and password as amqplib asks for them at each attempt to connect. */
export function createLogin({ url, logger, renewLogin }: LoginOptions) {
  let login: BrokerLogin = { user: decodeURIComponent(url.username), password: decodeURIComponent(url.password) }
  let renewing: Promise<void> | undefined
  let told: string | undefined

  const renew = async () => {
    try {
      login = (await renewLogin?.()) ?? login
      told = undefined
    } catch (error) {
      const text = `the broker refuses our password, and there is no other: ${describeError(error)}`
      if (text !== told) logger.warn({ err: error }, text)
      told = text
    }
  }
  return {
    mechanism: 'PLAIN',
    response: () => credentials.plain(login.user, login.password).response(),
    connectFailed: (error: Error) => {
      if (renewLogin && isRefusal(error)) renewing ??= renew().finally(() => (renewing = undefined))
    },
  }
}
