import { mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { linuxAccess } from '../linux/access.ts'
import { listenAt } from '../listen-at.ts'
import { windowsAccess } from './access.ts'
import { retryWhileHeld, windowsDisk } from './disk.ts'
import type { Helper } from './helper.ts'
import { windowsHost } from './host.ts'
import { PIPE_VARIABLE, windowsSupervisor } from './service-link.ts'

let folder: string
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'sanad-windows-'))
})
afterEach(() => rmSync(folder, { recursive: true, force: true }))

describe('a file on Windows', () => {
  it('is replaced in one step', async () => {
    writeFileSync(join(folder, 'state'), 'old')
    writeFileSync(join(folder, 'state.draft'), 'new')
    await windowsDisk.replace(join(folder, 'state.draft'), join(folder, 'state'))
    expect(readdirSync(folder)).toEqual(['state'])
    expect(readFileSync(join(folder, 'state'), 'utf8')).toBe('new')
  })

  it('is erased, and erasing it again is harmless', async () => {
    writeFileSync(join(folder, 'key'), 'secret')
    await windowsDisk.erase(join(folder, 'key'))
    await windowsDisk.erase(join(folder, 'key'))
    expect(readdirSync(folder)).toEqual([])
  })

  const fail = (code: string) => Object.assign(new Error(code), { code })

  it.each(['EPERM', 'EACCES', 'EBUSY'])(
    'is waited for while a scanner holds it (%s)',
    async (code) => {
      let held = 2
      const work = () => (held-- > 0 ? Promise.reject(fail(code)) : Promise.resolve('done'))
      expect(await retryWhileHeld(work)).toBe('done')
    },
  )

  it('that stays held is an error in the end, and any other error is one at once', async () => {
    let calls = 0
    const refuse = (code: string) => () => {
      calls++
      return Promise.reject(fail(code))
    }
    await expect(retryWhileHeld(refuse('EBUSY'))).rejects.toMatchObject({ code: 'EBUSY' })
    expect(calls).toBe(9)
    calls = 0
    await expect(retryWhileHeld(refuse('ENOSPC'))).rejects.toMatchObject({ code: 'ENOSPC' })
    expect(calls).toBe(1)
  })
})

describe('rights on Windows', () => {
  const accessWith = (sddl: string, asked: string[] = []) =>
    windowsAccess({
      ask: (verb, argument) => {
        asked.push(`${verb} ${argument ?? ''}`.trim())
        return Promise.resolve(verb === 'account' ? 'S-1-5-18' : sddl)
      },
    })
  const OURS = 'O:BAD:PAI(A;OICI;FA;;;SY)(A;OICI;FA;;;BA)'

  it('of a new folder are set once, on the first one that was made', async () => {
    const asked: string[] = []
    const access = accessWith(OURS, asked)
    await access.makePrivateFolder(join(folder, 'a', 'b'))
    await access.makePrivateFolder(join(folder, 'a', 'b'))
    expect(asked).toEqual([`make-private ${join(folder, 'a')}`])
  })

  it('are asked for each time a file is read, and a file that others can read is not', async () => {
    writeFileSync(join(folder, 'seal'), 'secret')
    const path = join(folder, 'seal')
    expect((await accessWith(OURS).readPrivateFile(path)).toString()).toBe('secret')
    const refused = accessWith(`${OURS}(A;;FR;;;BU)`).readPrivateFile(path)
    await expect(refused).rejects.toMatchObject({ code: 'client.permissions-too-open' })
  })

  it('that cannot be read are too open', async () => {
    const refused = accessWith('?').requirePrivateFolder(folder)
    await expect(refused).rejects.toMatchObject({ code: 'client.permissions-too-open' })
  })

  it('are given to a program by Windows, not by the name of a group', async () => {
    await expect((async () => accessWith(OURS).findGroup('sbi'))()).rejects.toMatchObject({
      code: 'client.configuration-invalid',
    })
  })
})

