import { topology } from '@bramble/contracts'
import { connect } from 'amqplib'
import { bareReports } from './bare-reports-names.ts'

const connection = await connect(process.argv[2]!)
const channel = await connection.createChannel()
await channel.assertExchange(bareReports, 'topic', { durable: true })
await channel.assertQueue(bareReports, { durable: true, arguments: topology.queues.reports.arguments })
await channel.bindQueue(bareReports, bareReports, '#')
// As many as the master takes ahead.
await channel.prefetch(65)
await channel.consume(bareReports, (message) => channel.ack(message!))
process.send!('ready')
