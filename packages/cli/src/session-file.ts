import { mkdir, readFile, rename, rm, stat, writeFile } from 'node:fs/promises'
import { homedir } from 'node:os'
import { dirname, join } from 'node:path'
import { SanadError } from '@sanad/protocol/text/problems'

/**
 * Who is signed in, and where: one file that only its owner can read. It holds a session, never a password;
 * the session ends at the server.
 */
export interface SavedSession {
  /** `https://devices.provider.example` */
  readonly server: string
  /** The management root, PEM: the only one that counts. */
  readonly root: string
  readonly cookie?: string
}

/** `SANAD_SESSION` names another file, for those who work with several servers. */
export function sessionPath(environment: NodeJS.ProcessEnv = process.env): string {
  const folder = environment['XDG_CONFIG_HOME'] ?? join(homedir(), '.config')
  return environment['SANAD_SESSION'] ?? join(folder, 'sanad', 'session.json')
}

/** @throws SanadError `operator.not-signed-in`, `client.permissions-too-open` */
export async function loadSession(path: string): Promise<SavedSession> {
  const text = await readFile(path, 'utf8').catch((cause: unknown) => {
    throw new SanadError('operator.not-signed-in', undefined, { cause })
  })
  const { mode } = await stat(path)
  if ((mode & 0o077) !== 0) throw new SanadError('client.permissions-too-open', path)
  const value = JSON.parse(text) as Partial<SavedSession>
  if (typeof value.server !== 'string' || typeof value.root !== 'string')
    throw new SanadError('operator.not-signed-in', 'the session file is damaged')
  return value as SavedSession
}

export async function saveSession(path: string, session: SavedSession): Promise<void> {
  await mkdir(dirname(path), { recursive: true, mode: 0o700 })
  const draft = `${path}.${process.pid}`
  await writeFile(draft, JSON.stringify(session), { mode: 0o600, flag: 'wx' })
  await rename(draft, path)
}

export async function forgetSession(path: string): Promise<void> {
  await rm(path, { force: true })
}
