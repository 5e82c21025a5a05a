import { amqpSchemes, isLoopback, isPlainBeyondLoopback, wholeUrl } from './loopback.ts'

it.each([
  ['127.0.0.1', true],
  ['127.1.2.3', true],
  ['localhost', true],
  ['::1', true],
  ['[::1]', true],
  ['0.0.0.0', false],
  ['::', false],
  ['10.0.0.1', false],
  ['127.0.0.1.example.org', false],
  ['localhost.example.org', false],
])('%s: is it reached from this host alone? %s', (host, expected) => {
  expect(isLoopback(host)).toBe(expected)
})

it.each([
  ['//127.0.0.1:8080', 'http://127.0.0.1:8080', 'amqp://127.0.0.1:8080'],
  ['//[::1]:8080', 'http://[::1]:8080', 'amqp://[::1]:8080'],
  ['//10.0.0.1:8080', 'https://10.0.0.1:8080', 'amqps://10.0.0.1:8080'],
  ['//cloudlet.example.org', 'https://cloudlet.example.org', 'amqps://cloudlet.example.org'],
  ['http://10.0.0.1:8080', 'http://10.0.0.1:8080', 'http://10.0.0.1:8080'],
])('the whole of %s is %s, or %s', (url, http, amqp) => {
  expect([wholeUrl(url), wholeUrl(url, amqpSchemes)]).toEqual([http, amqp])
})

it.each([
  ['http://10.0.0.1', true],
  ['https://10.0.0.1', false],
  ['http://127.0.0.1', false],
])('is %s plain text beyond this host? %s', (url, expected) => {
  expect(isPlainBeyondLoopback(url)).toBe(expected)
})
