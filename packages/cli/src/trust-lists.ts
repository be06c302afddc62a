import { mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { print } from './terminal.ts'
import { type Said, type Verb, needOption } from './verb.ts'

/** For verifiers who cannot reach the server: every revocation list as it is served (docs/revocation.md). */
async function exportLists(said: Said): Promise<void> {
  const { connection, terminal } = said
  const folder = needOption(said, 'folder')
  const { issuers } = await connection.call('listRevocationLists')
  const files: string[] = []
  for (const { crlName, lists } of issuers) {
    await mkdir(join(folder, crlName), { recursive: true })
    for (let shard = 0; shard < lists; shard++) {
      const name = `${crlName}/${shard}.crl`
      await writeFile(join(folder, name), await connection.download(`/crl/${name}`))
      files.push(name)
    }
  }
  print(terminal, files, () => `${files.length} files in ${folder}.`)
}

export const TRUST_LIST_VERBS: readonly Verb[] = [
  {
    name: 'trust lists',
    usage: '--folder <folder>',
    summary: 'write all revocation lists to files, as the server publishes them',
    options: { folder: { type: 'string' } },
    run: exportLists,
  },
]
