import { brokerProblem, isForbidden, isRefusal } from './broker-problem.ts'

const closed = (code: number, text: string) =>
  Object.assign(new Error(`Channel closed by server: ${code} with message "${text}"`), { code })
const topic = closed(403, "ACCESS_REFUSED - write access to topic 'node.b' in exchange 'reports' in vhost '/' refused")
const exchange = closed(
  403,
  "ACCESS_REFUSED - write access to exchange 'desired' in vhost '/' refused for user 'node.a'",
)
const gone = closed(404, "NOT_FOUND - no exchange 'reports' in vhost '/'")

describe('isForbidden', () => {
  it.each([
    ['the key that was refused', { exchange: 'reports', key: 'node.b' }, topic, true],
    ['another key on its way with it', { exchange: 'reports', key: 'node.a' }, topic, false],
    ['the same key elsewhere', { exchange: 'facts', key: 'node.b' }, topic, false],
    ['any key of an exchange that was refused', { exchange: 'desired', key: 'node.a' }, exchange, true],
    ['an exchange that is gone', { exchange: 'reports', key: 'node.b' }, gone, false],
  ])('%s', (_what, target, error, expected) => expect(isForbidden(target, error)).toBe(expected))
})

it('knows a refused login, whose code amqplib gives in its text only', () => {
  expect(
    isRefusal(new Error('Handshake terminated by server: 403 (ACCESS-REFUSED) with message "Login was refused"')),
  ).toBe(true)
  expect(isRefusal(new Error('connect ECONNREFUSED'))).toBe(false)
})

it('says what was tried', () => {
  expect(brokerProblem('consume desired.node.a', gone)).toMatchObject({ code: 'unavailable', cause: gone })
  expect(brokerProblem('consume desired.node.a', gone).message).toMatch(/^Cannot consume desired.node.a: .*NOT_FOUND/)
})
