import { chmodSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { Helper } from './helper.ts'

let folder: string
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'sanad-helper-'))
})
afterEach(() => rmSync(folder, { recursive: true, force: true }))

/** A program in the place of `sanad-service.exe`: `answer` of a shell, with the question in `$line`. */
function helperThat(answer: string): Helper {
  const program = join(folder, 'helper.sh')
  writeFileSync(
    program,
    `#!/bin/sh\necho started >> ${folder}/starts\nwhile IFS= read -r line; do ${answer}; done\n`,
  )
  chmodSync(program, 0o700)
  return new Helper(program)
}

const countStarts = (): number =>
  readFileSync(join(folder, 'starts'), 'utf8').split('\n').length - 1

describe('the helper of the client on Windows', () => {
  it('answers one question after the other from one process', async () => {
    const helper = helperThat('printf "ok %s\\n" "$line"')
    const answers = await Promise.all([
      helper.ask('account'),
      helper.ask('access', 'C:\\a b'),
      helper.ask('listeners'),
    ])
    expect(answers).toEqual(['account', 'access C:\\a b', 'listeners'])
    expect(countStarts()).toBe(1)
  })

  it('passes on the number of an error of Windows and answers the next question', async () => {
    const helper = helperThat('case $line in access*) echo "error 5";; *) echo ok;; esac')
    await expect(helper.ask('access', 'C:\\x')).rejects.toMatchObject({
      code: 'client.storage-failed',
      detail: 'Windows error 5',
    })
    expect(await helper.ask('machine')).toBe('')
    expect(countStarts()).toBe(1)
  })

  it('is started again after it ended', async () => {
    const helper = helperThat('[ -e "$0.once" ] && echo "ok again" || { touch "$0.once"; exit 3; }')
    await expect(helper.ask('listeners')).rejects.toMatchObject({ code: 'client.storage-failed' })
    expect(await helper.ask('listeners')).toBe('again')
    expect(countStarts()).toBe(2)
  })

  it('is an error with a code where it is missing or talks nonsense', async () => {
    await expect(new Helper(join(folder, 'absent')).ask('listeners')).rejects.toMatchObject({
      code: 'client.storage-failed',
    })
    await expect(helperThat('echo hello').ask('listeners')).rejects.toMatchObject({
      code: 'client.storage-failed',
    })
  })

  it('is never asked two questions by a name with a line break', async () => {
    const helper = helperThat('printf "ok %s\\n" "$line"')
    await expect(helper.ask('access', 'a\nmake-private b')).rejects.toMatchObject({
      code: 'client.storage-failed',
    })
  })
})
