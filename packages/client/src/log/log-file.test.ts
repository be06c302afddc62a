import { mkdirSync, mkdtempSync, readFileSync, readdirSync, rmSync, statSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { LogFile } from './log-file.ts'

let folder: string
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'sanad-log-'))
})
afterEach(() => rmSync(folder, { recursive: true, force: true }))

const read = (name: string): string => readFileSync(join(folder, name), 'utf8')

describe('a log in a file', () => {
  it('appends to what was there before, for the own account only', () => {
    const path = join(folder, 'logs', 'client.log')
    new LogFile(path).write('one\n')
    new LogFile(path).write('two\n')
    expect(read('logs/client.log')).toBe('one\ntwo\n')
    expect(statSync(path).mode & 0o077).toBe(0)
  })

  it('never has more than two files, each a line above its bound at most', () => {
    const log = new LogFile(join(folder, 'client.log'), 50)
    for (let line = 10; line < 99; line++) log.write(`line number ${line}\n`)
    expect(readdirSync(folder).toSorted()).toEqual(['client.log', 'client.log.1'])
    for (const name of ['client.log', 'client.log.1']) expect(read(name).length).toBeLessThan(70)
    expect(`${read('client.log.1')}${read('client.log')}`).toMatch(/97\nline number 98\n$/)
  })

  it('begins again where the full file cannot be put aside', () => {
    mkdirSync(join(folder, 'client.log.1'))
    const log = new LogFile(join(folder, 'client.log'), 50)
    for (let line = 10; line < 99; line++) log.write(`line number ${line}\n`)
    expect(read('client.log').length).toBeLessThan(100)
    expect(read('client.log')).toContain('line number 98\n')
  })
})
