import { type ChildProcess, spawn } from 'node:child_process'
import { join } from 'node:path'
import type { Programs } from '../platform.ts'

const systemRoot = (): string => process.env['SystemRoot'] ?? 'C:\\Windows'

export const windowsPrograms: Programs = {
  // The PKCS#11 binding is a native module, which is built for Linux only.
  hasTokens: false,
  start: (program, args) => {
    const root = systemRoot()
    const system = join(root, 'System32')
    return spawn(program, args, {
      stdio: 'ignore',
      windowsHide: true,
      cwd: root,
      // Without SystemRoot many programs of Windows do not start.
      env: { SystemRoot: root, Path: `${system};${root}` },
    })
  },
  end: ({ pid }) => {
    if (pid !== undefined) endTree(pid)
  },
}

function endTree(pid: number): ChildProcess {
  const program = join(systemRoot(), 'System32', 'taskkill.exe')
  const child = spawn(program, ['/PID', String(pid), '/T', '/F'], {
    stdio: 'ignore',
    windowsHide: true,
  })
  // It may have ended by itself a moment ago.
  return child.once('error', () => undefined)
}
