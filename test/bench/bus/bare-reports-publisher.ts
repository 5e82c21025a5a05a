import { readFileSync } from 'node:fs'
import { heartbeatMs } from '@bramble/contracts'
import { connect } from 'amqplib'
import { bareReports } from './bare-reports-names.ts'

const [, , url, file] = process.argv
const read = JSON.parse(readFileSync(file!, 'utf8')) as { key: string; text: string }[]
const reports = read.map(({ key, text }) => ({ key, bytes: Buffer.from(text) }))
const connection = await connect(url!)
const channel = await connection.createConfirmChannel()
const began = performance.now()
let sent = 0
// As nodes do: one by one, spread over the heartbeat.
setInterval(() => {
  const due = Math.floor(((performance.now() - began) * reports.length) / heartbeatMs)
  for (; sent < due; sent++) {
    const { key, bytes } = reports[sent % reports.length]!
    channel.publish(bareReports, key, bytes, { mandatory: true, persistent: false }, () => {})
  }
}, 10)
process.send!('ready')
