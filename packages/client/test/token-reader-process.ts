import { createHash } from 'node:crypto'
import { readFileSync } from 'node:fs'
import pkcs11js from 'pkcs11js'
import { thumbprintOf } from '@sanad/protocol/wire/envelope/certificates'
import { parseCertificate } from '@sanad/protocol/asn1/x509'

/** Written as an SBI would write it, with nothing of the client’s own: docs/hand-over.md, "A token". */

const [, , what, label = '', input = ''] = process.argv
const { module, tokenLabel, pin } = JSON.parse(readFileSync(0, 'utf8')) as Record<string, string>

const token = new pkcs11js.PKCS11()
token.load(module ?? '')
token.C_Initialize()
const slot = token
  .C_GetSlotList(true)
  .find((one) => token.C_GetTokenInfo(one).label.trim() === tokenLabel)
if (slot === undefined) throw new Error('no such token')
const session = token.C_OpenSession(slot, pkcs11js.CKF_SERIAL_SESSION | pkcs11js.CKF_RW_SESSION)
token.C_Login(session, pkcs11js.CKU_USER, pin)

function find(template: pkcs11js.Template): pkcs11js.Handle[] {
  token.C_FindObjectsInit(session, template)
  const found = token.C_FindObjects(session, 100)
  token.C_FindObjectsFinal(session)
  return found
}

function read(handle: pkcs11js.Handle, type: number): Buffer {
  const [attribute] = token.C_GetAttributeValue(session, handle, [{ type }])
  return attribute?.value as Buffer
}

function showActive(): void {
  const [certificate, ...more] = find([
    { type: pkcs11js.CKA_CLASS, value: pkcs11js.CKO_CERTIFICATE },
    { type: pkcs11js.CKA_LABEL, value: label },
  ])
  if (certificate === undefined) return
  const [key] = find([
    { type: pkcs11js.CKA_CLASS, value: pkcs11js.CKO_PRIVATE_KEY },
    { type: pkcs11js.CKA_ID, value: read(certificate, pkcs11js.CKA_ID) },
  ])
  if (key === undefined) throw new Error('a certificate without its key')
  const digest = createHash('sha256').update(Buffer.from(input, 'base64')).digest()
  const digestInfo = Buffer.from('3031300d060960864801650304020105000420', 'hex')
  token.C_SignInit(session, { mechanism: pkcs11js.CKM_RSA_PKCS }, key)
  const signature = token.C_Sign(session, Buffer.concat([digestInfo, digest]), Buffer.alloc(256))
  const { spki } = parseCertificate(read(certificate, pkcs11js.CKA_VALUE))
  const answer = {
    keyId: thumbprintOf(spki),
    certificates: more.length + 1,
    signature: signature.toString('base64'),
  }
  process.stdout.write(JSON.stringify(answer))
}

const PRIVATE_PARTS = {
  exponent: pkcs11js.CKA_PRIVATE_EXPONENT,
  prime1: pkcs11js.CKA_PRIME_1,
  prime2: pkcs11js.CKA_PRIME_2,
}

function tryExport(): void {
  const [key] = find([
    { type: pkcs11js.CKA_CLASS, value: pkcs11js.CKO_PRIVATE_KEY },
    { type: pkcs11js.CKA_LABEL, value: `sanad.device-key.${label}` },
  ])
  if (key === undefined) throw new Error('no key')
  const values = Object.entries(PRIVATE_PARTS).filter(([, type]) => {
    try {
      return read(key, type).length > 0
    } catch {
      return false
    }
  })
  const answer = {
    sensitive: read(key, pkcs11js.CKA_SENSITIVE)[0] === 1,
    extractable: read(key, pkcs11js.CKA_EXTRACTABLE)[0] !== 0,
    values: values.map(([name]) => name),
    wrapped: canWrap(key),
  }
  process.stdout.write(JSON.stringify(answer))
}

function canWrap(key: pkcs11js.Handle): boolean {
  try {
    const wrapping = token.C_GenerateKey(session, { mechanism: pkcs11js.CKM_AES_KEY_GEN }, [
      { type: pkcs11js.CKA_VALUE_LEN, value: 32 },
      { type: pkcs11js.CKA_WRAP, value: true },
    ])
    const CKM_AES_KEY_WRAP_PAD = 0x210a
    token.C_WrapKey(session, { mechanism: CKM_AES_KEY_WRAP_PAD }, wrapping, key, Buffer.alloc(4096))
    return true
  } catch {
    return false
  }
}

if (what === 'active') showActive()
else tryExport()
token.C_Finalize()
