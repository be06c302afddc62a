import { useQuery } from '@tanstack/react-query'
import { isIssuedBy, readCertificate } from './read-certificate.ts'

/** The signature checked in this browser: undefined until it is, or where it cannot be. */
export const useIssuedBy = (
  pem: string | undefined,
  issuerPem: string | undefined,
): boolean | undefined =>
  useChainHolds(pem === undefined || issuerPem === undefined ? undefined : [pem, issuerPem])

/**
 * Each certificate signed by the next one, checked in this browser; undefined until all are, or where one cannot
 * be. A root at the end is to be given twice, so that its own signature counts too.
 */
export function useChainHolds(pems: readonly string[] | undefined): boolean | undefined {
  const answer = useQuery({
    queryKey: ['chain-holds', pems],
    enabled: pems !== undefined,
    staleTime: Infinity,
    retry: false,
    queryFn: () => checkChain(pems ?? []),
  })
  return answer.data ?? undefined
}

async function checkChain(pems: readonly string[]): Promise<boolean | null> {
  const chain = pems.map((pem) => readCertificate(pem).certificate)
  const links = await Promise.all(
    chain.slice(1).map((issuer, index) => isIssuedBy(chain[index] ?? issuer, issuer)),
  )
  if (links.includes(false)) return false
  return links.includes(undefined) ? null : true
}
