import { readFile } from 'node:fs/promises'
import type { SessionView } from '@sanad/protocol/operator-api/session'
import { SanadError } from '@sanad/protocol/text/problems'
import { Connection, readProblem } from './connection.ts'
import { loadKnown, saveKnown } from './known-place.ts'
import { forgetSession, loadSession, saveSession, sessionPath } from './session-file.ts'
import { type Terminal, askSecret, print } from './terminal.ts'
import { UsageError } from '@sanad/command-line/program'

interface SignInOptions {
  readonly server?: string | undefined
  readonly root?: string | undefined
  readonly name?: string | undefined
  /** A file that only its owner can read; asked for when there is none. */
  readonly passwordFile?: string | undefined
}

/** @throws SanadError `operator.credentials-wrong`, `client.server-unreachable` */
export async function signIn(options: SignInOptions, terminal: Terminal): Promise<void> {
  const path = sessionPath()
  const former = await loadSession(path).catch(() => undefined)
  const server = options.server ?? former?.server
  const root = options.root === undefined ? former?.root : await readFile(options.root, 'utf8')
  const { name } = options
  if (server === undefined || root === undefined || name === undefined)
    throw new UsageError('--server, --root and --name are needed')
  const password =
    options.passwordFile === undefined
      ? await askSecret(`Password of ${name}: `)
      : (await readFile(options.passwordFile, 'utf8')).replace(/\r?\n$/, '')
  const place = { path, server, name }
  const known = await loadKnown(place)
  const { status, cookies, wait, body } = await new Connection({
    server,
    root,
    ...(known !== undefined && { cookie: known }),
  }).exchange({ method: 'POST', path: '/session', body: { name, password } })
  const [cookie, knownFromNow] = cookies
  if (status >= 400) throw refusal(status, body, wait)
  if (cookie === undefined) throw new SanadError('operator.credentials-wrong')
  await saveSession(path, { server, root, cookie })
  if (knownFromNow !== undefined) await saveKnown(place, knownFromNow)
  const { operator } = body as SessionView
  print(
    terminal,
    { name: operator.name, role: operator.role },
    () => `Signed in as ${operator.name}, ${operator.role}.`,
  )
}

function refusal(status: number, body: unknown, wait: string | undefined): SanadError {
  const problem = readProblem(status, body)
  return wait === undefined ? problem : new SanadError(problem.code, `wait ${wait} s`)
}

export async function signOut(terminal: Terminal): Promise<void> {
  const path = sessionPath()
  const session = await loadSession(path)
  await new Connection(session).exchange({ method: 'DELETE', path: '/session' })
  await forgetSession(path)
  print(terminal, { signedOut: true }, () => 'Signed out.')
}
