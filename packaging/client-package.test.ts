import { type ChildProcess, execFile, execFileSync, spawn, spawnSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { once } from 'node:events'
import { copyFileSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { StatusReport } from '../packages/client/src/agent/status-report.ts'
import { Desk, aDevice } from '../packages/client/test/desk.ts'
import type { LinuxTarget } from './targets.ts'
import { isThere, toolOf } from './linux/native-module.ts'
import { ROOT } from './root.ts'

/** The real package, with Node inside, in a copy of this computer's file system that goes away. */

const TARGET: LinuxTarget = process.arch === 'arm64' ? 'linux-arm64' : 'linux-x64'
const MADE_AT = 1_700_000_000
const STATE = '/var/lib/sanad-client'

const canBuild = ['dpkg-deb', toolOf(TARGET, 'strip')].every(isThere)
const OVERLAY = `mount -t tmpfs tmpfs "$0" && mkdir "$0/upper" "$0/work" "$0/root" &&
  mount -t overlay overlay -o "lowerdir=/,upperdir=$0/upper,workdir=$0/work" "$0/root" && exec "$@"`
const canInstall =
  canBuild &&
  ['adduser', 'dpkg', 'runuser', 'nsenter'].every(isThere) &&
  spawnSync('unshare', ['--mount', 'sh', '-c', OVERLAY, '/mnt', 'true']).status === 0
if (!canBuild)
  process.stderr.write('not shown: the package, because dpkg-deb or strip is missing\n')
if (!canInstall) process.stderr.write('not shown: an installation, which needs root and overlays\n')

let folder: string
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'sanad-package-test-'))
})
afterAll(() => rmSync(folder, { recursive: true }))

/** In a process of its own: devices and server of a test answer from this one meanwhile. */
const MAKE = `
  const { bundleClient } = await import('${join(ROOT, 'packages/client/tools/build.ts')}')
  const { makeClientPackage } = await import('${join(ROOT, 'packaging/linux/client-package.ts')}')
  const { folder, ...parts } = JSON.parse(process.argv[1])
  const bundle = await bundleClient(folder)
  process.stdout.write(makeClientPackage({ ...parts, folder, bundle }))
`

async function make(version: string, place: string, mask = 0o022): Promise<string> {
  const parts = { target: TARGET, version, madeAt: MADE_AT, compression: ['-Znone'] }
  const order = JSON.stringify({ ...parts, folder: join(folder, place) })
  const args = ['--input-type=module', '--eval', MAKE, order]
  const umask = `umask ${mask.toString(8)} && exec "$0" "$@"`
  const { stdout } = await run('sh', ['-c', umask, process.execPath, ...args])
  return stdout
}

const run = promisify(execFile)

const digestOf = (file: string): string =>
  createHash('sha256').update(readFileSync(file)).digest('hex')

const listOf = (file: string): string =>
  execFileSync('dpkg-deb', ['--contents', file], { encoding: 'utf8' })

/** The root of another computer, as far as dpkg can tell. */
class Host implements AsyncDisposable {
  readonly #holder: ChildProcess
  readonly #root: string

  private constructor(holder: ChildProcess, root: string) {
    this.#holder = holder
    this.#root = root
  }

  /** @param shared a folder of this computer that is the same there */
  static async open(shared: string): Promise<Host> {
    const place = mkdtempSync(join(tmpdir(), 'sanad-host-'))
    const script = `mount --bind "$1" "$0/root$1" && mount -t proc proc "$0/root/proc" &&
      mount --bind /dev "$0/root/dev" && echo ready && exec sleep infinity`
    const inside = ['sh', '-c', script, place, shared]
    const holder = spawn('unshare', ['--mount', 'sh', '-c', OVERLAY, place, ...inside], {
      stdio: ['ignore', 'pipe', 'inherit'],
    })
    await once(holder.stdout, 'data')
    return new Host(holder, join(place, 'root'))
  }

