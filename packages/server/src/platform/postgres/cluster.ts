import { type ChildProcess, spawn } from 'node:child_process'
import { accessSync, constants } from 'node:fs'
import { rm } from 'node:fs/promises'
import { createInterface } from 'node:readline'
import { join } from 'node:path'
import { SanadError } from '@sanad/protocol/text/problems'
import type { Account } from './account.ts'

/** One database cluster: made, started and stopped. */

export const SUPERUSER = 'sanad'
const START_TIMEOUT_MS = 60_000

export async function initialiseCluster(
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

export async function startServer({
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

export async function stopServer(server: ChildProcess): Promise<void> {
  if (server.exitCode !== null || server.signalCode !== null) return
  const ended = new Promise((resolve) => server.once('exit', resolve))
  server.kill('SIGINT')
  await ended
}
