import { useQuery } from '@tanstack/react-query'
import { Navigate, useRouterState } from '@tanstack/react-router'
import { sessionQuery } from '../session/session.ts'
import { partChunk } from '../pages/chunk-view.tsx'
import { Frame } from './frame.tsx'
import { Waiting } from '../pages/page-problem.tsx'

const ChoosePassword = partChunk(() =>
  import('../session/choose-password.tsx').then((module) => module.ChoosePassword),
)

export function SignedIn() {
  const { data: session, error } = useQuery(sessionQuery)
  const href = useRouterState({ select: (state) => state.location.href })
  if (session === null) {
    return <Navigate to="/sign-in" search={href === '/' ? {} : { next: href }} replace />
  }
  // The first answer never came: without it there is nothing to show.
  if (session === undefined) return <Waiting error={error} />
  if (session.mustChangePassword) return <ChoosePassword />
  return <Frame />
}
