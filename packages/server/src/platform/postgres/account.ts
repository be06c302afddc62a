import { execFileSync } from 'node:child_process'

/** The account that PostgreSQL runs under; its own when the server does not run as root. */

export interface Account {
  readonly uid: number
  readonly gid: number
}

/** PostgreSQL refuses to run as root; then it runs as the system’s `postgres` account, made if missing. */
export function findAccount(): Account | undefined {
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
