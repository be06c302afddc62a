import { useQuery } from '@tanstack/react-query'
import { isIssuedBy, readCertificate } from './read-certificate.ts'

/** The signature checked in this browser: undefined until it is, or where it cannot be. */
export function useIssuedBy(
  pem: string | undefined,
  issuerPem: string | undefined,
): boolean | undefined {
  return (
    useQuery({
      queryKey: ['issued-by', pem, issuerPem],
      enabled: pem !== undefined && issuerPem !== undefined,
      staleTime: Infinity,
      retry: false,
      queryFn: async () => {
        const issued = readCertificate(pem ?? '').certificate
        return (await isIssuedBy(issued, readCertificate(issuerPem ?? '').certificate)) ?? null
      },
    }).data ?? undefined
  )
}
