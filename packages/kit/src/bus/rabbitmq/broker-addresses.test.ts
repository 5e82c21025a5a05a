import { createBrokerAddresses, joinBrokerUrls } from './broker-addresses.ts'

it('brokers take turns', () => {
  const { target, current, turnToNext } = createBrokerAddresses('amqp://a:b@mq1:1/lab%2F1, amqp://a:b@[::1]/lab%2F1', 5)
  expect(target).toEqual({ protocol: 'amqp', hostname: 'mq1', port: 1, vhost: 'lab%2F1', heartbeat: 5 })
  turnToNext()
  expect(target).toEqual({ protocol: 'amqp', hostname: '::1', port: 0, vhost: 'lab%2F1', heartbeat: 5 })
  expect(current().host).toBe('[::1]')
  turnToNext()
  expect(target).toMatchObject({ hostname: 'mq1', port: 1 })
})

it('what is no address of a broker is refused', () => {
  expect(() => createBrokerAddresses('amqp://a:b@mq1,http://mq2', 5)).toThrow('amqp')
})

it('several brokers are joined with one user', () => {
  const urls = ['amqps://mq1:5671', 'amqps://mq2:5671/lab']
  expect(joinBrokerUrls({ urls, user: 'node.a', password: 'a,b/c' })).toBe(
    'amqps://node.a:a%2Cb%2Fc@mq1:5671,amqps://node.a:a%2Cb%2Fc@mq2:5671/lab',
  )
})
