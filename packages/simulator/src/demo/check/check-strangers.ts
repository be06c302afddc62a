import { once } from 'node:events'
import { readFile } from 'node:fs/promises'
import { type TLSSocket, connect } from 'node:tls'
import type { Demo } from '../demo.ts'
import type { OperatorApi } from '../operator-api.ts'
import { type KeptPromise, type Promises, keptIf, look } from './promise.ts'

/** What somebody without any key can make the server do to others. docs/availability.md */
export async function checkStrangers(demo: Demo, promises: Promises): Promise<void> {
  const api = await demo.signIn()
  await look(promises, 'a pipelining stranger delays nobody', () => pipeline(demo, api))
}

const CONNECTIONS = 8
const REQUESTS = 5_000
/** Of one connection: one in work and fifteen that wait. */
const MOST_ANSWERS = 16
const HONEST = 20

/** By counts: a loaded machine is slow, but it does not answer a stranger more. */
async function pipeline({ settings, paths }: Demo, api: OperatorApi): Promise<KeptPromise> {
  const ca = await readFile(paths.managementRoot, 'utf8')
  const strangers = await Promise.all(
    Array.from({ length: CONNECTIONS }, () => attack(settings.port, ca)),
  )
  const answered: number[] = []
  for (let at = 0; at < HONEST; at++)
    answered.push((await api.call('GET', '/api/v1/devices')).status)
  const answers = await Promise.all(strangers.map(({ answers: counted }) => counted))
  const good = answered.filter((status) => status === 200).length
  const most = Math.max(...answers)
  return keptIf(
    good === HONEST && most <= MOST_ANSWERS,
    `${good} of ${HONEST} honest requests answered; up to ${most} answers to one stranger`,
    `${CONNECTIONS * REQUESTS} requests at once: ${answers.reduce((sum, each) => sum + each, 0)} answered`,
  )
}

/** Everything is sent; nothing is waited for. */
async function attack(port: number, ca: string): Promise<{ answers: Promise<number> }> {
  const socket = connect({ host: '127.0.0.1', port, servername: 'localhost', ca })
  await once(socket, 'secureConnect')
  const answers = countAnswers(socket)
  socket.write('GET / HTTP/1.1\r\nHost: localhost\r\n\r\n'.repeat(REQUESTS))
  return { answers }
}

/** Until the server closes the connection. */
function countAnswers(socket: TLSSocket): Promise<number> {
  return new Promise((resolve) => {
    let text = ''
    socket.setEncoding('latin1').on('data', (chunk: string) => (text += chunk))
    socket.on('error', () => socket.destroy())
    socket.once('close', () => resolve(text.split('HTTP/1.1 200').length - 1))
  })
}
