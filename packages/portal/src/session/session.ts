import type { ChangePassword, SessionView, SignIn } from '@sanad/protocol/operator-api/session'
import type { Permission } from '@sanad/protocol/domain/permissions'
import { queryOptions, useQuery } from '@tanstack/react-query'
import { useTranslation } from 'react-i18next'
import { PortalProblem } from '../api/problem.ts'
import { call } from '../api/call.ts'

/** Who is signed in; null when nobody is. */
export const sessionQuery = queryOptions({
  queryKey: ['readSession'],
  staleTime: 60_000,
  queryFn: async ({ signal }): Promise<SessionView | null> => {
    try {
      return await call('readSession', { signal })
    } catch (error) {
      if (error instanceof PortalProblem && error.code === 'operator.not-signed-in') return null
      throw error
    }
  },
})

export const signIn = (body: SignIn) => call('signIn', { body })

export const signOut = () => call('signOut')

export const changePassword = (body: ChangePassword) => call('changePassword', { body })

export function useSession(): SessionView | undefined {
  return useQuery(sessionQuery).data ?? undefined
}

/** Undefined where the person may; otherwise the sentence for the disabled button. */
export function usePermissionRefusal(permission: Permission): string | undefined {
  const { t } = useTranslation()
  const session = useSession()
  if (session === undefined || session.permissions.includes(permission)) return undefined
  return t('session.refusal.role', { role: t(`session.role.${session.operator.role}`) })
}

export function useMay(permission: Permission): boolean {
  return useSession()?.permissions.includes(permission) ?? false
}
