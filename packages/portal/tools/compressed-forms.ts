import { readFile, readdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { brotliCompress, constants, gzip } from 'node:zlib'
import type { Plugin } from 'vite'

/** Leaves beside each text of the build its compressed forms, so that no server compresses them again. */

const TEXTS = /\.(?:js|css|html|svg|json)$/
/** Shorter ones gain less than the header that names the coding costs. */
const SHORTEST = 512

export function compressedForms(): Plugin {
  let directory = ''
  return {
    name: 'compressed-forms',
    apply: 'build',
    configResolved: ({ root, build }) => void (directory = join(root, build.outDir)),
    closeBundle: async () => {
      const names = await readdir(directory, { recursive: true })
      await Promise.all(
        names.filter((name) => TEXTS.test(name)).map((name) => compress(join(directory, name))),
      )
    },
  }
}

async function compress(path: string): Promise<void> {
  const text = await readFile(path)
  if (text.length < SHORTEST) return
  const [br, gz] = await Promise.all([
    promisify(brotliCompress)(text, {
      params: {
        [constants.BROTLI_PARAM_QUALITY]: constants.BROTLI_MAX_QUALITY,
        [constants.BROTLI_PARAM_SIZE_HINT]: text.length,
      },
    }),
    promisify(gzip)(text, { level: constants.Z_BEST_COMPRESSION }),
  ])
  await writeFile(`${path}.br`, br)
  await writeFile(`${path}.gz`, gz)
}
