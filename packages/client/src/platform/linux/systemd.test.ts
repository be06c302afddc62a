import { spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { until } from '../../../test/desk.ts'

/** The part of systemd: a datagram socket, whose messages it prints. */
const RECEIVER = `
import os, socket, sys
receiver = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
receiver.bind(sys.argv[1])
print("bound", flush=True)
while True:
    data, ancillary, flags, address = receiver.recvmsg(4096, socket.CMSG_SPACE(4))
    for level, kind, fds in ancillary:
        os.close(int.from_bytes(fds[:4], sys.byteorder))
    print(data.decode(), flush=True)
`

const SUPERVISOR = join(import.meta.dirname, 'systemd.ts')
/** Says that it is ready, and ends when it is told to. */
const SERVICE = `
  const { systemdSupervisor } = await import(${JSON.stringify(SUPERVISOR)})
  const supervisor = systemdSupervisor()
  supervisor.tellReady()
  const alive = setInterval(() => {}, 1000)
  await supervisor.waitForStop()
  clearInterval(alive)
`

const isThere = spawnSync('systemd-notify', ['--version']).status === 0
if (!isThere)
  process.stderr.write('not shown: messages to systemd, because systemd-notify is not there\n')

let folder: string
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'sanad-notify-'))
})
afterEach(() => rmSync(folder, { recursive: true }))

describe.skipIf(!isThere)('The client as a service of systemd', () => {
  it('says when it is ready, that it is alive, and when it stops', async () => {
    const socket = join(folder, 'notify')
    const receiver = spawn('python3', ['-c', RECEIVER, socket], {
      stdio: ['ignore', 'pipe', 'inherit'],
    })
    let said = ''
    receiver.stdout.on('data', (chunk: Buffer) => (said += chunk.toString()))
    await until(() => said.includes('bound'))
    const service = spawn(process.execPath, ['--input-type=module', '--eval', SERVICE], {
      stdio: ['ignore', 'inherit', 'inherit'],
      env: { PATH: '/usr/bin:/bin', NOTIFY_SOCKET: socket, WATCHDOG_USEC: '600000' },
    })
    try {
      await until(() => said.includes('READY=1') && said.split('WATCHDOG=1').length > 2)
      service.kill('SIGTERM')
      await once(service, 'exit')
      await until(() => said.includes('STOPPING=1'))
    } finally {
      service.kill('SIGKILL')
      receiver.kill('SIGKILL')
    }
  })

  it('says nothing of the watchdog of another process', async () => {
    const { systemdSupervisor } = await import('./systemd.ts')
    const before = process.getActiveResourcesInfo().filter((kind) => kind === 'Timeout').length
    const other = {
      NOTIFY_SOCKET: join(folder, 'nobody'),
      WATCHDOG_USEC: '1000',
      WATCHDOG_PID: '1',
    }
    systemdSupervisor(other).tellReady()
    const after = process.getActiveResourcesInfo().filter((kind) => kind === 'Timeout').length
    expect(after).toBe(before)
  })
})
