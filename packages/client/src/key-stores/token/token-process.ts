import { openToken, isPinRefusal } from './open-token.ts'
import type { TokenSession } from './pkcs11.ts'
import { destroyKey, installCertificate, listKeys } from './token-certificates.ts'
import { makeKey, signWithKey } from './token-keys.ts'
import type { OpenToken, TokenAnswers, TokenReply, TokenRequest } from './token-protocol.ts'

/**
 * The process that has the PKCS#11 module: started when a token is needed, ended soon after.
 *
 * A TPM takes seconds to make a key, and a module that hangs can only be stopped by killing its process.
 */

let token: TokenSession | undefined

function answer(request: OpenToken | TokenRequest): TokenAnswers[keyof TokenAnswers] {
  if (request.verb === 'open') {
    token = openToken(request)
    return undefined
  }
  if (token === undefined) throw new Error('no token is open')
  const { label } = request
  switch (request.verb) {
    case 'list':
      return listKeys(token, label)
    case 'generate':
      return makeKey(token, label)
    case 'sign':
      return signWithKey(token, label, request.keyId, request.input)
    case 'install':
      installCertificate(token, label, request.keyId, request.certificate)
      return undefined
    case 'destroy':
      return { wasActive: destroyKey(token, label, request.keyId) }
  }
}

function reply(request: OpenToken | TokenRequest): TokenReply {
  try {
    return { ok: true, answer: answer(request) }
  } catch (error) {
    const problem = error instanceof Error ? error.message : 'unknown'
    return { ok: false, problem, isPinRefused: isPinRefusal(error) }
  }
}

process.on('message', (request: OpenToken | TokenRequest) => process.send?.(reply(request)))
process.on('disconnect', () => {
  try {
    token?.module.C_Finalize()
  } finally {
    process.exit()
  }
})
