import { describe, expect, it } from 'vitest'
import {
  app,
  dial,
  GET,
  hear,
  IN_TIME,
  inWork,
  LAST,
  lines,
  open,
  say,
  start,
} from '../../../test/one-listener.ts'
import { ANSWER_GRACE_MS, BODY_GRACE_MS } from './pace.ts'
import { MOST_HEADER_LINES } from './request-form.ts'

describe('a client that is too slow', () => {
  it('with its body is told so when its time is over, and not before', async () => {
    const port = await start()
    const stranger = await dial(port)
    const heard = hear(stranger)
    stranger.write(
      'POST /body HTTP/1.1\r\nHost: h\r\nContent-Type: application/json\r\nContent-Length: 5000\r\n\r\n{',
    )
    const now = performance.now()
    await expect.poll(() => sweepUntilAsking(now), IN_TIME).toBe(1)
    app.connections.sweep(now + BODY_GRACE_MS)
    expect(stranger.closed).toBe(false)
    app.connections.sweep(now + BODY_GRACE_MS + 60_000)
    expect(await heard).toContain('request.too-slow')
  })

  it('with reading is closed when its time is over', async () => {
    const port = await start()
    const stranger = (await dial(port)).pause()
    stranger.write(GET('/large'))
    const now = performance.now()
    await expect.poll(() => sweepUntilAsking(now), IN_TIME).toBe(1)
    app.connections.sweep(now + BODY_GRACE_MS * 2)
    expect(app.connections.counts.closed).toBe(0)
    app.connections.sweep(now + ANSWER_GRACE_MS + 3_600_000)
    expect(app.connections.counts.closed).toBe(1)
    await expect.poll(() => app.connections.counts.sockets, IN_TIME).toBe(0)
  })

  /** The wait begins with the first look that finds it. */
  function sweepUntilAsking(now: number): number {
    app.connections.sweep(now)
    return app.connections.counts.waiting
  }
})

describe('where a bound of connections is reached', () => {
  it('the oldest idle one of that network makes room, so that a crowd behind one address is never refused', async () => {
    const port = await start({ mostPerNetwork: 3 })
    const [first, ...others] = [await dial(port), await dial(port), await dial(port)]
    expect(await say(port, GET('/quick', LAST))).toContain('{"well":true}')
    expect(first?.closed).toBe(true)
    expect(others.map(({ closed }) => closed)).toEqual([false, false])
    expect(app.connections.counts).toMatchObject({ refused: 0, closed: 1 })
  })

  it('one that the server is working for stays', async () => {
    const port = await start({ mostPerNetwork: 2 })
    const busy = await dial(port)
    busy.write(GET('/never'))
    await expect.poll(() => inWork, IN_TIME).toBe(1)
    await dial(port)
    expect(await say(port, GET('/quick', LAST))).toContain('{"well":true}')
    expect(busy.closed).toBe(false)
  })

  it('the network that has the most makes room for all others', async () => {
    const port = await start({ mostConnections: 8 })
    for (let count = 0; count < 7; count++) await dial(port, '127.0.0.2')
    const honest = await dial(port, '127.0.0.3')
    await dial(port, '127.0.0.4')
    await dial(port, '127.0.0.4')
    expect(honest.closed).toBe(false)
    expect(app.connections.counts.refused).toBe(0)
    expect(open.filter(({ closed }) => closed)).toHaveLength(2)
    expect(open.slice(0, 2).every(({ closed }) => closed)).toBe(true)
  })

  it('a new one is refused only while the server works for every other', async () => {
    const port = await start({ mostConnections: 1 })
    const busy = await dial(port)
    busy.write(GET('/never'))
    await expect.poll(() => inWork, IN_TIME).toBe(1)
    await expect(dial(port)).rejects.toThrow()
    expect(app.connections.counts.refused).toBe(1)
    busy.destroy()
    await expect.poll(() => app.connections.counts.sockets, IN_TIME).toBe(0)
    expect(await say(port, GET('/quick', LAST))).toContain('{"well":true}')
  })
})

describe('what is no request of ours', () => {
  const refused = async (text: string): Promise<{ status: number; code: string }> => {
    const answer = await say(await start(), text)
    const { code = '' } = JSON.parse(answer.slice(answer.indexOf('{'))) as { code?: string }
    return { status: Number(answer.slice(9, 12)), code }
  }
  const HOST = 'Host: localhost'
  const write = (...head: string[]): string => [...head, LAST, '', ''].join('\r\n')

  it.each([
    ['two Host lines', write('GET /quick HTTP/1.1', HOST, HOST), 400, 'request.malformed'],
    [
      'two Host lines that differ',
      write('GET /quick HTTP/1.1', HOST, 'host: b'),
      400,
      'request.malformed',
    ],
    ['no Host line', write('GET /quick HTTP/1.1'), 400, 'request.malformed'],
    ['a Host that is a page', write('GET /quick HTTP/1.1', 'Host: a/b'), 400, 'request.malformed'],
    ['a list of hosts', write('GET /quick HTTP/1.1', 'Host: a, b'), 400, 'request.malformed'],
    ['QUERY', write('QUERY /quick HTTP/1.1', HOST), 405, 'request.method-not-supported'],
    ['TRACE', write('TRACE /quick HTTP/1.1', HOST), 405, 'request.method-not-supported'],
    ['PROPFIND', write('PROPFIND /quick HTTP/1.1', HOST), 405, 'request.method-not-supported'],
    [
      'a method that does not exist',
      write('TEAPOT /quick HTTP/1.1', HOST),
      400,
      'request.malformed',
    ],
    ['what is not HTTP', 'hello, is anybody there?\r\n\r\n', 400, 'request.malformed'],
    [
      'a length and chunks at once',
      write('POST /body HTTP/1.1', HOST, 'Content-Length: 3', 'Transfer-Encoding: chunked'),
      400,
      'request.malformed',
    ],
    ['a broken escape', write('GET /%E0%A4%A HTTP/1.1', HOST), 400, 'request.malformed'],
    [
      'an address longer than any of ours',
      write(`GET /named/${'a'.repeat(400)} HTTP/1.1`, HOST),
      414,
      'request.address-too-long',
    ],
    [
      'more header lines than anybody has',
      write(
        'GET /quick HTTP/1.1',
        HOST,
        ...Array.from({ length: MOST_HEADER_LINES }, (_, at) => `x-${at}: 1`),
      ),
      431,
      'request.headers-too-large',
    ],
    [
      'larger headers than anybody has',
      write('GET /quick HTTP/1.1', HOST, `x: ${'a'.repeat(20_000)}`),
      431,
      'request.headers-too-large',
    ],
    [
      'a media type that nobody reads',
      write('POST /body HTTP/1.1', HOST, 'Content-Type: image/png', 'Content-Length: 0'),
      415,
      'request.unsupported-media-type',
    ],
  ])(
    '%s is refused as the sender’s own fault, without a line in the log',
    async (_what, text, status, code) => {
      expect(await refused(text)).toEqual({ status, code })
      expect(lines.filter((line) => !line.includes('istening'))).toEqual([])
    },
  )
})
