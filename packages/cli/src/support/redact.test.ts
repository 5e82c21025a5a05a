import fc from 'fast-check'
import { mask, redact } from './redact.ts'

const body = 'qV1-x_T9mJ4k7w0ZyB3nC6pD8fG2hL5sR-aE_uI0oY1'
const own = `bramble_01j8z3k9q0v4m2n7p5r1_${body}`
const join = `join_01j8z3k9q0v4m2n7p5r1_${body}_0123456789abcdef0123456789abcdef`
const pem = '-----BEGIN EC PRIVATE KEY-----\nMHcCAQEEIBkg4LVWM9nuwNSk3yByxZpYRTBnVJk3\n-----END EC PRIVATE KEY-----'
const json = (value: unknown) => JSON.stringify(value)

describe('what looks like a secret is taken out', () => {
  it.each<[string, string, string]>([
    ['an API token', `as ${own}.`, own],
    ['half of one', own.slice(0, 50), own.slice(30, 50)],
    ['a join token', `scripts/join http://10.0.0.1 ${join}`, body],
    ['a bearer token of somebody else', 'authorization: Bearer abc.def-123', 'abc.def-123'],
    ['basic credentials', '"Authorization":"Basic dXNlcjpwYXNz"', 'dXNlcjpwYXNz'],
    ['a password in a URL', 'amqp://bramble:hunter2hunter@rabbitmq:5672', 'hunter2hunter'],
    ['a password with @ and / in a URL', 'mongodb://bramble:a/b@c:d@mongo:27017/bramble', 'b@c:d'],
    ['a URL in JSON', json({ uri: 'mongodb://u:pa55word@h/db' }), 'pa55word'],
    ['a key', `key:\n${pem}\n`, 'MHcCAQEEIBkg4LVWM9nuwNSk3yByxZpYRTBnVJk3'],
    ['a key in JSON', json({ msg: 'made', pem }), 'MHcCAQEEIBkg4LVWM9nuwNSk3yByxZpYRTBnVJk3'],
    ['a key that is cut off', pem.slice(0, 60), pem.slice(35, 60)],
    ['an environment', 'BRAMBLE__BUS__MANAGEMENT__PASSWORD=hunter2\nB=1', 'hunter2'],
    ['a token in an environment', 'BRAMBLE_TOKEN=hunter2', 'hunter2'],
    ['a setting of RabbitMQ', 'default_pass = hunter2', 'hunter2'],
    ['YAML', 'bus:\n  password: "hun ter2"\n', 'hun ter2'],
    ['YAML in single quotes', "password: 'hun ter2'", 'hun ter2'],
    ['JSON', json({ secret: 'a "quoted" hunter2', next: 1 }), 'hunter2'],
    ['JSON in JSON', json({ text: json({ password: 'hunter2', next: 1 }) }), 'hunter2'],
    ['JSON in JSON in JSON', json({ a: json({ b: json({ password: 'hunter2' }) }) }), 'hunter2'],
    ['a quote in JSON in JSON', json({ text: json({ password: 'a"hunter2', next: 1 }) }), 'hunter2'],
    ['JSON that is cut off', json({ text: json({ password: 'a"hunter2' }) }).slice(0, -3), 'hunter2'],
    ['a query', 'GET /v1/x?token=hunter2&limit=1', 'hunter2'],
    ['camel case', json({ firstAdminToken: 'hunter2', privateKey: 'hunter2' }), 'hunter2'],
  ])('%s', (_what, text, secret) => {
    expect(text).toContain(secret)
    expect(redact(text)).not.toContain(secret)
    expect(redact(text)).toContain(mask)
  })
})

describe('what is no secret stays', () => {
  it.each([
    json({ tokenId: 'tk-01j8z3k9q0v4m2n7p5r1', requestedBy: 'tk-01j8z3k9q0v4m2n7p5r1', revision: 3 }),
    'bramble_http_request_duration_seconds_bucket{le="0.1",route="tokens.create",method="POST"} 1',
    'BRAMBLE_URL=http://127.0.0.1:8080\nBRAMBLE_OUTPUT=json',
    json({ secret: null, password: false, items: [1, 2] }),
    'The token expired at 2026-01-01T00:00:00.000Z.',
    '-----BEGIN CERTIFICATE-----\nMHcCAQEE\n-----END CERTIFICATE-----',
    'bramble-01j8 joined as bramble_nodes',
  ])('%s', (text) => expect(redact(text)).toBe(text))
})

it('leaves JSON that can be read', () => {
  const value = { token: own, nested: { password: 'a"b\\', url: 'amqp://u:p@h/' }, text: json({ secret: 's"x' }), n: 1 }
  expect(JSON.parse(redact(json(value)))).toMatchObject({ n: 1, nested: { password: mask } })
})

it('takes known values out, however they are written', () => {
  const known = 'p/w "x" ü'
  for (const text of [known, `in ${encodeURIComponent(known)}`, json({ detail: known })])
    expect(redact(text, [known])).toMatch(/^[^üx]*\*{8}/)
  expect(redact('abc', ['b'])).toBe('abc')
})

it('never lets a token through, wherever it stands', () => {
  const around = fc.string({ unit: fc.constantFrom(' ', '"', '\\', '=', ':', '/', '@', '\n', 'a', '{', '}', ',') })
  fc.assert(
    fc.property(around, around, (before, after) => {
      for (const secret of [own, join]) expect(redact(`${before} ${secret}${after}`)).not.toContain(body)
    }),
  )
})

it('is quick on long lines that nearly are something', () => {
  const startedMs = performance.now()
  for (const part of ['a', 'token', 'token=', '\\"', 'http://', 'token:"\\', '-----BEGIN PRIVATE KEY-----'])
    redact(part.repeat(20_000))
  expect(performance.now() - startedMs).toBeLessThan(5000)
})
