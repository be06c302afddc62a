import { type ChildProcess, execFileSync, spawn } from 'node:child_process'
import { existsSync } from 'node:fs'
import { chmod, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { connect } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as wait } from 'node:timers/promises'
import { findFreePort } from './free-ports.ts'

/** The proxies of Debian, each with a configuration of its own in a folder that goes away. */

export type ProxyProgram = 'squid' | 'tinyproxy'

const PROGRAMS: Record<ProxyProgram, string> = {
  squid: '/usr/sbin/squid',
  tinyproxy: '/usr/bin/tinyproxy',
}

export const isInstalled = (program: ProxyProgram): boolean => existsSync(PROGRAMS[program])

export interface RealProxyOptions {
  readonly account?: { readonly user: string; readonly password: string }
  /** Names that only the proxy knows; Squid alone can be told. */
  readonly hosts?: Readonly<Record<string, string>>
  /** Only to these ports; to all when left out. */
  readonly ports?: readonly number[]
}

const LONGEST_START_MS = 30_000

export class RealProxy implements AsyncDisposable {
  readonly port: number
  readonly #folder: string
  readonly #process: ChildProcess

  private constructor(port: number, folder: string, started: ChildProcess) {
    this.port = port
    this.#folder = folder
    this.#process = started
  }

  /** @throws Error with the program’s own words when it does not start */
  static async start(program: ProxyProgram, options: RealProxyOptions = {}): Promise<RealProxy> {
    const folder = await mkdtemp(join(tmpdir(), `sanad-${program}-`))
    // Squid that root starts becomes an account of its own, which writes its log here.
    await chmod(folder, 0o777)
    const port = await findFreePort()
    const lines = await (program === 'squid' ? squidLines : tinyproxyLines)(port, folder, options)
    const configuration = join(folder, 'proxy.conf')
    await writeFile(configuration, `${lines.join('\n')}\n`)
    const flags = program === 'squid' ? ['-N', '-f'] : ['-d', '-c']
    const started = spawn(PROGRAMS[program], [...flags, configuration], { stdio: 'ignore' })
    const proxy = new RealProxy(port, folder, started)
    if (await proxy.#answers()) return proxy
    await proxy[Symbol.asyncDispose]()
    throw new Error(`${program} does not start`)
  }

  get address(): string {
    return `http://127.0.0.1:${this.port}`
  }

  /** A line for each request, as far as the program has written it. */
  async readLog(): Promise<string> {
    return readFile(join(this.#folder, 'access.log'), 'utf8').catch(() => '')
  }

  /** Dies with all its connections, as in a power cut. */
  async kill(): Promise<void> {
    if (this.#process.exitCode !== null || this.#process.signalCode !== null) return
    const ended = new Promise((resolve) => this.#process.once('exit', resolve))
    this.#process.kill('SIGKILL')
    await ended
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.kill()
    await rm(this.#folder, { recursive: true, force: true })
  }

  async #answers(): Promise<boolean> {
    const end = Date.now() + LONGEST_START_MS
    while (Date.now() < end && this.#process.exitCode === null) {
      if (await accepts(this.port)) return true
      await wait(50)
    }
    return false
  }
}

async function squidLines(
  port: number,
  folder: string,
  { account, hosts = {}, ports }: RealProxyOptions,
): Promise<string[]> {
  // Squid asks DNS for what is not in this file, also for this computer's own name.
  const names = Object.entries({ localhost: '127.0.0.1', ...hosts }).map(
    ([name, address]) => `${address} ${name}`,
  )
  await writeFile(join(folder, 'hosts'), `${names.join('\n')}\n`)
  if (account !== undefined) {
    const digest = execFileSync('openssl', ['passwd', '-apr1', account.password]).toString()
    await writeFile(join(folder, 'accounts'), `${account.user}:${digest.trim()}\n`)
  }
  return [
    `http_port 127.0.0.1:${port}`,
    'visible_hostname proxy.test',
    `hosts_file ${join(folder, 'hosts')}`,
    'pid_filename none',
    `access_log stdio:${join(folder, 'access.log')}`,
    'cache_log /dev/null',
    'cache_store_log none',
    'cache deny all',
    'shutdown_lifetime 0 seconds',
    ...(account === undefined
      ? []
      : [
          `auth_param basic program /usr/lib/squid/basic_ncsa_auth ${join(folder, 'accounts')}`,
          'auth_param basic realm a proxy',
          'acl known proxy_auth REQUIRED',
        ]),
    ...(ports === undefined
      ? []
      : [`acl wanted port ${ports.join(' ')}`, 'http_access deny !wanted']),
    account === undefined ? 'http_access allow all' : 'http_access allow known',
    'http_access deny all',
  ]
}

function tinyproxyLines(
  port: number,
  folder: string,
  { account, ports = [] }: RealProxyOptions,
): Promise<string[]> {
  return Promise.resolve([
    `Port ${port}`,
    'Listen 127.0.0.1',
    'Timeout 600',
    'MaxClients 100',
    'Allow 127.0.0.1',
    `LogFile "${join(folder, 'access.log')}"`,
    'LogLevel Connect',
    ...(account === undefined ? [] : [`BasicAuth ${account.user} ${account.password}`]),
    ...ports.map((allowed) => `ConnectPort ${allowed}`),
  ])
}

function accepts(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1')
    const say = (is: boolean) => () => {
      socket.destroy()
      resolve(is)
    }
    socket.once('connect', say(true))
    socket.once('error', say(false))
  })
}
