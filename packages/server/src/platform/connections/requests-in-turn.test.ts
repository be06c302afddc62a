import { once } from 'node:events'
import { type RequestListener, type Server, type ServerResponse, createServer } from 'node:http'
import { type AddressInfo, type Socket, connect } from 'node:net'
import { afterEach, describe, expect, it } from 'vitest'
import { MOST_WAITING, inTurn } from './requests-in-turn.ts'

/** On a machine that does much else. */
const IN_TIME = { timeout: 20_000 }

let server: Server
afterEach(() => {
  server.closeAllConnections()
  server.close()
})

async function open(listener: RequestListener): Promise<Socket> {
  server = createServer(inTurn(listener)).listen(0, '127.0.0.1')
  await once(server, 'listening')
  const socket = connect((server.address() as AddressInfo).port, '127.0.0.1')
  socket.on('error', () => undefined)
  return socket
}

const countConnections = (): Promise<number> =>
  new Promise((resolve) => server.getConnections((_error, count) => resolve(count)))

const questions = (count: number): string =>
  Array.from({ length: count }, (_, at) => `GET /${at} HTTP/1.1\r\nHost: here\r\n\r\n`).join('')

describe('requests of one connection', () => {
  it('are worked on one after the other, and answered in the order they came', async () => {
    let inWork = 0
    let mostInWork = 0
    const socket = await open((request, response) => {
      mostInWork = Math.max(mostInWork, ++inWork)
      // The first ones take longest: only the order of their coming can keep them in front.
      const takes = 20 - Number(request.url?.slice(1))
      setTimeout(() => {
        inWork--
        response.end(`<${request.url}>`)
      }, takes)
    })
    socket.write(questions(MOST_WAITING + 1))
    let text = ''
    socket.setEncoding('utf8').on('data', (chunk: string) => (text += chunk))
    await expect.poll(() => text, IN_TIME).toContain(`</${MOST_WAITING}>`)
    const answered = [...text.matchAll(/<\/(\d+)>/g)].map(([, at]) => Number(at))
    expect(answered).toEqual(Array.from({ length: MOST_WAITING + 1 }, (_, at) => at))
    expect(mostInWork).toBe(1)
  })

  it('end with their connection when more of them wait than a client can mean, and none of those begins', async () => {
    const begun: string[] = []
    const held: ServerResponse[] = []
    const socket = await open((request, response) => {
      begun.push(request.url ?? '')
      held.push(response)
    })
    socket.write(questions(2_000))
    await expect.poll(() => socket.closed, IN_TIME).toBe(true)
    await expect.poll(() => held[0]?.destroyed, IN_TIME).toBe(true)
    expect(begun).toEqual(['/0'])
  })

  it('do not keep those of another connection waiting', async () => {
    const socket = await open((request, response) => {
      if (request.url === '/0') return
      response.end('well')
    })
    socket.write(questions(MOST_WAITING))
    const port = (server.address() as AddressInfo).port
    const reply = await fetch(`http://127.0.0.1:${port}/other`)
    expect(await reply.text()).toBe('well')
    socket.destroy()
  })

  it('that follow one whose reader went away are dropped with it', async () => {
    const begun: string[] = []
    const socket = await open((request) => void begun.push(request.url ?? ''))
    socket.write(questions(5))
    await expect.poll(() => begun.length, IN_TIME).toBe(1)
    socket.destroy()
    await expect.poll(countConnections, IN_TIME).toBe(0)
    expect(begun).toEqual(['/0'])
  })
})
