import { chmodSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { HonestProxy } from '@sanad/simulator/network/honest-proxy'
import { type ProxyProgram, RealProxy, isInstalled } from '@sanad/simulator/network/real-proxy'
import { describe, expect, it } from 'vitest'
import type { StatusReport } from '../src/agent/status-report.ts'
import { printStatus } from '../src/agent/status-table.ts'
import { runClient } from './agent-process.ts'
import { Desk, aDevice, until } from './desk.ts'
import { makeAuthority } from './test-pki.ts'

/** A client whose only way out is an HTTP proxy: a real one of Debian where it is installed. */

const ACCOUNT = { user: 'noor', password: 'p@ss: word' }
/** A name that this computer's DNS does not know, by its top-level domain (RFC 6761). */
const NAME = 'sanad.only-the-proxy.test'

const PROGRAMS: readonly ProxyProgram[] = ['squid', 'tinyproxy']
for (const program of PROGRAMS)
  if (!isInstalled(program))
    process.stderr.write(`not tried: ${program} is not installed (apt-get install ${program})\n`)

function writeAccount(desk: Desk, { user, password } = ACCOUNT, mode = 0o600): string {
  const path = join(desk.directory, 'proxy-account')
  writeFileSync(path, `${user}:${password}\n`, { mode })
  chmodSync(path, mode)
  return path
}

async function isGreen(desk: Desk, profile: ReturnType<typeof aDevice>) {
  await until(() => desk.reportOf(profile)?.light === 'green', 40_000)
  await until(() => desk.server.channel.isOpen, 40_000)
}

const connectionOf = (desk: Desk): StatusReport['connection'] => desk.report()?.connection

describe.each(PROGRAMS)('Through %s of Debian', (program) => {
  it.skipIf(!isInstalled(program))(
    'a device registers and checks in, and the live channel opens, with an account',
    async () => {
      await using desk = await Desk.open({ names: [NAME, '127.0.0.1'] })
      const account = program === 'tinyproxy' ? { user: 'noor', password: 's3cret' } : ACCOUNT
      const options = { account, hosts: { [NAME]: '127.0.0.1' } }
      await using proxy = await RealProxy.start(program, options)
      const profile = aDevice('face')
      await desk.plug(profile)
      // Squid can be given names of its own, so there the computer needs no DNS for the server's.
      const host = program === 'squid' ? NAME : '127.0.0.1'
      const accountFile = writeAccount(desk, account)
      await desk.startAgent({
        serverUrl: `https://${host}:${desk.server.port}`,
        proxy: { address: proxy.address, accountFile },
      })
      await isGreen(desk, profile)
      expect(connectionOf(desk)).toEqual({
        server: `https://${host}:${desk.server.port}`,
        way: 'proxy',
        proxy: proxy.address,
        proxyHasAccount: true,
        channel: 'open',
      })
      expect(JSON.stringify([desk.report(), desk.log])).not.toContain(account.password)
    },
  )

  it.skipIf(!isInstalled(program))(
    'tells no account from a wrong one, and does not hammer with a wrong one',
    async () => {
      await using desk = await Desk.open()
      const account = { user: 'noor', password: 's3cret' }
      await using proxy = await RealProxy.start(program, { account })
      const [first, second] = [aDevice('face'), aDevice('slap')]
      for (const profile of [first, second]) await desk.plug(profile)
      await desk.startAgent({ proxy: proxy.address })
      await until(() => connectionOf(desk)?.problem === 'proxy.account-needed')
      await desk.stopAgent()
      const accountFile = writeAccount(desk, { ...account, password: 'wrong-one' })
      await desk.startAgent({ proxy: { address: proxy.address, accountFile } })
      const isRefused = (profile: typeof first) =>
        desk.reportOf(profile)?.problem === 'proxy.account-refused'
      await until(() => isRefused(first) && isRefused(second))
      expect(desk.reportOf(first)?.sentence).toMatch(/refuses the user or password/)
      const before = desk.log.length
      await until(() =>
        desk.log.slice(before).some(({ detail }) => /not tried again/.test(detail ?? '')),
      )
      if (program === 'squid')
        expect((await proxy.readLog()).match(/ noor /g) ?? []).toHaveLength(1)
      expect(JSON.stringify([desk.report(), desk.log])).not.toContain('wrong-one')
      // A corrected file needs no restart.
      writeAccount(desk, account)
      await isGreen(desk, first)
    },
  )

  it.skipIf(!isInstalled(program))(
    'is told that the proxy forbids the server’s port, or cannot reach it, or is gone',
    async () => {
      await using desk = await Desk.open()
      await using strict = await RealProxy.start(program, { ports: [443] })
      const profile = aDevice('face')
      await desk.plug(profile)
      await desk.startAgent({ proxy: strict.address })
      await until(() => connectionOf(desk)?.problem === 'proxy.refused')
      await desk.stopAgent()
      await using proxy = await RealProxy.start(program)
      await desk.startAgent({ proxy: proxy.address, serverUrl: 'https://127.0.0.1:9' })
      await until(() => connectionOf(desk)?.problem === 'proxy.server-unreachable')
      await proxy.kill()
      await until(() => connectionOf(desk)?.problem === 'proxy.unreachable')
      expect(connectionOf(desk)?.detail).toBe(`${proxy.address}: ECONNREFUSED`)
    },
  )
})

describe('A client behind a proxy', () => {
  it('continues after the proxy cut everything in the middle, with the same message', async () => {
    await using desk = await Desk.open()
    await using proxy = await HonestProxy.start()
    const profile = aDevice('face')
    await desk.plug(profile)
    desk.server.mischief.delayMs = 200
    const cutting = setInterval(() => proxy.cut(), 300)
    await desk.startAgent({ proxy: proxy.address })
    await until(() => desk.log.some(({ code }) => code === 'connection.broken-off'))
    clearInterval(cutting)
    await isGreen(desk, profile)
    expect([...desk.server.issued.values()].map((set) => set.size)).toEqual([1])
    expect(desk.log.some(({ message }) => message === 'the server can be reached')).toBe(true)
  })

  it('works with check-ins, says so and slows down where the proxy forbids long connections', async () => {
    await using desk = await Desk.open()
    await using proxy = await HonestProxy.start({ cutAfterMs: 400 })
    const profile = aDevice('face')
    await desk.plug(profile)
    await desk.startAgent({ proxy: proxy.address })
    await until(() => desk.reportOf(profile)?.light === 'green')
    const told = 'the live channel does not stay open; commands come with the check-ins'
    const line = await until(() => desk.log.find(({ message }) => message === told), 40_000)
    expect(line).toMatchObject({ severity: 'warn', code: 'connection.broken-off' })
    const waits = desk.log.flatMap(({ message, retryInSeconds = 0 }) =>
      message.startsWith('the live channel') && retryInSeconds > 0 ? retryInSeconds : [],
    )
    expect(waits.length).toBeLessThan(40)
    expect(desk.reportOf(profile)).toMatchObject({ light: 'green' })
  })

  it('sends nothing through a proxy that opens TLS, and says what does', async () => {
    const tlsRoot = makeAuthority('Ministry Inspection CA')
    await using desk = await Desk.open({ tlsRoot })
    await using proxy = await HonestProxy.start()
    const profile = aDevice('face')
    await desk.plug(profile)
    await desk.startAgent({ proxy: proxy.address })
    await until(() => desk.reportOf(profile)?.problem === 'client.tls-intercepted')
    expect(desk.reportOf(profile)).toMatchObject({
      light: 'red',
      sentence: expect.stringMatching(
        /^A proxy or firewall between this computer and the server opens TLS/,
      ) as string,
    })
    const report = desk.report()
    expect(report && printStatus(report, false)).toContain(
      `It reaches ${desk.server.url} through the proxy ${proxy.address}, without an account.`,
    )
    expect(report && printStatus(report, false)).toContain('issued by Ministry Inspection CA')
    expect(desk.server.questions).toBe(0)
  })

  it('reaches an exception directly', async () => {
    await using desk = await Desk.open()
    await using proxy = await HonestProxy.start()
    const profile = aDevice('face')
    await desk.plug(profile)
    const exceptions = ['127.0.0.0/8']
    await desk.startAgent({ proxy: { address: proxy.address, exceptions } })
    await isGreen(desk, profile)
    expect(proxy.tunnels).toEqual([])
    expect(connectionOf(desk)).toMatchObject({ way: 'direct', channel: 'open' })
  })

  it('does not start with an account file that others can read, or an address with an account', async () => {
    await using desk = await Desk.open()
    await desk.plug(aDevice('face'))
    const accountFile = writeAccount(desk, ACCOUNT, 0o644)
    const address = 'http://127.0.0.1:3128'
    await expect(desk.startAgent({ proxy: { address, accountFile } })).rejects.toMatchObject({
      code: 'client.permissions-too-open',
    })
    const config = desk.writeConfig({ proxy: { address: 'http://noor:SECRET@127.0.0.1:3128' } })
    const { code, stderr } = await runClient('status', '--config', config)
    expect(code).toBe(1)
    expect(stderr).toContain('proxy: the address must hold no account')
    expect(stderr).not.toContain('SECRET')
  })

  it('tells the network, the proxy and another server apart by the exit code of once', async () => {
    const tlsRoot = makeAuthority('Ministry Inspection CA')
    await using desk = await Desk.open({ tlsRoot })
    await using proxy = await HonestProxy.start({ account: 'noor:s3cret' })
    await desk.plug(aDevice('face'))
    const codes: (number | null)[] = []
    for (const changes of [{ serverUrl: 'https://server.invalid' }, { proxy: proxy.address }, {}]) {
      const config = desk.writeConfig(changes)
      codes.push((await runClient('once', '--timeout', '3', '--config', config)).code)
    }
    expect(codes).toEqual([3, 4, 5])
  })
})
