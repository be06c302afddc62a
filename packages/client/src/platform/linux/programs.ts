import { type ChildProcess, spawn } from 'node:child_process'
import type { Programs } from '../platform.ts'

export const linuxPrograms: Programs = {
  hasTokens: true,
  start: (program, args) =>
    spawn(program, args, {
      stdio: 'ignore',
      // A group of its own, so that what it started ends with it.
      detached: true,
      cwd: '/',
      env: { PATH: '/usr/sbin:/usr/bin:/sbin:/bin', LANG: 'C.UTF-8' },
    }),
  end,
}

function end({ pid }: ChildProcess): void {
  if (pid === undefined) return
  try {
    process.kill(-pid, 'SIGKILL')
  } catch {
    // It ended by itself a moment ago.
  }
}