describe('what seals keys on Windows', () => {
  /** DPAPI of a computer: what it encrypted opens there only. */
  const hostOf = (computer: string) =>
    windowsHost({
      access: linuxAccess,
      disk: windowsDisk,
      helper: {
        ask: (verb, given) => {
          const argument = given ?? ''
          if (verb === 'machine') return Promise.resolve(computer)
          if (verb === 'seal') return Promise.resolve(`${computer}:${argument}`)
          if (!argument.startsWith(`${computer}:`))
            return Promise.reject(new Error('Windows error 13'))
          return Promise.resolve(argument.slice(computer.length + 1))
        },
      },
    })

  it('is a secret of its own that stays the same, encrypted on disk', async () => {
    process.umask(0o077)
    const first = await hostOf('one').readBinding(folder)
    expect(first.machineId).toBe('one')
    expect(first.credential).toHaveLength(32)
    expect(await hostOf('one').readBinding(folder)).toEqual({
      ...first,
      credential: Buffer.from(first.credential ?? []),
    })
    expect(readdirSync(folder)).toEqual(['seal.dpapi'])
  })

  it('does not open on another computer, and is not replaced there', async () => {
    process.umask(0o077)
    await hostOf('one').readBinding(folder)
    const before = readFileSync(join(folder, 'seal.dpapi'), 'utf8')
    await expect(hostOf('two').readBinding(folder)).rejects.toThrow('Windows error 13')
    expect(readFileSync(join(folder, 'seal.dpapi'), 'utf8')).toBe(before)
  })
})

describe('the tables of ports on Windows', () => {
  const hostThat = (ask: Helper['ask']) =>
    windowsHost({ access: linuxAccess, disk: windowsDisk, helper: { ask } })
  const RANGE = { from: 4501, to: 4600 }
  const listenersOf = (rows: string) => hostThat(() => Promise.resolve(rows)).listListeners(RANGE)

  it('name ports in the range, each once, with the process that has it', async () => {
    const rows = '135,900,1 4500,7,1 4501,1234,1 4501,1234,1 4600,56,1 4601,8,1 49664,4,1'
    expect(await listenersOf(rows)).toEqual([
      { port: 4501, id: '1234', isAtLoopback: true },
      { port: 4600, id: '56', isAtLoopback: true },
    ])
    expect(await listenersOf('')).toEqual([])
  })

  it('tell a port that cannot be reached at 127.0.0.1, unless another program can', async () => {
    expect(await listenersOf('4501,7,0 4502,7,0 4502,8,1 4503,8,1 4503,7,0')).toEqual([
      { port: 4501, id: '7', isAtLoopback: false },
      { port: 4502, id: '8', isAtLoopback: true },
      { port: 4503, id: '8', isAtLoopback: true },
    ])
  })

  it('are unknown where they cannot be read, so that the sweep finds the devices', async () => {
    const host = hostThat(() => Promise.reject(new Error('gone')))
    expect(await host.listListeners(RANGE)).toBe(undefined)
  })

  it('lead to the names of programs, as far as Windows tells them', async () => {
    const host = hostThat((_verb, pid) =>
      pid === '7' ? Promise.resolve('java.exe') : Promise.reject(new Error('Windows error 5')),
    )
    const listeners = [
      { port: 4501, id: '7', isAtLoopback: true },
      { port: 4502, id: '8', isAtLoopback: true },
    ]
    expect(await host.findPrograms(listeners)).toEqual(
      new Map([[4501, { name: 'java.exe', pid: 7 }]]),
    )
  })
})

describe('the Windows service that started the client', () => {
  it('hears that the client works, and stops it by closing the pipe', async () => {
    const pipe = join(folder, 'pipe')
    const heard = Promise.withResolvers<string>()
    const server = createServer((socket) => {
      socket.once('data', (text) => {
        heard.resolve(text.toString())
        socket.destroy()
      })
    })
    await listenAt(server, pipe)
    const supervisor = windowsSupervisor({ [PIPE_VARIABLE]: pipe })
    const stopped = supervisor.waitForStop()
    supervisor.tellReady()
    expect(await heard.promise).toBe('ready\n')
    await stopped
    server.close()
  })

  it('that is gone stops the client too', async () => {
    const supervisor = windowsSupervisor({ [PIPE_VARIABLE]: join(folder, 'nobody') })
    supervisor.tellReady()
    await supervisor.waitForStop()
  })
})
