import { createHash } from 'node:crypto'
import { SanadError } from '@sanad/protocol/text/problems'
import { type JsonObject, parseStrictJsonObject } from '@sanad/protocol/text/strict-json'
import { replaceFile } from '../base/durable-files.ts'
import { isMissing, readPrivateFile } from '../base/private-folder.ts'

/**
 * A file with one JSON object and its checksum. It is whole or it is damaged; damaged is never taken for
 * missing, because a client that starts from nothing would make new keys for devices that have theirs.
 */

const LARGEST = 512 * 1024

export async function writeCheckedFile(path: string, value: object): Promise<void> {
  const json = JSON.stringify(value)
  await replaceFile(path, `${digest(json)}\n${json}\n`)
}

/** @returns undefined when there is no such file. @throws SanadError `client.state-damaged` */
export async function readCheckedFile(path: string): Promise<JsonObject | undefined> {
  let text: string
  try {
    text = (await readPrivateFile(path)).toString('utf8')
  } catch (error) {
    if (isMissing(error)) return undefined
    throw error
  }
  const [sum, json, end, ...more] = text.split('\n')
  if (json === undefined || end !== '' || more.length > 0 || sum !== digest(json))
    throw damaged(path)
  return parseStrictJsonObject(Buffer.from(json), { depth: 8, length: LARGEST })
}

export const damaged = (path: string): SanadError => new SanadError('client.state-damaged', path)

const digest = (text: string): string => createHash('sha256').update(text).digest('hex')