  async run(...command: string[]) {
    const where = ['--target', String(this.#holder.pid), '--mount', 'chroot', this.#root]
    const child = spawn('nsenter', [...where, ...command], {
      stdio: ['ignore', 'pipe', 'pipe'],
      env: {
        PATH: '/usr/sbin:/usr/bin:/sbin:/bin',
        DEBIAN_FRONTEND: 'noninteractive',
        LC_ALL: 'C',
      },
    })
    let [stdout, stderr] = ['', '']
    child.stdout.on('data', (chunk: Buffer) => (stdout += chunk.toString()))
    child.stderr.on('data', (chunk: Buffer) => (stderr += chunk.toString()))
    const [status] = (await once(child, 'close')) as [number | null]
    return { status, stdout, stderr }
  }

  /** @returns what it said @throws when it did not end well */
  async must(...command: string[]): Promise<string> {
    const { status, stdout, stderr } = await this.run(...command)
    expect(status, `${command.join(' ')}\n${stdout}${stderr}`).toBe(0)
    return stdout
  }

  async has(path: string): Promise<boolean> {
    return (await this.run('test', '-e', path)).status === 0
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#holder.kill('SIGKILL')
    await once(this.#holder, 'exit')
  }
}

const asClient = (...command: string[]): string[] => [
  'runuser',
  '--user',
  'sanad-client',
  '--',
  'sanad-client',
  ...command,
]

async function readKey(host: Host): Promise<string> {
  const { stdout, stderr } = await host.run(...asClient('once', '--json'))
  const { devices } = JSON.parse(stdout) as StatusReport
  expect(devices, stderr).toMatchObject([{ light: 'green', progress: 'registered' }])
  return devices[0]?.keyId ?? 'none'
}

describe.skipIf(!canBuild)('The package of the client', () => {
  it(
    'comes out the same, octet for octet, and has neither scripts nor links of this computer',
    { timeout: 300_000 },
    async () => {
      const first = await make('0.1.0', 'first')
      const second = await make('0.1.0', 'second', 0o077)
      expect(digestOf(second)).toBe(digestOf(first))
      const list = listOf(first)
      expect(list).toMatch(/-rwxr-xr-x root\/root .* \.\/usr\/lib\/sanad-client\/sanad-client\n/)
      expect(list).not.toMatch(/\/(tmp|home|work)\//)
    },
  )
})

describe.skipIf(!canInstall)('An installation of the package', () => {
  it(
    'registers a device without Node, keeps its key at upgrade and removal, and loses it at a purge',
    { timeout: 600_000 },
    async () => {
      await using desk = await Desk.open()
      const device = await desk.plug(aDevice('face'))
      const port = device.port ?? 0
      await using host = await Host.open(desk.directory)
      for (const version of ['1.0', '1.1'])
        copyFileSync(await make(version, version), join(desk.directory, `${version}.deb`))
      const install = (version: string): Promise<string> =>
        host.must('dpkg', '--force-confold', '--install', join(desk.directory, `${version}.deb`))

      expect(await install('1.0')).toContain('copy the provider')
      expect(await host.must('stat', '--format', '%U %a', STATE)).toBe('sanad-client 700\n')
      const config = desk.config({
        managementRoot: 'management-root.pem',
        stateDirectory: STATE,
        portRange: { from: port, to: port },
      })
      mkdirSync(join(desk.directory, 'etc'))
      writeFileSync(join(desk.directory, 'etc', 'client.yaml'), JSON.stringify(config))
      await host.must('cp', join(desk.directory, 'etc', 'client.yaml'), '/etc/sanad/client.yaml')
      await host.must('cp', join(desk.directory, 'root.pem'), '/etc/sanad/management-root.pem')
      await host.must('chmod', '0644', '/etc/sanad/management-root.pem')
      // What the SBI reads must be reached by the account of the client.
      await host.must('chmod', '0711', desk.directory)
      await host.must('install', '-d', '-m', '0700', '-o', 'sanad-client', config.handOverDirectory)
      const key = await readKey(host)

      await install('1.1')
      expect(await readKey(host)).toBe(key)
      expect(await host.must('sanad-client', '--version')).toMatch(/^sanad-client \d/)
      // Nothing runs, so the status is 1 and says so.
      expect((await host.run(...asClient('status'))).status).toBe(1)

      expect(await host.must('dpkg', '--remove', 'sanad-client')).toContain(`stay in ${STATE}`)
      expect(await host.has('/usr/bin/sanad-client')).toBe(false)
      expect(await host.has(`${STATE}/seal`)).toBe(true)
      await install('1.1')
      expect(await readKey(host)).toBe(key)

      expect(await host.must('dpkg', '--purge', 'sanad-client')).toContain('removed the devices')
      expect(await host.has(STATE)).toBe(false)
      expect(await host.has('/etc/sanad/client.yaml')).toBe(false)
      expect(await host.has('/etc/sanad/management-root.pem')).toBe(true)
    },
  )
})
